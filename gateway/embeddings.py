"""`POST /v1/embeddings`: text, lists and tokens in; vectors of the right length out."""

from gateway import calls
from gateway.errors import BadRequest
from gateway.http import send_json, while_connected
from gateway.request import Request
from gateway.vectors import input_count, shaped


async def embeddings(request: Request) -> None:
    """Answer one request for embeddings. Raises GatewayError or ProviderError."""
    request.authenticate()
    body = await request.json()
    encoding = body.get("encoding_format") or "float"
    if encoding not in ("float", "base64"):
        raise BadRequest(
            "`encoding_format` is float or base64.", param="encoding_format"
        )
    if not (count := input_count(body)):
        raise BadRequest(
            "Give `input`: text, or a list that is not empty.", param="input"
        )
    target = request.target(body)
    if target.layer != "embedding":
        raise BadRequest(
            f"{target.layer} gives no embeddings: ask for aura/embedding, or map this "
            "name with AURA_MODEL_ALIASES=NAME=embedding.",
            param="model",
        )
    asked = body.get("dimensions")
    dimension = asked if isinstance(asked, int) else target.selection.dimension
    call = request.begin(target)
    async with while_connected(request.receive):
        answer = await calls.embed(call, body, request.around.client)
    shape = shaped(answer, encoding=encoding, count=count, dimension=dimension)
    await send_json(request.send, 200, shape, request.headers)
