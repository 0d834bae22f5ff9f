"""Where a change of the embedding model can be begun that stored vectors hold up: one link
behind each refusal, for those who may go there."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from brains.errors import BrainError, VectorsInUse
from brains.models import ModelPreset
from brains.names import free_name
from brains.selection import Snapshot

ACTIVATE_PERMISSION = "brains.activate_modelpreset"
ADD_PERMISSION = "brains.add_modelpreset"
# What the form of a new preset has in its address when it leads on to Activate.
NEXT, ACTIVATE = "then", "activate"


@dataclass(frozen=True, slots=True)
class Link:
    """Where it leads, and what it says."""

    url: str
    label: str


def link_of(
    request: HttpRequest,
    refusal: BrainError | None,
    after: Snapshot | None,
    here: ModelPreset | None = None,
) -> Link | None:
    """Return where `after` (None: no preset), which was refused, can be re-embedded for;
    None where that cannot be, the person may not, or it is the page of `here` itself."""
    if not isinstance(refusal, VectorsInUse):
        return None
    if not request.user.has_perm(ACTIVATE_PERMISSION):
        return None
    way = refusal.way
    if way.open_url:
        return Link(way.open_url, "See that re-embedding")
    if way.preset:
        url = reverse("admin:brains_modelpreset_activate", args=[way.preset.pk])
        is_here = way.preset == here
        return None if is_here else Link(url, f"Re-embed for {way.preset.name}…")
    if request.user.has_perm(ADD_PERMISSION):
        return Link(_form_with(after), "Make a preset of these values…")
    return None


def with_link(sentence: str, link: Link | None) -> str:
    """Return a sentence with a link behind it."""
    if link is None:
        return sentence
    return format_html('{} <a href="{}">{}</a>', sentence, link.url, link.label)


def leads_to_activate(request: HttpRequest) -> bool:
    """Say whether the form of a new preset was opened by such a link."""
    return request.GET.get(NEXT) == ACTIVATE


def _form_with(after: Snapshot | None) -> str:
    """Return the address of the form of a new preset with these values in it, which leads
    on to Activate."""
    given = {}
    if after:
        taken = ModelPreset.objects.values_list("name", flat=True)
        given = {name: value for name, value in after.values.items() if value}
        given["name"] = free_name(after.name, list(taken))
    query = urlencode({**given, NEXT: ACTIVATE})
    return f"{reverse('admin:brains_modelpreset_add')}?{query}"
