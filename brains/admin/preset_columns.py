"""The columns of the preset list: the state, the names, what each layer would resolve to,
and the button."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from brains.admin.activation_pages import activate_url, deactivate_url
from brains.admin.canary_pages import page_url, start_url
from brains.admin.differences import Shown, side_of
from brains.admin.effective import selection_of
from brains.admin.markup import relative, state
from brains.canary.models import Canary
from brains.canary.split import shown_percent
from brains.layers import DIMENSION, LAYERS, Layer
from brains.models import Activation, ModelPreset
from brains.templatetags.model_ids import in_turn
from brains.values import model_ids
from brains.wording import in_turn as words_in_turn

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from typing import TypedDict

    from django_stubs_ext import WithAnnotations

    class Marks(TypedDict):
        """What `with_marks` adds to each preset."""

        live_id: int | None
        live_revision: int | None
        activated_at: datetime | None
        canary_percent: Decimal | None

    Listed = WithAnnotations[ModelPreset, Marks]


def with_marks(presets: QuerySet[ModelPreset]) -> QuerySet[ModelPreset]:
    """Add, for every preset, the live one's id and revision, its own last activation, and
    its share of the calls while a canary tries it."""
    newest = Activation.objects.order_by("-revision")
    own = newest.filter(preset=OuterRef("pk"))
    canary = Canary.objects.filter(preset=OuterRef("pk"), how="")
    return presets.annotate(
        live_id=Subquery(newest.values("preset_id")[:1]),
        live_revision=Subquery(newest.values("revision")[:1]),
        activated_at=Subquery(own.values("created_at")[:1]),
        canary_percent=Subquery(canary.values("percent")[:1]),
    )


@admin.display(description="State")
def state_of(preset: "Listed") -> SafeString:
    """Say whether it is live, since which revision, or when it was last activated."""
    if preset.pk == preset.live_id:
        live, revision = state("live", "good"), preset.live_revision
        return format_html("{}<br><small>revision {}</small>", live, revision)
    if preset.canary_percent is not None:
        share = f"{shown_percent(preset.canary_percent)} of the calls"
        return format_html("{}<br><small>{}</small>", state("canary", "quiet"), share)
    if preset.activated_at is None:
        return format_html('<small class="aura-quiet">{}</small>', "never live")
    when = relative(preset.activated_at)
    return format_html('<small class="aura-quiet">last activated {}</small>', when)


@admin.display(description="Name", ordering="name")
def name_of(preset: "Listed") -> SafeString:
    """Show the name, the name that clients ask for, and what it is for."""
    return format_html(
        '<a class="aura-name" href="{}">{}</a><code>aura/l3@<wbr>{}</code>'
        '<small class="aura-use">{}</small>',
        reverse("admin:brains_modelpreset_change", args=[preset.pk]),
        preset.name,
        preset.slug,
        preset.description,
    )


def _model_column(layer: Layer) -> Callable[[ModelPreset], SafeString]:
    @admin.display(
        description=f"{layer.title} {layer.role}", ordering=layer.model.field
    )
    def model_of(preset: ModelPreset) -> SafeString:
        side = side_of(selection_of(preset))
        behind = side[layer.fallback.field] if layer.fallback else None
        return _cell(side[layer.model.field]) + _then(behind)

    model_of.__name__ = f"{layer.name}_of"
    return model_of


@admin.display(description="Dimension", ordering="embedding_dimension")
def dimension_of(preset: ModelPreset) -> SafeString:
    """Show the length of its vectors."""
    return _cell(side_of(selection_of(preset))[DIMENSION.field])


@admin.display(description="Change")
def act(preset: "Listed") -> SafeString:
    """Link to the question before the preset is activated or, when live, deactivated."""
    if preset.pk == preset.live_id:
        return _button(deactivate_url(), "Deactivate", preset, kind="aura-second")
    activate = _button(activate_url(preset), "Activate", preset)
    url = start_url(preset) if preset.canary_percent is None else page_url()
    return activate + _button(url, "Canary…", preset, kind="aura-second")


COLUMNS: tuple[Callable[..., SafeString], ...] = (
    state_of,
    name_of,
    *(_model_column(layer) for layer in LAYERS),
    dimension_of,
)


def _cell(shown: Shown) -> SafeString:
    """Show a value; an inherited one is dimmed and says from where."""
    if not shown.is_inherited:
        return shown.code
    return format_html(
        '<span class="aura-inherited">{}<small title="{}">{}</small></span>',
        shown.code,
        f"from {shown.origin}",
        shown.rung,
    )


def _then(fallbacks: Shown | None) -> SafeString:
    """Show what is tried first when the model fails, if anything is, and all in a title."""
    if fallbacks is None or not fallbacks.value:
        return SafeString("")
    first, *others = model_ids(fallbacks.value)
    return format_html(
        '<small class="aura-then" title="{}, from {}">then {}{}</small>',
        words_in_turn(fallbacks.value),
        fallbacks.origin,
        in_turn(first),
        f" and {len(others)} more" if others else "",
    )


def _button(url: str, word: str, preset: ModelPreset, kind: str = "") -> SafeString:
    return format_html(
        '<a class="button aura-button {}" href="{}" aria-label="{}">{}</a>',
        kind,
        url,
        f"{word} {preset.name}",
        word,
    )
