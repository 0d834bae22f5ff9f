"""Which abilities of a model a chat call uses, as a short code for its record. Only the kind
of what was sent is looked at, and no more than a bounded part of it: nothing of it is kept."""

from typing import Any

TOOLS, SCHEMA, IMAGES = "t", "j", "v"
# As the catalogue calls them.
NAMES = {TOOLS: "tools", SCHEMA: "structured_outputs", IMAGES: "images"}
MESSAGES_MAX = 64
PARTS_MAX = 16


def used_in(body: dict[str, Any]) -> str:
    """Return the codes of what a chat call uses, in their order; "" for text alone."""
    code = TOOLS if body.get("tools") else ""
    wanted = body.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        code += SCHEMA
    for message in body["messages"][-MESSAGES_MAX:]:
        content = message.get("content")
        if type(content) is list and _has_image(content):
            return code + IMAGES
    return code


def names(code: str) -> list[str]:
    """Return what a code stands for; codes of another version are left out."""
    return [name for letter, name in NAMES.items() if letter in code]


def _has_image(parts: list[Any]) -> bool:
    return any(
        isinstance(part, dict) and part.get("type") == "image_url"
        for part in parts[:PARTS_MAX]
    )
