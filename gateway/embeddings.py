"""`POST /v1/embeddings`: text, lists and tokens in; vectors of the right length out."""

from typing import Any

from brains.values import DIMENSION_MAX
from gateway import calls
from gateway.errors import BadRequest
from gateway.http import send_json, while_connected
from gateway.names import Target
from gateway.request import Request
from gateway.vectors import input_count, shaped


async def embeddings(request: Request) -> None:
    """Answer one request for embeddings. Raises GatewayError or ProviderError."""
    request.authenticate()
    body = await request.json()
    encoding, asked = _encoding(body), _asked_dimension(body)
    if not (count := input_count(body)):
        raise BadRequest(
            "Give `input`: text, or a list of one kind of thing that is not empty: "
            "texts, tokens, lists of tokens, or objects.",
            param="input",
        )
    target = _target(request, body)
    call = request.begin(target)
    async with while_connected(request.receive):
        answer = await calls.embed(call, body, request.around.client)
    dimension = asked or target.selection.dimension
    shape = shaped(answer, encoding=encoding, count=count, dimension=dimension)
    await send_json(request.send, 200, shape, request.headers)


def _encoding(body: dict[str, Any]) -> str:
    encoding = body.get("encoding_format")
    if encoding not in ("float", "base64", None):
        raise BadRequest(
            "`encoding_format` is float or base64.", param="encoding_format"
        )
    return encoding or "float"


def _asked_dimension(body: dict[str, Any]) -> int | None:
    asked = body.get("dimensions")
    if asked is None or (type(asked) is int and 1 <= asked <= DIMENSION_MAX):
        return asked
    raise BadRequest(
        f"`dimensions` is a whole number from 1 to {DIMENSION_MAX}.", param="dimensions"
    )


def _target(request: Request, body: dict[str, Any]) -> Target:
    target = request.target(body)
    if target.layer != "embedding":
        raise BadRequest(
            f"{target.layer} gives no embeddings: ask for aura/embedding, or map this "
            "name with AURA_MODEL_ALIASES=NAME=embedding.",
            param="model",
        )
    return target
