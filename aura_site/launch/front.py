"""What stands before the server of an embedded model, which would answer for whichever model
it is asked for: a request for another one is refused, all others pass unchanged."""

import asyncio
import contextlib
import json
import re
import socket
import threading
from functools import partial

HOST = "127.0.0.1"
BACKLOG = 128
PIECE = 64 * 1024
SHOWN_CHARACTERS = 100
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
# What ends a connection: it is lost, or its head is too long to be one.
_ENDS = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


def start(port: int, behind: int, model: str) -> None:
    """Serve on `port` in a thread that ends with this process; what asks for `model`, or
    names none, is passed on to the port `behind`. Raises OSError for a taken port."""
    listener = socket.create_server((HOST, port), backlog=BACKLOG)
    serving = threading.Thread(
        target=asyncio.run, args=(serve(listener, behind, model),), daemon=True
    )
    serving.start()


async def serve(listener: socket.socket, behind: int, model: str) -> None:
    """Serve on a listening socket until cancelled."""
    converse = partial(_converse, behind=behind, model=model)
    server = await asyncio.start_server(converse, sock=listener, backlog=BACKLOG)
    await server.serve_forever()


async def _converse(
    client: asyncio.StreamReader,
    to_client: asyncio.StreamWriter,
    *,
    behind: int,
    model: str,
) -> None:
    """Pass on one connection until either side closes it: who hangs up must be known to
    the server, which then thinks no further."""
    try:
        server, to_server = await asyncio.open_connection(HOST, behind)
    except OSError:
        to_client.close()
        return
    ways = (_requests(client, to_server, to_client, model), _answers(server, to_client))
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        to_server.close()
        to_client.close()


async def _requests(
    client: asyncio.StreamReader,
    to_server: asyncio.StreamWriter,
    to_client: asyncio.StreamWriter,
    model: str,
) -> None:
    with contextlib.suppress(*_ENDS):
        while True:
            # A body in chunks would pass unread; Aura says the length of each.
            head = await client.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await client.readexactly(int(length[1]) if length else 0)
            if asked := other_model(body, model):
                to_client.write(refusal(asked, model))
            else:
                to_server.write(head + body)
            await to_server.drain()


async def _answers(
    server: asyncio.StreamReader, to_client: asyncio.StreamWriter
) -> None:
    with contextlib.suppress(*_ENDS):
        while piece := await server.read(PIECE):
            to_client.write(piece)
            await to_client.drain()


def other_model(body: bytes, model: str) -> str:
    """Return the model that a body asks for where it is another; "" where it is not, names
    none, or is no request of a model's."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    named = asked.get("model") if isinstance(asked, dict) else None
    return "" if named in (None, "", model) else str(named)


def refusal(asked: str, model: str) -> bytes:
    """Return the whole answer that OpenAI gives for a model that is not there."""
    shown = asked[:SHOWN_CHARACTERS]
    error = {
        "message": f"There is no model {shown!r} here: this server has {model}.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }
    body = json.dumps({"error": error}).encode()
    head = (
        "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
