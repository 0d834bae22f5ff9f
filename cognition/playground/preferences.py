"""`POST /playground/preferences`: which of two replies somebody preferred. A second vote on the
same comparison takes the place of the first."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from brains.layers import LAYER_BY_NAME
from brains.models import ModelPreset
from brains.values import model_id_problem
from cognition.doors.answers import as_json
from cognition.playground import tally
from cognition.playground.access import for_players
from cognition.playground.models import Preference
from gateway.errors import BadRequest, GatewayError
from gateway.http import parse_object

REVISION_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a preset, or None for none, and what served it."""

    preset: ModelPreset | None
    revision: int
    models: dict[str, str]

    @property
    def name(self) -> str:
        """The preset's name as it is now, "" for none."""
        return self.preset.name if self.preset else ""


@require_POST
@for_players
def prefer(request: HttpRequest) -> HttpResponse:
    """Keep a vote, and answer the votes on every pair."""
    try:
        _keep(request.user, parse_object(request.body))
    except GatewayError as error:
        return as_json(error.body(), error.status)
    return as_json({"tally": tally.of_all()})


def _keep(user: Any, body: dict[str, Any]) -> None:
    left, right = _side(body, "left"), _side(body, "right")
    if left.name == right.name:
        raise BadRequest("Two sides of the same preset are no comparison.")
    Preference.objects.update_or_create(
        by=user,
        comparison=_comparison(body.get("comparison")),
        defaults={
            "choice": _choice(body.get("choice")),
            "by_name": user.get_username(),
            **_columns("left", left),
            **_columns("right", right),
        },
    )


def _columns(name: str, side: Side) -> dict[str, Any]:
    return {
        name: side.preset,
        f"{name}_name": side.name,
        f"{name}_revision": side.revision,
        f"{name}_models": side.models,
    }


def _comparison(given: Any) -> UUID:
    try:
        return UUID(given)
    except (ValueError, AttributeError, TypeError):
        raise BadRequest("`comparison` is a UUID.", param="comparison") from None


def _choice(given: Any) -> str:
    if given not in Preference.Choice.values:
        raise BadRequest("`choice` is left, right or neither.", param="choice")
    return str(given)


def _side(body: dict[str, Any], name: str) -> Side:
    side = body.get(name)
    if not isinstance(side, dict):
        raise BadRequest(f"`{name}` is what served that side.", param=name)
    revision, models = side.get("revision"), side.get("models")
    if type(revision) is not int or not 0 <= revision <= REVISION_MAX:
        raise BadRequest(f"`{name}.revision` is a revision.", param=name)
    if not isinstance(models, dict) or not all(map(_is_served, models.items())):
        raise BadRequest(f"`{name}.models` is model ids by layer.", param=name)
    return Side(_preset(side.get("preset"), name), revision, models)


def _is_served(item: tuple[str, Any]) -> bool:
    layer, model = item
    is_id = isinstance(model, str) and not model_id_problem(model)
    return layer in LAYER_BY_NAME and is_id


def _preset(given: Any, side: str) -> ModelPreset | None:
    if given is None:
        return None
    found = isinstance(given, str) and ModelPreset.objects.filter(name=given).first()
    if not found:
        raise BadRequest(f"`{side}.preset` names no preset.", param=side)
    return found
