"""`GET /v1/models` and `GET /v1/models/<id>`: the layers, as models that clients know."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from gateway.errors import ModelNotFound
from gateway.names import LISTED, Target, find_target
from gateway.request import Request

PREFIX = "/v1/models/"


async def list_models(request: Request) -> None:
    """Answer the list of names: every layer in its two spellings, then the aliases."""
    request.authenticate()
    data = [_model(request, target) for target in _targets(request)]
    await request.answer(200, {"object": "list", "data": data})


async def show_model(request: Request) -> None:
    """Answer one model by any name that a request may use. Raises ModelNotFound."""
    request.authenticate()
    name = request.scope["path"].removeprefix(PREFIX)
    body = _model(request, _target(request, name))
    await request.answer(200, body)


def _targets(request: Request) -> Iterator[Target]:
    """Yield what the list shows; an alias whose preset is gone is left out."""
    aliases = [name for name in request.around.aliases if name != "*"]
    for name in (*LISTED, *aliases):
        with suppress(ModelNotFound):
            yield _target(request, name)


def _target(request: Request, name: str) -> Target:
    return find_target(name, request.live, request.around.aliases)


def _model(request: Request, target: Target) -> dict[str, Any]:
    """A model object; `serves` is the model that is effective now."""
    since = request.live.since
    return {
        "id": target.asked,
        "object": "model",
        "created": int(since.timestamp()) if since else 0,
        "owned_by": "aura",
        "layer": target.layer,
        "serves": target.selection.choice(target.layer).value,
    }
