"""What a provider asks for its models: its lists of models, in OpenRouter's format. Asked from
a command, never while a client waits."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import requests

from providers.json_text import read_json
from providers.registry import Provider, address_problem

CONNECT_S, READ_S, TOTAL_S = 5.0, 10.0, 30.0
BODY_MAX = 32 * 1024 * 1024
ID_MAX = 200
CHAT, EMBEDDINGS = "/models", "/embeddings/models"

Price = tuple[str, str]
"""USD per token sent and per token answered, as decimals."""


class NoPriceList(Exception):
    """The provider gave no prices; the text is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices by model id, and how many models were left out for theirs."""

    prices: Mapping[str, Price]
    ignored: int


def fetch(provider: Provider) -> PriceList:
    """Ask for the prices of chat and of embeddings. Raises NoPriceList.

    A provider may have no list of its embeddings. A price below zero, which OpenRouter has
    where it depends on the model that is chosen, and one that is none are left out.
    """
    models = _models(provider, CHAT, is_needed=True)
    models += _models(provider, EMBEDDINGS, is_needed=False)
    prices = {model["id"]: price for model in models if (price := _price(model))}
    if not prices:
        raise NoPriceList(f"{provider.title} gave no price that can be used.")
    return PriceList(prices, sum(1 for model in models if not _price(model)))


def _models(provider: Provider, path: str, *, is_needed: bool) -> list[dict[str, Any]]:
    status, body = _asked(provider, path)
    if status == 404 and not is_needed:
        return []
    if status != 200:
        raise NoPriceList(f"{provider.title} answered {path} with status {status}.")
    try:
        models = read_json(body)["data"]
    except (ValueError, KeyError, TypeError):
        models = None
    if not isinstance(models, list):
        raise NoPriceList(f"{provider.title} answered {path} with no list of models.")
    return [model if isinstance(model, dict) else {} for model in models]


def _price(model: Mapping[str, Any]) -> Price | None:
    name, pricing = model.get("id"), model.get("pricing")
    if not isinstance(name, str) or not 0 < len(name) <= ID_MAX:
        return None
    if not isinstance(pricing, dict):
        return None
    sent, answered = (
        _decimal(pricing.get("prompt")),
        _decimal(pricing.get("completion")),
    )
    return None if sent is None or answered is None else (sent, answered)


def _decimal(text: Any) -> str | None:
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        price = Decimal(text)
    except InvalidOperation:
        return None
    # A dollar a token is a mistake: nothing costs a millionth of that today.
    return format(price, "f") if price.is_finite() and 0 <= price < 1 else None


def _asked(provider: Provider, path: str) -> tuple[int, bytes]:
    if problem := address_problem(provider.base_url):
        raise NoPriceList(f"{provider.url_variable} {problem}")
    headers = {"Accept-Encoding": "identity", "User-Agent": "aura", **provider.headers}
    if provider.key:
        headers["Authorization"] = f"Bearer {provider.key}"
    with requests.Session() as session:
        session.trust_env = (
            False  # a .netrc or proxy variable would leak or replace the key
        )
        try:
            with session.get(
                provider.base_url + path,
                headers=headers,
                timeout=(CONNECT_S, READ_S),
                allow_redirects=False,
                stream=True,
            ) as answer:
                return answer.status_code, _read(answer, provider)
        except (requests.RequestException, OSError, UnicodeError) as error:
            raise NoPriceList(
                f"{provider.title} could not be reached ({type(error).__name__})."
            ) from None


def _read(answer: requests.Response, provider: Provider) -> bytes:
    ends, body = time.monotonic() + TOTAL_S, bytearray()
    for part in answer.iter_content(64 * 1024):
        body += part
        if len(body) > BODY_MAX or time.monotonic() > ends:
            raise NoPriceList(f"{provider.title} sent too much, or too slowly.")
    return bytes(body)
