"""The status page: what Aura serves and why, for people. What the database does not have
to be asked for comes from memory, so the page stands while the database is away."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from brains import attention, keeping, live, status_facts, watcher
from brains.attention import Attention
from brains.canary.figures import Figure, figures
from brains.catalogue import status_notes
from brains.catalogue.catalogue import Catalogue, load
from brains.health import all_problems
from brains.layers import LAYERS
from brains.live import Live
from brains.models import ModelPreset
from brains.schedules.models import Schedule
from brains.schedules.turns import Next, left_out, what_comes_next
from brains.schedules.wording import left_out_of, sentence_of
from brains.selection import Selection
from brains.status_canary import canary_of
from brains.status_card import cards
from brains.status_facts import Fact
from brains.status_pace import paces
from brains.status_providers import provider_problems, providers
from brains.status_state import Level, state
from brains.status_vectors import Vectors, vectors
from brains.wording import ago, exact
from brains.workers import Convergence, convergence

logger = logging.getLogger(__name__)

AWAY = (DatabaseError, InterfaceError)
RETRY_AFTER_S = 5


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen in one request, taken once: the live state, who looks, the workers
    (None: not known), how quick layers were, the catalogue (None: not known), how a
    canary's sides do, what schedules do next, what there is to say of vectors, what of the
    calls of late goes badly."""

    now: Live
    is_connected: bool
    staff: Any = None
    preset_id: int | None = None
    workers: Convergence | None = None
    paces: Mapping[str, str] = field(default_factory=dict)
    catalogue: Catalogue | None = None
    coming: Next | None = None
    left_out: Sequence[Schedule] = ()
    canary: Sequence[Figure] = ()
    vectors: Vectors = field(default_factory=Vectors)
    attention: Sequence[Attention] = ()


@require_safe
@cache_control(no_store=True)
def status(request: HttpRequest) -> HttpResponse:
    """Show the page, or with `?fragment` only the part of it that changes."""
    sight = _look(request)
    if not settings.AURA_PUBLIC_STATUS and not sight.staff:
        return _closed(request, sight)
    page = "status_live.html" if "fragment" in request.GET else "status.html"
    return render(request, f"brains/{page}", _context(sight))


def _look(request: HttpRequest) -> Sight:
    """See what can be seen. A database known to be away is not asked: it might hang."""
    running = watcher.running()
    if running is not None and not running.is_connected():
        return Sight(live.current(), is_connected=False)
    try:
        now = live.current() if running else live.load()
        return _with_database(request, now)
    except AWAY as error:
        logger.warning(
            "The status page goes without the database (%s).", type(error).__name__
        )
        return Sight(live.current(), is_connected=False)


def _with_database(request: HttpRequest, now: Live) -> Sight:
    user = request.user if request.user.is_active and request.user.is_staff else None
    return Sight(
        now,
        is_connected=True,
        staff=user,
        preset_id=_preset_id(now.selection) if user else None,
        workers=convergence(now.selection),
        paces=paces({la.name: now.selection.choice(la.name).value for la in LAYERS}),
        catalogue=load(),
        coming=(coming := what_comes_next(timezone.now())),
        left_out=left_out() if coming else (),
        canary=_sides(now, with_cost=user is not None),
        vectors=vectors(now.selection),
        attention=attention.known(now) if watcher.running() else attention.look(now),
    )


def _sides(now: Live, *, with_cost: bool) -> Sequence[Figure]:
    return figures(now.canary.since, with_cost=with_cost) if now.canary else ()


def _preset_id(selection: Selection) -> int | None:
    return (
        ModelPreset.objects.filter(slug=selection.preset_slug)
        .values_list("pk", flat=True)
        .first()
    )


def _closed(request: HttpRequest, sight: Sight) -> HttpResponse:
    """Send people to sign in; while nobody can, say so."""
    if sight.is_connected:
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    answer = render(request, "brains/status_closed.html", status=503)
    answer["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _context(sight: Sight) -> Mapping[str, Any]:
    now, selection = sight.now, sight.now.selection
    # The first of what goes badly stands in the state line.
    problems = [each.problem for each in sight.attention[1:]]
    problems += all_problems(now)
    problems += provider_problems(selection)
    problems += sight.vectors.problems
    if sight.workers:
        problems += status_facts.disagreement(sight.workers)
    if sight.catalogue:
        problems += status_notes.live_problems(sight.catalogue, selection)
    return {
        "sight": sight,
        "selection": selection,
        "state": state(selection, problems, sight.is_connected, sight.attention),
        "since_ago": ago(now.since) if now.since else "",
        "since_exact": exact(now.since) if now.since else "",
        "canary": canary_of(now),
        "cards": cards(selection, sight.paces),
        "problems": problems,
        "notes": status_notes.notes(sight.catalogue, now) if sight.catalogue else [],
        "providers": providers(selection),
        "facts": _facts(sight),
        "version": settings.AURA_VERSION,
    }


def _facts(sight: Sight) -> dict[str, Fact]:
    return {
        "Workers": _workers(sight),
        ".env": status_facts.dotenv(),
        "Database": status_facts.database(sight.is_connected),
        "Loaded from": status_facts.loaded_from(sight.now),
        **_catalogue(sight),
        **_schedule(sight),
        **({"Old vectors": sight.vectors.kept} if sight.vectors.kept else {}),
        **_kept(),
    }


def _kept() -> dict[str, Fact]:
    """Say that exchanges are kept, where they are; also while the database is away."""
    said = keeping.sentence()
    return {"Prompts": Fact(Level.ATTENTION, said)} if said else {}


def _schedule(sight: Sight) -> dict[str, Fact]:
    """Say what comes next, where anything does."""
    if sight.coming is None:
        return {}
    is_staff = sight.staff is not None
    told = [left_out_of(each, with_reason=is_staff) for each in sight.left_out]
    level = Level.ATTENTION if told else Level.PLAIN
    return {"Schedule": Fact(level, sentence_of(sight.coming), tuple(told))}


def _catalogue(sight: Sight) -> dict[str, Fact]:
    catalogue = sight.catalogue
    return {"Catalogue": status_notes.fact(catalogue)} if catalogue else {}


def _workers(sight: Sight) -> Fact:
    if sight.workers is None:
        return Fact(Level.PLAIN, "Not known while the database is away.")
    return status_facts.workers(sight.workers, sight.now.selection)
