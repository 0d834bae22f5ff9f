"""A client of many streams, which reads the stamp in every chunk and says how late it came:
`python -m bench.streams --url .../v1 --model M --key K held 100`. One line of JSON an answer."""

import argparse
import asyncio
import contextlib
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import uvloop

from bench.figures import percentile

STAMP = re.compile(rb'"t=(\d+) "')
END = b"0\r\n\r\n"
# The most of a stamp, or of the end, that one read may leave for the next.
TAIL = 40
OPENING_PER_S = 500
OPENING_S = 30
GRACE_S = 1.0
AT_ONCE = 50
QUESTION = "Tell me a story. " + "Once upon a time. " * 40


@dataclass
class Target:
    """Where to connect and what to ask; and every chunk that came: when it was sent, and
    how many microseconds later it was here."""

    host: str
    port: int
    request: bytes
    chunks: list[tuple[int, int]] = field(default_factory=list)
    errors: int = 0


class Stream(asyncio.Protocol):
    """One connection. `first` gives the microseconds to the first chunk, `over` whether the
    answer came to its end; both are None where the connection was lost before."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are none of asyncio's class, but do the same.
        self.transport = cast(asyncio.Transport, transport)
        self.ask()

    def ask(self) -> None:
        """Send the question, on a connection that has nothing underway."""
        loop = asyncio.get_running_loop()
        self.first: asyncio.Future[int | None] = loop.create_future()
        self.over: asyncio.Future[bool] = loop.create_future()
        self._tail, self._is_done, self._has_head = b"", False, False
        self._sent_us = _now_us()
        self.transport.write(self._target.request)

    def data_received(self, data: bytes) -> None:
        now_us = _now_us()
        if not self._has_head:
            self._has_head = True
            if not data.startswith(b"HTTP/1.1 200"):
                self.transport.abort()
                return
        data, read = self._tail + data, 0
        for stamp in STAMP.finditer(data):
            sent_us, read = int(stamp[1]), stamp.end()
            self._target.chunks.append((sent_us, now_us - sent_us))
        if read and not self.first.done():
            self.first.set_result(now_us - self._sent_us)
        self._is_done = self._is_done or b"[DONE]" in data
        if self._is_done and data.endswith(END) and not self.over.done():
            self.over.set_result(True)
        self._tail = data[read:][-TAIL:]

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.first.done():
            self.first.set_result(None)
        if not self.over.done():  # some servers end an answer by closing
            self.over.set_result(self._is_done)


async def connect(target: Target) -> Stream | None:
    """Open a stream; None when it is refused, which is counted."""
    loop = asyncio.get_running_loop()
    try:
        _, stream = await loop.create_connection(
            lambda: Stream(target), target.host, target.port
        )
    except OSError:
        target.errors += 1
        return None
    return stream


async def first_chunks(target: Target, seconds: float) -> None:
    """Stream one answer after another on one connection, and say when the first chunk came."""
    end, took, stream = time.monotonic() + seconds, [], None
    while time.monotonic() < end and target.errors < AT_ONCE:
        if stream is None or stream.lost:
            stream = await connect(target)
        else:
            stream.ask()
        first = await stream.first if stream else None
        if stream is None or first is None or not await stream.over:
            target.errors += 1
            continue
        took.append(first)
    _say(**_times(took), streams=len(took), errors=target.errors)


async def hang_ups(target: Target, count: int) -> None:
    """Leave `count` streams, each at its first chunk; 50 at a time."""
    left = iter(range(count))

    async def leave_some() -> None:
        for _ in left:
            stream = await connect(target)
            if stream is None or await stream.first is None:
                target.errors += 1
            if stream:
                stream.transport.abort()

    await asyncio.gather(*(leave_some() for _ in range(AT_ONCE)))
    _say(hung_up=count - target.errors, errors=target.errors)


async def held(target: Target, count: int) -> None:
    """Open `count` streams; then answer each line "AFTER UNTIL" with the chunks that were sent
    between, and hang up at any other."""
    opening = []
    for _ in range(count):
        opening.append(asyncio.create_task(connect(target)))
        await asyncio.sleep(1 / OPENING_PER_S)
    streams = [stream for stream in await asyncio.gather(*opening) if stream]
    with contextlib.suppress(TimeoutError):
        firsts = asyncio.gather(*(stream.first for stream in streams))
        await asyncio.wait_for(asyncio.shield(firsts), OPENING_S)
    _say(open=sum(_has_begun(stream) for stream in streams))
    while match := re.fullmatch(r"(\d+) (\d+)\n", await _next_line()):
        await asyncio.sleep(GRACE_S)
        _say_delivered(target, int(match[1]), int(match[2]), streams)
    for stream in streams:
        stream.transport.abort()
    await asyncio.sleep(0.01)  # they are closed when the loop comes to it
    _say(hung_up=len(streams))


def _has_begun(stream: Stream) -> bool:
    return stream.first.done() and stream.first.result() is not None


def _say_delivered(
    target: Target, after_us: int, until_us: int, streams: Sequence[Stream]
) -> None:
    late = [us for sent_us, us in target.chunks if after_us < sent_us <= until_us]
    errors = target.errors + sum(stream.lost for stream in streams)
    _say(**_times(late), chunks=len(late), errors=errors)


async def _next_line() -> str:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, sys.stdin.readline)


def _times(took_us: Sequence[int]) -> dict[str, float]:
    if not took_us:
        return {}
    return {f"p{share}_ms": percentile(took_us, share) / 1000 for share in (50, 99)}


def _say(**figures: float) -> None:
    print(json.dumps(figures), flush=True)


def _now_us() -> int:
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def _target(options: argparse.Namespace) -> Target:
    url = urlsplit(options.url)
    question = {"role": "user", "content": QUESTION}
    body = json.dumps({"model": options.model, "stream": True, "messages": [question]})
    head = (
        f"POST {url.path.rstrip('/')}/chat/completions HTTP/1.1",
        f"Host: {url.netloc}",
        f"Authorization: Bearer {options.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    request = "\r\n".join((*head, "", body)).encode()
    return Target(url.hostname or "", url.port or 80, request)


def main() -> None:
    """Do as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("what", choices=("first-chunks", "hang-ups", "held"))
    parser.add_argument("amount", type=float, help="seconds, or how many streams")
    options = parser.parse_args()
    target, amount = _target(options), options.amount
    does = {
        "first-chunks": lambda: first_chunks(target, amount),
        "hang-ups": lambda: hang_ups(target, int(amount)),
        "held": lambda: held(target, int(amount)),
    }
    uvloop.run(does[options.what]())


if __name__ == "__main__":
    main()
