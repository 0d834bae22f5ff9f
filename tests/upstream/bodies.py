"""What the model server for tests says: bodies in OpenAI's shapes, without any HTTP.

Every text and vector follows from the name of the model, so a test can tell who answered.
"""

import base64
import json
import random
import re
import struct
from collections.abc import Iterator, Sequence
from typing import Any

DONE = b"data: [DONE]\n\n"
CREATED = 1_700_000_000


def event(body: object) -> bytes:
    """Return one SSE event with `body` as JSON."""
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def chunk_texts(model: str, count: int) -> Iterator[str]:
    """Yield the texts of `count` chunks; each one names the model."""
    for number in range(count):
        yield f", {model} goes on" if number else f"{model} says hello"


def vector(model: str, text: object, dimension: int) -> list[float]:
    """Return the `dimension` numbers of `model` for `text`, each an exact float32."""
    numbers = random.Random(f"{model} {text!r}").randbytes(2 * dimension)
    return [number % 2048 / 1024 - 1 for number in memoryview(numbers).cast("H")]


def vector_by_words(model: str, text: object, dimension: int) -> list[float]:
    """Return the sum of the vectors of a text's words: those that share words are near."""
    words = re.findall(r"\w+", str(text).lower())
    vectors = [vector(model, word, dimension) for word in words]
    return [sum(numbers) for numbers in zip(*vectors, strict=True)]


def error_body(status: int, model: str) -> dict[str, Any]:
    """Return OpenAI's error shape, naming the status and the model that was asked."""
    return {
        "error": {
            "message": f"{model} answers {status} as scripted",
            "type": "server_error" if status >= 500 else "invalid_request_error",
            "param": None,
            "code": None,
        }
    }


def _usage(prompt_tokens: int, completion_tokens: int) -> dict[str, int]:
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def said(text: str) -> dict[str, Any]:
    """Return a whole chat answer that says `text`, for a script's `body`."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "chatcmpl-said", "choices": [choice], "usage": _usage(7, 3)}


def spoken(*texts: str) -> list[bytes]:
    """Return a stream that says these texts one by one, for a script's `raw`."""
    chunks = (_delta("m", "chatcmpl-said", {"content": text}) for text in texts)
    last = last_chunks("m", "chatcmpl-said", len(texts), "stop", with_usage=True)
    return [*chunks, *last]


def chat_body(model: str, call: str, tool_calls: Sequence[Any]) -> dict[str, Any]:
    """Return a whole chat answer: `<model> says hello`, or the tool calls."""
    message: dict[str, Any] = {"role": "assistant", "refusal": None}
    message["content"] = None if tool_calls else next(chunk_texts(model, 1))
    if tool_calls:
        message["tool_calls"] = list(tool_calls)
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": "tool_calls" if tool_calls else "stop",
        "logprobs": None,
    }
    return {
        "id": call,
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "system_fingerprint": None,
        "choices": [choice],
        "usage": _usage(7, 3),
    }


def _chunk(model: str, call: str, **rest: Any) -> bytes:
    head = {"id": call, "object": "chat.completion.chunk", "created": CREATED}
    return event(head | {"model": model} | rest)


def _delta(model: str, call: str, delta: object, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _chunk(model, call, choices=[choice])


def role_chunk(model: str, call: str) -> bytes:
    """Return the first chunk, which says who speaks."""
    return _delta(model, call, {"role": "assistant", "content": ""})


def content_chunks(
    model: str, call: str, count: int, tool_calls: Sequence[Any]
) -> Iterator[bytes]:
    """Yield the chunks that carry text, or each tool call in two pieces."""
    if not tool_calls:
        for text in chunk_texts(model, count):
            yield _delta(model, call, {"content": text})
    for index, tool_call in enumerate(tool_calls):
        arguments = tool_call["function"]["arguments"]
        opening = tool_call | {
            "index": index,
            "function": tool_call["function"] | {"arguments": arguments[:5]},
        }
        closing = {"index": index, "function": {"arguments": arguments[5:]}}
        yield _delta(model, call, {"tool_calls": [opening]})
        yield _delta(model, call, {"tool_calls": [closing]})


def last_chunks(
    model: str, call: str, count: int, finish: str, with_usage: bool
) -> Iterator[bytes]:
    """Yield what ends a stream: the finish, the usage when asked for, and `[DONE]`."""
    yield _delta(model, call, {}, finish)
    if with_usage:
        yield _chunk(model, call, choices=[], usage=_usage(7, count))
    yield DONE


def _inputs(value: Any) -> list[Any]:
    is_list_of_inputs = isinstance(value, list) and not isinstance(value[0], int)
    return value if is_list_of_inputs else [value]


def embeddings_body(
    model: str, asked: dict[str, Any], dimension: int, *, by_words: bool = False
) -> dict[str, Any]:
    """Return one vector for each input: text, texts, tokens or lists of tokens."""
    of = vector_by_words if by_words else vector
    vectors = [of(model, text, dimension) for text in _inputs(asked["input"])]
    as_text = asked.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": encode(numbers) if as_text else numbers,
        }
        for index, numbers in enumerate(vectors)
    ]
    usage = {"prompt_tokens": len(data), "total_tokens": len(data)}
    return {"object": "list", "model": model, "data": data, "usage": usage}


def encode(numbers: Sequence[float]) -> str:
    """Return base64 of little-endian float32 numbers."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def models_body(models: Sequence[str]) -> dict[str, Any]:
    """Return the list of models."""
    kind = {"object": "model", "created": CREATED, "owned_by": "tests"}
    return {"object": "list", "data": [{"id": model} | kind for model in models]}
