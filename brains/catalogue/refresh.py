"""Reads the lists of the providers into the catalogue. A provider that is away, or that sends
what is no list, keeps the rows it had."""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from brains import live
from brains.catalogue.models import CatalogueModel, CatalogueSource
from brains.serving import serving, standing_by
from brains.values import model_id_problem
from providers.listed_model import ListedModel
from providers.model_list import ModelList, NoModelList, fetch
from providers.registry import Provider

logger = logging.getLogger(__name__)

EVERY, AGAIN = timedelta(hours=6), timedelta(minutes=30)
GONE_KEPT = timedelta(days=180)
BATCH = 500
TROUBLE_MAX = CatalogueSource._meta.get_field("trouble").max_length

_UPDATED = [
    field.name
    for field in CatalogueModel._meta.fields
    if field.name not in ("id", "model_id")
]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of asking one provider: the models that a preset can name, and how many
    others there were; or, as a sentence, why there is no list."""

    provider: Provider
    models: tuple[ListedModel, ...] = ()
    left_out: int = 0
    trouble: str = ""

    @property
    def count(self) -> int:
        """How many models the catalogue has of this list."""
        return len(self.models)


def configured() -> list[Provider]:
    """Return the providers that can be called as they are set up."""
    return [each for each in settings.AURA_PROVIDERS.values() if not each.problem]


def due() -> list[Provider]:
    """Return those that were not read for a while, or never."""
    sources = {source.provider: source for source in CatalogueSource.objects.all()}
    return [
        provider
        for provider in configured()
        if (source := sources.get(provider.name)) is None or source.is_due(EVERY, AGAIN)
    ]


def refresh(providers: Iterable[Provider], within_s: float) -> Iterator[Report]:
    """Ask all providers at once and store each list as it comes; yield a report for each.

    Takes hardly longer than `within_s`, whatever they do.
    """
    waiting = {provider.name: provider for provider in providers}
    answers: SimpleQueue[tuple[Provider, ModelList | str]] = SimpleQueue()
    ends = time.monotonic() + within_s
    for provider in waiting.values():
        # A thread for each, left alone when time is up: a head that is dripped has no end.
        threading.Thread(
            target=_ask, args=(provider, within_s, answers), daemon=True
        ).start()
    while waiting:
        try:
            left_s = max(0.0, ends - time.monotonic())
            provider, found = answers.get(timeout=left_s)
        except Empty:
            break
        yield _kept(waiting.pop(provider.name), found)
    for provider in waiting.values():
        yield _kept(provider, f"{provider.title} did not answer in time.")


def _ask(
    provider: Provider,
    within_s: float,
    answers: "SimpleQueue[tuple[Provider, ModelList | str]]",
) -> None:
    try:
        answers.put((provider, fetch(provider, within_s)))
    except NoModelList as none:
        answers.put((provider, str(none)))


def _kept(provider: Provider, found: ModelList | str) -> Report:
    if isinstance(found, str):
        source, _ = CatalogueSource.objects.update_or_create(
            provider=provider.name,
            defaults={"tried_at": timezone.now(), "trouble": found[:TROUBLE_MAX]},
        )
        level = logging.INFO if _is_expected(provider, source) else logging.DEBUG
        logger.log(level, "The models of %s were not read. %s", provider.name, found)
        return Report(provider, trouble=found)
    models = tuple(m for m in found.models if _can_be_named(provider, m.id))
    _store(provider, models)
    logger.info("The catalogue has %s models of %s.", len(models), provider.name)
    left_out = found.ignored + len(found.models) - len(models)
    return Report(provider, models, left_out)


def _is_expected(provider: Provider, source: CatalogueSource) -> bool:
    """Say whether somebody would miss it: it was set up, has answered before, or is in use."""
    if not provider.is_presumed or source.read_at:
        return True
    now = live.peek()
    selections = [now.selection, *([now.canary.candidate] if now.canary else [])]
    in_use = (used for each in selections for used in serving(each) + standing_by(each))
    return any(used.name == provider.name for used, _ in in_use)


@transaction.atomic
def _store(provider: Provider, models: Iterable[ListedModel]) -> None:
    now, prefix = timezone.now(), provider.prefix
    # In one order, so that of two refreshes at a time none waits for the other in a circle.
    in_order = sorted(models, key=lambda listed: listed.id)
    rows = [
        CatalogueModel.of(prefix + m.id, provider.name, m, seen_at=now)
        for m in in_order
    ]
    CatalogueSource.objects.update_or_create(
        provider=provider.name,
        defaults={"read_at": now, "tried_at": now, "trouble": ""},
    )
    CatalogueModel.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["model_id"],
        update_fields=_UPDATED,
    )
    of_provider = CatalogueModel.objects.filter(provider=provider.name)
    of_provider.filter(seen_at__lt=now - GONE_KEPT).delete()


def _can_be_named(provider: Provider, name: str) -> bool:
    """Say whether a preset can name the model, and would reach it there."""
    model_id = provider.prefix + name
    if model_id_problem(model_id):
        return False
    route = settings.AURA_PROVIDERS.route(model_id)
    return bool(route.provider.name == provider.name)
