"""The texts of an exchange: what of a request is kept, how it is cut, and how it is packed
for the seal and read again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.kept.sealing import Seal, Unreadable

Json = dict[str, Any]

# As JSON. A longer exchange is cut, and not rehearsed: half a prompt is another prompt.
SIZE_MAX = 64 * 1024
CUT_LENGTH = 8_000
CUT = " … [cut]"

# What shapes an answer. Neither the model nor who asked: `user`, `metadata`, `store`.
FIELDS = frozenset(
    {
        "frequency_penalty",
        "logit_bias",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "min_p",
        "parallel_tool_calls",
        "presence_penalty",
        "reasoning",
        "reasoning_effort",
        "repetition_penalty",
        "response_format",
        "seed",
        "stop",
        "temperature",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
        "verbosity",
    }
)


@dataclass(frozen=True, slots=True)
class Texts:
    """What was asked (messages and sampling fields, as the client sent them) and replied."""

    asked: Json
    reply: str

    @property
    def last_message(self) -> str:
        """The text of the last message; parts that are none are named."""
        messages = self.asked.get("messages") or [{}]
        return message_text(messages[-1])


def message_text(message: Json) -> str:
    """Return the text of a message; parts of it that are no text are named."""
    return _text_of(message.get("content"))


def kept_fields(body: Mapping[str, Any]) -> Json:
    """Return what is kept of a request."""
    return {name: value for name, value in body.items() if name in FIELDS}


def pack(texts: Texts) -> tuple[bytes, bool]:
    """Return the texts for the seal, and whether they had to be cut."""
    packed = _packed(texts)
    if len(packed) <= SIZE_MAX:
        return packed, False
    last = {"role": "user", "content": _cut(texts.last_message)}
    return _packed(Texts({"messages": [last]}, _cut(texts.reply))), True


def unpack(seal: Seal | None, sealed: bytes | memoryview, about: str) -> Texts:
    """Return what was packed and sealed. Raises Unreadable."""
    if seal is None:
        raise Unreadable("The key is gone.")
    found = orjson.loads(seal.open(bytes(sealed), about))
    return Texts(found["asked"], found["reply"])


def _packed(texts: Texts) -> bytes:
    return orjson.dumps({"asked": texts.asked, "reply": texts.reply})


def _cut(text: str) -> str:
    return text if len(text) <= CUT_LENGTH else text[:CUT_LENGTH] + CUT


def _text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(_part(part) for part in content if isinstance(part, dict))


def _part(part: Json) -> str:
    text = part.get("text")
    return text if isinstance(text, str) else f"[{part.get('type', 'something')}]"
