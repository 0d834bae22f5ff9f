"""Answers of a model server as the bytes that go over the wire, good ones and pieces of bad
ones; how they are sent stands in tests/upstream/hostile.py."""

import json
import socket
from collections.abc import Mapping
from typing import Any

from tests.upstream.hostile import Script, sends

OK = b"HTTP/1.1 200 OK\r\n"
SSE = OK + b"Content-Type: text/event-stream\r\n\r\n"
DONE = b"data: [DONE]\n\n"


def answer(
    body: object, status: str = "200 OK", headers: Mapping[str, str] | None = None
) -> bytes:
    """Return a whole answer with a body of bytes, or of JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Content-Length": str(len(data))} | dict(headers or {})
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + data


def chat(text: str = "Hello") -> dict[str, Any]:
    """Return the body of a chat completion."""
    message = {"role": "assistant", "content": text}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def event(body: object) -> bytes:
    """Return one event of a stream."""
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def chunk(text: str) -> bytes:
    """Return a chunk with this text."""
    return event({"choices": [{"index": 0, "delta": {"content": text}}]})


FINISH = event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})


def stream(*texts: str) -> bytes:
    """Return a whole stream."""
    return SSE + b"".join(map(chunk, texts)) + FINISH + DONE


def well(sock: socket.socket, request: bytes) -> object:
    """Answer as a good server does, as a stream where that was asked for."""
    wants_stream = b'"stream":true' in request
    return sends(stream("Hel", "lo") if wants_stream else answer(chat()))(sock, request)


def in_turn(*scripts: Script) -> Script:
    """Return what follows the first script, then the second, and the last for ever."""
    left = list(scripts)

    def script(sock: socket.socket, request: bytes) -> object:
        now = left.pop(0) if len(left) > 1 else left[0]
        return now(sock, request)

    return script
