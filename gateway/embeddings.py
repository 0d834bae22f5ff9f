"""`POST /v1/embeddings`: text, lists and tokens in; vectors of the right length out."""

from typing import Any

from brains.values import DIMENSION_MAX
from gateway import calls
from gateway.connected import while_connected
from gateway.errors import BadRequest
from gateway.in_flight import IN_FLIGHT
from gateway.plans import Plan
from gateway.request import Request
from gateway.vectors import Wanted, input_count


async def embeddings(request: Request) -> None:
    """Answer one request for embeddings. Raises GatewayError or ProviderError."""
    request.authenticate("embeddings")
    with IN_FLIGHT.one():
        request.admit()
        body = await request.json()
        encoding, asked = _encoding(body), _asked_dimension(body)
        if not (count := input_count(body)):
            raise BadRequest(
                "Give `input`: text, or a list of one kind of thing that is not empty: "
                "texts, tokens, lists of tokens, or objects.",
                param="input",
            )
        plan = _plan(request, body)
        wanted = Wanted(encoding, count, asked or plan.target.selection.dimension)
        call = request.begin(plan)
        with while_connected(request.receive):
            answer = await calls.embed(call, body, wanted, request.around.upstream)
        await request.answer(200, answer)


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


def _plan(request: Request, body: dict[str, Any]) -> Plan:
    plan = request.plan(body)
    if plan.target.layer != "embedding":
        raise BadRequest(
            f"{plan.target.layer} gives no embeddings: ask for aura/embedding, or map this "
            "name with AURA_MODEL_ALIASES=NAME=embedding.",
            param="model",
        )
    return plan
