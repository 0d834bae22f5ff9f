"""What an answer must look like before we believe it: its JSON, its shape, its errors."""

import email.utils
import re
import time
from typing import Any

from providers.errors import ProviderError, ProviderInvalid, ProviderRejected
from providers.json_text import read_json
from providers.registry import Provider
from providers.vectors import with_texts

Json = dict[str, Any]

MESSAGE_MAX = 500
CODE_MAX = 64
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_EVENTS = re.compile(rb"^(:|data:|event:)", re.MULTILINE)
RETRY_AFTER_MAX_S = 60.0


def chat_answer(data: bytes, provider: Provider) -> Json:
    """Return the parsed `chat.completion`.

    Raises ProviderInvalid, or ProviderRejected for an error that came with a 200.
    """
    answer = _object(data, provider)
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        raise _invalid(provider, "an answer without choices")
    for choice in choices:
        if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
            raise _invalid(provider, "choices without a message")
    return answer


def embedding_answer(data: bytes, provider: Provider) -> Json:
    """Return the parsed list of embeddings, in the order of their inputs; each is text, or
    numbers, most often as a Vector.

    Raises ProviderInvalid, or ProviderRejected for an error that came with a 200.
    """
    answer = _object(data, provider)
    rows = answer.get("data")
    if not isinstance(rows, list) or not all(_is_embedding(row) for row in rows):
        raise _invalid(provider, "an answer without embeddings")
    with_texts(data, rows)
    return answer


def chunk_of(data: bytes, provider: Provider) -> Json:
    """Return one parsed chunk of a stream.

    Raises ProviderRejected when the chunk is an error, ProviderInvalid when it is none.
    """
    chunk = _object(data, provider)
    choices = chunk.get("choices", [])
    if not isinstance(choices, list):
        raise _invalid(provider, "a chunk without choices")
    for choice in choices:
        if not isinstance(choice, dict):
            raise _invalid(provider, "a chunk without choices")
    return chunk


def unstreamed(data: bytes, provider: Provider) -> ProviderError | None:
    """Return the error that a stream without any chunk means: the one that came in place
    of a stream, or ProviderInvalid; None for a stream that was cut before its first."""
    try:
        _object(data, provider)
    except ProviderRejected as rejected:
        return rejected
    except ProviderInvalid:
        if not _EVENTS.search(data):
            return _invalid(provider, "an answer that is no stream")
    return None


def has_finish(chunk: Json) -> bool:
    """Say whether a chunk carries a finish_reason."""
    for choice in chunk.get("choices", ()):  # noqa: SIM110 - any() costs twice this
        if choice.get("finish_reason"):
            return True
    return False


def rejection(
    status: int, data: bytes, retry_after: str, provider: Provider
) -> ProviderRejected:
    """Return the error that an answer with an error status means; `retry_after` is its
    header of that name, or ""."""
    try:
        parsed = read_json(data)
    except ValueError:
        parsed = None
    error = parsed.get("error") if isinstance(parsed, dict) else None
    detail = error if isinstance(error, dict) else {"message": error}
    rejected = _rejected(detail, status, provider)
    rejected.retry_after_s = retry_after_s(retry_after)
    return rejected


def retry_after_s(text: str) -> float | None:
    """Return the seconds that a Retry-After asks for (RFC 9110, 10.2.3: a number or a
    date), kept within 0..60; None when it says nothing."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), RETRY_AFTER_MAX_S) if seconds == seconds else None


def _object(data: bytes, provider: Provider) -> Json:
    try:
        parsed = read_json(data)
    except ValueError:
        raise _invalid(provider, "something that is not JSON") from None
    if not isinstance(parsed, dict):
        raise _invalid(provider, "JSON that is no object")
    if error := parsed.get("error"):
        detail = error if isinstance(error, dict) else {"message": error}
        raise _rejected(detail, _status_in(detail), provider)
    return parsed


def _rejected(detail: Json, status: int, provider: Provider) -> ProviderRejected:
    text = _said(detail.get("message"), MESSAGE_MAX, provider) or "no reason given"
    return ProviderRejected(
        f"{provider.title} answered {status}: {text}",
        provider=provider.name,
        status=status,
        code=_code(detail.get("code"), provider),
    )


def _code(said: object, provider: Provider) -> str | None:
    """Return the provider's own code when it is one: a word, fit for a log line."""
    code = _said(said, CODE_MAX, provider)
    return code if _CODE.fullmatch(code) else None


def _said(text: object, limit: int, provider: Provider) -> str:
    """Return what a provider says as it may be shown: without our key, cut after that."""
    if not isinstance(text, str):
        return ""
    return (text.replace(provider.key, "[key]") if provider.key else text)[:limit]


def _status_in(detail: Json) -> int:
    """Return the status that an error inside a 200 stands for (OpenRouter: its code)."""
    code = detail.get("code")
    return code if isinstance(code, int) and 400 <= code <= 599 else 502


def _is_embedding(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("embedding"), list | str)


def _invalid(provider: Provider, what: str) -> ProviderInvalid:
    return ProviderInvalid(f"{provider.title} sent {what}.", provider=provider.name)
