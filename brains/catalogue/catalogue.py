"""The catalogue as it is asked: which models are listed, by whom, as of when. Read from the
database when a list there is a new one; until a list was read, what comes with Aura serves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache

from django.conf import settings

from brains.catalogue.models import CatalogueModel, CatalogueSource
from brains.catalogue.nearest import nearest
from providers.listed_model import Kind, ListedModel
from providers.model_list import LOCAL
from providers.registry import DEFAULT, Provider, Registry
from providers.shipped import OPENROUTER_URL
from providers.shipped_models import shipped_models

OLD_AFTER = timedelta(days=7)
EXPIRES_WITHIN = timedelta(days=30)
# OpenRouter takes these after any id; they choose among its own providers.
VARIANTS = ("nitro", "floor", "online", "exacto")
SHOWN_MAX = 20

Stamp = tuple[tuple[str, datetime | None, str], ...]
Titles = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest list of one provider: of which day it is, how many models of which kinds
    it has, whether it came with Aura. `trouble` says why a newer one could not be read."""

    title: str
    day: date
    count: int
    kinds: frozenset[Kind]
    is_shipped: bool = False
    trouble: str = ""

    @property
    def is_current(self) -> bool:
        """Whether what is not in it may be called gone: it was read, and lately."""
        return not self.is_shipped and self._age < OLD_AFTER

    @property
    def said(self) -> str:
        """Say of which day it is: "Catalogue of 2026-11-20, shipped"."""
        mark = ", shipped" if self.is_shipped else ", old"
        return f"Catalogue of {self.day}{'' if self.is_current else mark}"

    @property
    def _age(self) -> timedelta:
        return today() - self.day


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The listed models by the id that a preset names them with, the ids of those that once
    were, and the reading of each provider by its name."""

    models: Mapping[str, ListedModel] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    readings: Mapping[str, Reading] = field(default_factory=dict)

    def find(self, model_id: str) -> ListedModel | None:
        """Return the listed model that a call for `model_id` would reach, None for none."""
        known = self.models.get(_canonical(model_id))
        if known or not _is_default(model_id):
            return known
        stem, _, variant = model_id.rpartition(":")
        return self.models.get(stem) if variant in VARIANTS else self._by_slug(model_id)

    def reading_for(self, model_id: str, kind: Kind) -> Reading | None:
        """Return the reading that can judge a model id. None for a local server, whose models
        come and go, for a provider that was never read, and for a kind of which its list has
        none."""
        provider = _provider_of(model_id)
        reading = self.readings.get(provider.name)
        is_judge = reading and kind in reading.kinds and provider.name != LOCAL
        return reading if is_judge else None

    def search(self, text: str, kind: Kind) -> list[ListedModel]:
        """Return the first models whose id or name has every word of `text`."""
        words = text.lower().split()
        found = [
            model
            for model in self.models.values()
            if model.kind == kind and all(w in _searched(model) for w in words)
        ]
        begins = text.lower().strip()
        found.sort(key=lambda m: (not m.id.lower().startswith(begins), m.id))
        return found[:SHOWN_MAX]

    @cached_property
    def nearest_to(self) -> Callable[[str, Kind], tuple[str, ...]]:
        """Return a function that gives the nearest models of the same provider that stay.

        It remembers: one answer takes milliseconds, and the status page asks every 2 s."""
        return lru_cache(maxsize=256)(
            lambda model_id, kind: nearest(model_id, self._in_place_of(model_id, kind))
        )

    @property
    def said(self) -> str:
        """Say what there is, and of which day."""
        if not self.readings:
            return "The catalogue is empty: no provider was read yet."
        return " ".join(f"{r.title}: {r.said}." for r in self.readings.values())

    def _in_place_of(self, model_id: str, kind: Kind) -> Iterator[ListedModel]:
        provider = _provider_of(model_id)
        for model in self.models.values():
            stays = model.kind == kind and not expires_soon(model)
            is_other = stays and model.id != model_id and _is_text(model)
            if is_other and _provider_of(model.id) is provider:
                yield model

    def _by_slug(self, slug: str) -> ListedModel | None:
        return next((m for m in self.models.values() if m.slug == slug), None)


def expires_soon(model: ListedModel) -> bool:
    """Say whether it leaves its provider within 30 days, or should have left."""
    day = model.expires_on
    return day is not None and day - today() <= EXPIRES_WITHIN


def today() -> date:
    """Return the day in UTC, as providers count their days."""
    return datetime.now(UTC).date()


def load() -> Catalogue:
    """Return the catalogue; a few rows are read, all of them only after a refresh."""
    sources = CatalogueSource.objects.order_by("provider")
    providers: Registry = settings.AURA_PROVIDERS
    return _built(
        tuple(sources.values_list("provider", "read_at", "trouble")),
        tuple((provider.name, provider.title) for provider in providers.values()),
        # The shipped list is OpenRouter's: another server at its place has other models.
        providers[DEFAULT].base_url == OPENROUTER_URL,
    )


@lru_cache(maxsize=1)
def _built(stamp: Stamp, titles: Titles, is_openrouter: bool) -> Catalogue:
    title_of = dict(titles)
    read = {name: (at, why) for name, at, why in stamp if at and name in title_of}
    listed, gone = _rows({name: at for name, (at, _) in read.items()})
    readings = {
        name: _reading(title_of[name], at.date(), listed[name], trouble)
        for name, (at, trouble) in read.items()
    }
    models = {m.id: m for of_provider in listed.values() for m in of_provider}
    if is_openrouter:
        shipped = shipped_models()
        if DEFAULT not in read:
            why = next((why for name, _, why in stamp if name == DEFAULT), "")
            reading = _reading(title_of[DEFAULT], shipped.day, shipped.models, why)
            readings = {DEFAULT: replace(reading, is_shipped=True), **readings}
            models |= {model.id: model for model in shipped.models}
        gone |= shipped.known - models.keys()
    return Catalogue(models, frozenset(gone), readings)


def _reading(
    title: str, day: date, models: Sequence[ListedModel], trouble: str
) -> Reading:
    kinds = frozenset(model.kind for model in models)
    return Reading(title, day, len(models), kinds, trouble=trouble)


def _rows(
    read_at: Mapping[str, datetime],
) -> tuple[dict[str, list[ListedModel]], set[str]]:
    """Return the listed models of each provider, and the ids of those that are gone."""
    listed: dict[str, list[ListedModel]] = {name: [] for name in read_at}
    gone: set[str] = set()
    for row in CatalogueModel.objects.filter(provider__in=read_at):
        if row.seen_at < read_at[row.provider]:
            gone.add(row.model_id)
        else:
            listed[row.provider].append(row.as_listed())
    return listed, gone


def _canonical(model_id: str) -> str:
    route = settings.AURA_PROVIDERS.route(model_id)
    return f"{route.provider.prefix}{route.model}"


def _provider_of(model_id: str) -> Provider:
    provider: Provider = settings.AURA_PROVIDERS.route(model_id).provider
    return provider


def _is_default(model_id: str) -> bool:
    return _provider_of(model_id).name == DEFAULT


def _is_text(model: ListedModel) -> bool:
    outputs = model.output_modalities
    return not outputs or model.kind is Kind.EMBEDDING or "text" in outputs


def _searched(model: ListedModel) -> str:
    return f"{model.id} {model.name}".lower()
