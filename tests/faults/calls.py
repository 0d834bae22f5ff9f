"""The calls that the tests of upstream faults make, and what they look for in answers."""

import time
from typing import Any

import pytest

from gateway.tests.asgi_client import Answer, AsgiClient
from gateway.tests.conftest import CHAT, PATH

STREAM = {**CHAT, "stream": True}
EITHER = pytest.mark.parametrize("body", [CHAT, STREAM], ids=["plain", "stream"])


async def ask(client: AsgiClient, body: Any) -> tuple[Answer, float]:
    """Return the answer to a chat completion, and the seconds it took."""
    began = time.monotonic()
    answer = await client.post(PATH, body)
    return answer, time.monotonic() - began


def failure(answer: Answer) -> tuple[int, str | None]:
    """Return the status and the code of an error in OpenAI's shape."""
    code: str | None = answer.error["code"]
    return answer.status, code


def text_of(answer: Answer) -> str:
    """Return the text of an answer, plain or streamed."""
    if answer.headers["content-type"] == "application/json":
        return str(answer.json()["choices"][0]["message"]["content"])
    deltas = [c["delta"] for chunk in answer.chunks for c in chunk["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


def broken_off(answer: Answer) -> str | None:
    """Return the code of the error event that a stream ends with; it has no `[DONE]`."""
    assert answer.status == 200 and "[DONE]" not in answer.events
    last = answer.chunks[-1]
    assert [choice["finish_reason"] for choice in last["choices"]] == ["error"]
    assert set(last["error"]) == {"message", "type", "param", "code"}
    code: str | None = last["error"]["code"]
    return code
