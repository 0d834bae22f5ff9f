"""What the catalogue says against a model that a preset names: that it is not listed, or that
it leaves soon. A finding is a warning, never an error: a list can be wrong."""

from dataclasses import dataclass

from brains.catalogue.catalogue import Catalogue, Reading, expires_soon, today
from brains.layers import EMBEDDING
from brains.values import NO_FALLBACKS, model_id_problem, model_ids
from brains.wording import counted
from providers.listed_model import Kind, ListedModel


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a model should be looked at, what could stand in its place, and by which reading."""

    model_id: str
    what: str
    nearest: tuple[str, ...]
    reading: Reading

    @property
    def text(self) -> str:
        """Say it in one sentence: "a/b is no longer listed; nearest: a/c, a/d."."""
        near = f"; nearest: {', '.join(self.nearest)}" if self.nearest else ""
        return f"{self.model_id} {self.what}{near}."

    @property
    def sentence(self) -> str:
        """Say it, and of which day the catalogue is."""
        return f"{self.text} {self.reading.said}."


def findings(catalogue: Catalogue, field: str, text: str) -> list[Finding]:
    """Return what there is to say of the models that a field names."""
    kind = kind_of(field)
    found = (finding(catalogue, model_id, kind) for model_id in model_ids(text))
    return [each for each in found if each]


def kind_of(field: str) -> Kind:
    """Return which kind of model a field of a preset names."""
    return Kind.EMBEDDING if field == EMBEDDING.model.field else Kind.CHAT


def finding(catalogue: Catalogue, model_id: str, kind: Kind) -> Finding | None:
    """Return what there is to say of a model; None when all is well, or nobody knows."""
    reading = catalogue.reading_for(model_id, kind)
    if reading is None or model_id == NO_FALLBACKS or model_id_problem(model_id):
        return None
    listed = catalogue.find(model_id)
    what = _leaving(listed, reading) if listed else _missing(catalogue, model_id)
    if not what:
        return None
    return Finding(model_id, what, catalogue.nearest_to(model_id, kind), reading)


def _missing(catalogue: Catalogue, model_id: str) -> str:
    return f"is {'no longer' if model_id in catalogue.gone else 'not'} listed"


def _leaving(listed: ListedModel, reading: Reading) -> str:
    day = listed.expires_on
    if day is None or not expires_soon(listed):
        return ""
    left = (day - today()).days
    if left < 0:
        return f"was to leave {reading.title} on {day}"
    when = f"in {counted(left, 'day')}" if left else "today"
    return f"leaves {reading.title} on {day}, {when}"
