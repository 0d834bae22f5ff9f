"""openai-python, in whichever version runs this, against a running Aura: URL and KEY are
its arguments."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import openai

URL, KEY = sys.argv[1:]
MESSAGES: Any = [{"role": "user", "content": "Hello"}]
TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": {}}}]


def main() -> None:
    client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0)
    chats(client)
    streams(client)
    embeds(client)
    lists(client)
    refuses(client)


def chats(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="aura/l3", messages=MESSAGES
    )
    answer: Any = raw.parse()
    assert "says hello" in answer.choices[0].message.content
    assert (answer.model, answer.usage.total_tokens > 0) == ("aura/l3", True)
    assert raw.headers["x-aura-model"] and answer._request_id.startswith("req_")
    called: Any = client.chat.completions.create(
        model="calls-tools", messages=MESSAGES, tools=TOOLS
    )
    assert called.choices[0].message.tool_calls[0].function.name == "weather"


def streams(client: openai.OpenAI) -> None:
    chunks: list[Any] = list(
        client.chat.completions.create(
            model="aura/l3",
            messages=MESSAGES,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts).count("goes on") == 2
    assert chunks[-1].usage.total_tokens > 0
    assert len({chunk.id for chunk in chunks}) == 1
    with raises(openai.APIError):
        list(
            client.chat.completions.create(
                model="breaks", messages=MESSAGES, stream=True
            )
        )


def embeds(client: openai.OpenAI) -> None:
    create = partial(client.embeddings.create, model="aura/embedding")
    for made in (create(input=["a", "b"]), create(input="a", encoding_format="float")):
        assert {len(row.embedding) for row in made.data} == {1536}


def lists(client: openai.OpenAI) -> None:
    assert "aura/l3" in [model.id for model in client.models.list()]
    assert client.models.retrieve("aura/l3").id == "aura/l3"


def refuses(client: openai.OpenAI) -> None:
    with raises(openai.NotFoundError):
        client.models.retrieve("aura/l9")
    with raises(openai.AuthenticationError):
        client.with_options(api_key="aura_wrong").models.list()


@contextmanager
def raises(kind: type[Exception]) -> Iterator[None]:
    try:
        yield
    except kind:
        return
    raise AssertionError(f"No {kind.__name__} was raised.")


if __name__ == "__main__":
    main()
