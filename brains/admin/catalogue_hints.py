"""What the catalogue says in the admin: warnings beside a field and before a change, and the
completion of model ids as one types."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse

from brains.admin.inheritance import CHAT_FIELDS, EMBEDDING_FIELDS, suggestions
from brains.catalogue.catalogue import Catalogue, load
from brains.catalogue.findings import findings, kind_of
from brains.catalogue.wording import about
from brains.layers import SETTABLE
from brains.models import ModelPreset
from brains.selection import Selection
from brains.values import FALLBACKS_LENGTH, MODEL_ID_LENGTH
from providers.listed_model import Kind, ListedModel

MODEL_FIELDS = frozenset((*CHAT_FIELDS, *EMBEDDING_FIELDS))
_FIELDS = {Kind.CHAT: CHAT_FIELDS, Kind.EMBEDDING: EMBEDDING_FIELDS}


def warnings_beside(catalogue: Catalogue, field: str, text: str) -> list[str]:
    """Return what to say beside a field that holds `text`; [] when all is well."""
    if field not in MODEL_FIELDS or not 0 < len(text) <= FALLBACKS_LENGTH:
        return []
    return [each.sentence for each in findings(catalogue, field, text)]


def warnings_of(preset: ModelPreset) -> list[str]:
    """Return what to say of the models that a preset names itself."""
    return _warnings({v.field: str(getattr(preset, v.field) or "") for v in SETTABLE})


def warnings_of_models(selection: Selection) -> list[str]:
    """Return what to say of all models that a selection would let serve."""
    return _warnings({name: c.value for name, c in selection.choices.items()})


def complete(request: HttpRequest) -> JsonResponse:
    """Answer with the models that fit `q`, what is typed of one id in a field, and with what
    to say of `text`, all that is in the field."""
    asked = request.GET
    typed, field = asked.get("q", "").strip()[:MODEL_ID_LENGTH], asked.get("field", "")
    kind, catalogue = kind_of(field), load()
    found = catalogue.search(typed, kind) if typed else _in_use(catalogue, kind)
    return JsonResponse(
        {
            "models": [_option(model) for model in found],
            "warnings": warnings_beside(catalogue, field, asked.get("text", "")),
            "catalogue": catalogue.said,
        }
    )


def _in_use(catalogue: Catalogue, kind: Kind) -> list[ListedModel]:
    """Return the models that presets use, known or not: what to begin with."""
    ids = suggestions(_FIELDS[kind])
    return [catalogue.find(i) or ListedModel(i, i, kind) for i in ids]


def _option(model: ListedModel) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name if model.name != model.id else "",
        "about": about(model),
    }


def _warnings(texts: Mapping[str, str]) -> list[str]:
    catalogue = load()
    sentences = (
        s
        for name, text in texts.items()
        for s in warnings_beside(catalogue, name, text)
    )
    return list(dict.fromkeys(sentences))
