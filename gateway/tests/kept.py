"""Exchanges for the tests of what is kept of them, and of what is done with it."""

import asyncio
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from django.utils import timezone

from gateway.application import Gateway
from gateway.deadlines import DEADLINES
from gateway.kept.models import KeptExchange
from gateway.kept.sealing import seal
from gateway.kept.texts import Texts, pack
from gateway.tests.asgi_client import Answer, AsgiClient
from gateway.tests.conftest import ALIASES, KEY, PATH
from providers.registry import Registry

CANARY = "kept-canary-7b1f"
MESSAGES = [{"role": "user", "content": f"What is {CANARY}?"}]
_numbers = count(1)


def asked(registry: Registry, *bodies: Any) -> list[Answer]:
    """Return the answers to chats that a client of a gateway has, one after another."""

    async def ask() -> list[Answer]:
        gateway = Gateway(registry, ALIASES, DEADLINES)
        client = AsgiClient(gateway, KEY)
        try:
            return [await client.post(PATH, body) for body in bodies]
        finally:
            await gateway.close()

    return asyncio.run(ask())


def kept(reply: str = "An answer.", days: float = 0, **fields: Any) -> KeptExchange:
    """Keep an exchange that was `days` ago: one of L3, unless the fields say otherwise;
    `asked` is what the client sent."""
    body = fields.pop("asked", {"messages": MESSAGES, "temperature": 0.5})
    key, call_id = seal(), f"req_{next(_numbers):032x}"
    packed, is_cut = pack(Texts(body, reply))
    values: dict[str, Any] = {
        "kept_at": timezone.now() - timedelta(days=days),
        "layer": "l3",
        "model": "deepseek/deepseek-chat",
        "preset": "Default",
        "revision": 3,
        "is_streamed": False,
        "input_tokens": 100,
        "output_tokens": 50,
        "cost_usd": 0.0004,
        "duration_s": 1.5,
    }
    return KeptExchange.objects.create(
        call_id=call_id,
        is_cut=is_cut,
        seal_mark=key.mark,
        sealed=key.close(packed, call_id),
        **{**values, **fields},
    )


def files_with(folder: Path, text: str) -> list[str]:
    """Return the names of the files below a folder that hold the text."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if text.encode() in path.read_bytes()]
