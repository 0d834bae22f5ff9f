"""What a script sends: bounded bodies, JSON objects with known fields, and the values in the
address. Each mistake is answered with one sentence."""

import json
from collections.abc import Collection
from typing import Any, NoReturn

from django.http import HttpRequest

from brains.activation import REASON_LENGTH
from brains.api.errors import (
    BadRequest,
    BodyTooLarge,
    Unprocessable,
    UnsupportedMedia,
)
from brains.values import shown

BODY_MAX = 1024 * 1024
JSON = ("application/json",)
YAML = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")
_FLAGS = {"": False, "0": False, "false": False, "1": True, "true": True}


def read_body(request: HttpRequest, kinds: Collection[str]) -> bytes:
    """Return the body. Raises UnsupportedMedia when it is of none of these `kinds`, and
    BodyTooLarge past 1 MiB."""
    if request.content_type not in kinds:
        first = next(iter(kinds))
        raise UnsupportedMedia(f"Send the body with `Content-Type: {first}`.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    is_declared = length.isdigit() and int(length[:20]) > BODY_MAX
    # It may come without its length: then it is read to one byte past the bound.
    body = b"" if is_declared else request.read(BODY_MAX + 1)
    if is_declared or len(body) > BODY_MAX:
        raise BodyTooLarge(f"The body may have {BODY_MAX} bytes at most.")
    return body


def read_object(
    request: HttpRequest, known: Collection[str], *, may_be_empty: bool = False
) -> dict[str, Any]:
    """Return the body as a JSON object with none but the `known` fields."""
    if may_be_empty and _is_empty(request):
        return {}
    body = _parsed(read_body(request, JSON))
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    if unknown := sorted(body.keys() - set(known)):
        raise Unprocessable(
            f"There is no field {shown(unknown[0])} here. Fields: {', '.join(known)}."
        )
    return body


def _is_empty(request: HttpRequest) -> bool:
    return not request.content_type and not request.read(1)


def text(body: dict[str, Any], name: str, *, longest: int) -> str:
    """Return a field that is text; "" when it is left out or null."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise Unprocessable(f"`{name}` is text of at most {longest} characters.")
    if not value.isprintable():
        raise Unprocessable(f"`{name}` has a character that cannot be seen; remove it.")
    return value.strip()


def reason(body: dict[str, Any]) -> str:
    """Return why a change is made, for the history."""
    return text(body, "reason", longest=REASON_LENGTH)


def required(value: str | int | None, name: str) -> None:
    """Raise Unprocessable when a field that must be there is not."""
    if not value:
        raise Unprocessable(f"`{name}` is missing.")


def whole(body: dict[str, Any], name: str, *, largest: int) -> int | None:
    """Return a field that is a whole number from 1; None when it is left out or null."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _no_number(name, largest)
    if not 1 <= value <= largest:
        raise _no_number(name, largest)
    return value


def switch(body: dict[str, Any], name: str) -> bool:
    """Return a field that is true or false; False when it is left out or null."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise Unprocessable(f"`{name}` is true or false.")
    return bool(value)


def flag(request: HttpRequest, name: str) -> bool:
    """Return a switch of the address, such as `?dry_run=1`."""
    typed = request.GET.get(name, "0").lower()
    if typed not in _FLAGS:
        raise BadRequest(f"Write `{name}=1` or `{name}=0` in the address.")
    return _FLAGS[typed]


def number(request: HttpRequest, name: str, *, otherwise: int, largest: int) -> int:
    """Return a whole number of the address, such as `?limit=20`."""
    typed = request.GET.get(name, str(otherwise))
    is_number = typed.isascii() and typed.isdigit() and len(typed) < 10
    if not is_number or not 1 <= int(typed) <= largest:
        raise BadRequest(f"`{name}` is a whole number from 1 to {largest}.")
    return int(typed)


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(
            data, object_pairs_hook=_once_each, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise BadRequest("The body is not valid JSON.") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise BadRequest("The body has a field twice.")
    return fields


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _no_number(name: str, largest: int) -> Unprocessable:
    return Unprocessable(f"`{name}` is a whole number from 1 to {largest}.")
