"""The models that a provider has, by its own lists: OpenRouter's, `/v1/models` of others, and
Ollama's tags. Asked in the background or from a command, never while a client waits."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from providers.guarded_get import answer_to, pieces
from providers.json_text import read_json
from providers.listed_model import Kind, ListedModel, listed_model, ollama_model
from providers.registry import DEFAULT, Provider, address_problem

CONNECT_S, READ_S, TOTAL_S = 5.0, 10.0, 30.0
BODY_MAX = 32 * 1024 * 1024
MODELS_MAX = 20_000
CHAT, EMBEDDINGS, TAGS = "/models", "/embeddings/models", "/api/tags"
LOCAL = "local"
NOT_REACHED = "could not be reached"

Entries = list[Any] | None


class NoModelList(Exception):
    """The provider gave no list; the text is a sentence that says why, without its key."""


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models of a provider, each once, and how many entries named none."""

    models: tuple[ListedModel, ...]
    ignored: int


def fetch(provider: Provider, within_s: float = TOTAL_S) -> ModelList:
    """Ask for all lists of a provider. Raises NoModelList.

    A server that drips the head of its answer takes longer than `within_s`.
    """
    if problem := address_problem(provider.base_url):
        raise NoModelList(f"{provider.url_variable} {problem}")
    asking = _Asking(provider, time.monotonic() + within_s)
    found = asking.tags() if provider.name == LOCAL else None
    models = found if found is not None else asking.lists()
    known = {model.id: model for model in models if model is not None}
    # Only of Ollama is it believed that it has none: elsewhere that is a fault, and would
    # make every model of a preset one that is no longer there.
    if not known and (models or found is None):
        raise NoModelList(f"{provider.title} listed no model.")
    return ModelList(tuple(known.values()), models.count(None))


class _Asking:
    """The questions to one provider, which share one deadline."""

    def __init__(self, provider: Provider, ends: float) -> None:
        self._provider, self._ends = provider, ends

    def tags(self) -> list[ListedModel | None] | None:
        """Return what Ollama has; None when this server is not Ollama."""
        root = self._provider.base_url.removesuffix("/v1")
        status, body = self._get(root + TAGS)
        entries = _entries(body, "models") if status == 200 else None
        return None if entries is None else [ollama_model(entry) for entry in entries]

    def lists(self) -> list[ListedModel | None]:
        """Return what the lists in OpenAI's shape have."""
        base, second = self._provider.base_url, self._provider.embedding_base_url
        models = self._list(base, CHAT, listed_model)
        if self._provider.name == DEFAULT:
            models += self._list(base, EMBEDDINGS, _embedding, is_needed=False)
        if second:
            models += self._list(second, CHAT, _embedding)
        return models

    def _list(
        self,
        base: str,
        path: str,
        read: Callable[[Any], ListedModel | None],
        *,
        is_needed: bool = True,
    ) -> list[ListedModel | None]:
        status, body = self._get(base + path)
        title = self._provider.title
        if status == 404 and not is_needed:
            return []
        if status != 200:
            raise NoModelList(f"{title} answered {path} with status {status}.")
        if (entries := _entries(body, "data")) is None:
            raise NoModelList(f"{title} answered {path} with no list of models.")
        return [read(entry) for entry in entries]

    def _get(self, url: str) -> tuple[int, bytes]:
        left_s = max(0.1, self._ends - time.monotonic())
        connect_s, read_s = min(CONNECT_S, left_s), min(READ_S, left_s)
        try:
            with answer_to(
                self._provider, url, connect_s=connect_s, read_s=read_s
            ) as answer:
                return answer.status_code, self._read(answer)
        except (requests.RequestException, OSError, UnicodeError) as error:
            raise NoModelList(
                f"{self._provider.title} {NOT_REACHED} ({type(error).__name__})."
            ) from None

    def _read(self, answer: requests.Response) -> bytes:
        body = bytearray()
        for part in pieces(answer):
            body += part
            if len(body) > BODY_MAX or time.monotonic() > self._ends:
                raise NoModelList(
                    f"{self._provider.title} sent too much, or too slowly."
                )
        return bytes(body)


def _embedding(entry: Any) -> ListedModel | None:
    return listed_model(entry, Kind.EMBEDDING)


def _entries(body: bytes, key: str) -> Entries:
    """Return the list in an answer, None when there is none. Some servers send it bare."""
    try:
        found = read_json(body)
    except ValueError:
        return None
    entries = found.get(key) if isinstance(found, dict) else found
    return entries[:MODELS_MAX] if isinstance(entries, list) else None
