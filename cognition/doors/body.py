"""What a client sends to a conversation."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from cognition.people import NAME_MAX, is_text
from gateway.errors import BadRequest, UnsupportedMedia
from gateway.http import parse_object

MESSAGE_MAX = 100_000
KNOWN = frozenset({"message", "conversation_id", "user_id", "preset", "keep"})


@dataclass(frozen=True, slots=True)
class Sent:
    """A body: whose message, in which conversation (None: a new one), thought with which
    preset ("": the live one), and whether anything of it is kept."""

    message: str
    conversation: UUID | None
    user_id: str
    preset: str
    keeps: bool


def sent(request: HttpRequest) -> Sent:
    """Return the body. Raises BadRequest and UnsupportedMedia."""
    if request.content_type != "application/json":
        raise UnsupportedMedia("Send the body as application/json.")
    body = parse_object(request.body)
    if unknown := sorted(body.keys() - KNOWN):
        raise BadRequest(
            f"There is no field {ascii(unknown[0][:100])}. A turn has "
            f"{', '.join(sorted(KNOWN))}.",
            param=unknown[0][:100],
        )
    return Sent(
        message=_message(body.get("message")),
        conversation=_conversation(body.get("conversation_id")),
        user_id=_text(body, "user_id", NAME_MAX),
        preset=_text(body, "preset", NAME_MAX),
        keeps=_flag(body.get("keep")),
    )


def _message(given: Any) -> str:
    if not isinstance(given, str) or not given.strip():
        raise BadRequest("Give `message`, a text that is not empty.", param="message")
    if len(given) > MESSAGE_MAX:
        raise BadRequest(
            f"`message` has at most {MESSAGE_MAX:,} characters.", param="message"
        )
    return _storable(given, "message")


def _conversation(given: Any) -> UUID | None:
    if given is None or given == "":
        return None
    try:
        return UUID(given)
    except (ValueError, AttributeError, TypeError):
        raise BadRequest(
            "`conversation_id` is an id that an earlier answer gave; leave it out to "
            "begin a conversation.",
            param="conversation_id",
        ) from None


def _text(body: dict[str, Any], name: str, longest: int) -> str:
    given = body.get(name)
    if given is None:
        return ""
    if not isinstance(given, str) or len(given) > longest:
        raise BadRequest(
            f"`{name}` is text of at most {longest} characters.", param=name
        )
    return _storable(given.strip(), name)


def _storable(text: str, name: str) -> str:
    """Raise BadRequest for what no database keeps as text."""
    if not is_text(text):
        raise BadRequest(f"`{name}` holds characters that are no text.", param=name)
    return text


def _flag(given: Any) -> bool:
    if not isinstance(given, bool | None):
        raise BadRequest("`keep` is true or false.", param="keep")
    return given is not False
