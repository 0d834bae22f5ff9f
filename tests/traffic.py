"""Steady requests and streams on every layer, and what each of them was answered by."""

import asyncio
import json
import threading
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

CHAT = ("aura/l1", "aura/l2", "aura/l3")
MESSAGES = [{"role": "user", "content": "hello"}]


@dataclass
class Answer:
    """One answer: its stamps, and every text or model that its body carried."""

    asked: str
    status: int
    revision: str
    preset: str
    model: str
    texts: list[str] = field(default_factory=list)
    is_complete: bool = False

    @property
    def is_mixed(self) -> bool:
        """Whether a part of it came from another model than its stamp says."""
        return any(self.model not in text for text in self.texts if text)


class Traffic:
    """Requests from a thread of its own until stopped; `answers` and `failures` grow.

    Without `keep_alive` each request has a connection of its own: one that is reused may
    be closed by a worker that ends just as it is written to, which clients retry.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        streams: int = 8,
        pause_s: float = 0.02,
        keep_alive: bool = True,
    ):
        self._keep_alive = keep_alive
        self.answers: list[Answer] = []
        self.failures: list[str] = []
        self._url, self._streams, self._pause_s = url + "/v1", streams, pause_s
        self._headers = {"Authorization": f"Bearer {key}"}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join(30)

    async def _run(self) -> None:
        connector = aiohttp.TCPConnector(force_close=not self._keep_alive)
        async with aiohttp.ClientSession(
            headers=self._headers, connector=connector
        ) as session:
            plain = [self._repeat(session, self._chat, name) for name in CHAT]
            vectors = self._repeat(session, self._embed, "aura/embedding")
            streams = [
                self._repeat(session, self._stream, CHAT[number % 3])
                for number in range(self._streams)
            ]
            await asyncio.gather(*plain, vectors, *streams)

    async def _repeat(self, session: Any, ask: Any, name: str) -> None:
        while not self._stop.is_set():
            try:
                self.answers.append(await ask(session, name))
            except (aiohttp.ClientError, OSError, ValueError) as error:
                self.failures.append(f"{name}: {error!r}")
            await asyncio.sleep(self._pause_s)

    async def _chat(self, session: aiohttp.ClientSession, name: str) -> Answer:
        body = {"model": name, "messages": MESSAGES}
        async with session.post(f"{self._url}/chat/completions", json=body) as response:
            answer, parsed = _answer(name, response), await response.json()
        if response.status == 200:
            answer.texts.append(parsed["choices"][0]["message"]["content"])
            answer.is_complete = True
        return answer

    async def _embed(self, session: aiohttp.ClientSession, name: str) -> Answer:
        body = {"model": name, "input": "hello"}
        async with session.post(f"{self._url}/embeddings", json=body) as response:
            answer, parsed = _answer(name, response), await response.json()
        answer.is_complete = response.status == 200 and len(parsed["data"]) == 1
        return answer

    async def _stream(self, session: aiohttp.ClientSession, name: str) -> Answer:
        body = {"model": name, "messages": MESSAGES, "stream": True}
        async with session.post(f"{self._url}/chat/completions", json=body) as response:
            answer = _answer(name, response)
            async for line in response.content:
                _take(answer, line)
        return answer


def _take(answer: Answer, line: bytes) -> None:
    data = line.removeprefix(b"data: ").strip()
    if data == b"[DONE]":
        answer.is_complete = True
    elif line.startswith(b"data: "):
        for choice in json.loads(data)["choices"]:
            answer.texts.append(choice["delta"].get("content") or "")


def _answer(name: str, response: aiohttp.ClientResponse) -> Answer:
    stamp = response.headers.get
    return Answer(
        asked=name,
        status=response.status,
        revision=stamp("X-Aura-Revision", ""),
        preset=stamp("X-Aura-Preset", ""),
        model=stamp("X-Aura-Model", ""),
    )
