"""From a request to a turn: who asks, what for, and with which selection, all taken once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from django.http import HttpRequest

from brains.canary.split import Split
from brains.layers import DIMENSION, EMBEDDING
from brains.live import Live, current
from brains.selection import Selection
from cognition.brain import Brain, plans
from cognition.doors.body import Sent, sent
from cognition.doors.caller import Caller, caller_of
from cognition.turns.thought import Asked
from gateway.canary import CANDIDATE, CONTROL
from gateway.errors import ModelNotFound
from gateway.in_flight import IN_FLIGHT
from gateway.limits.headers import Headers
from gateway.limits.key_limits import LIMITS
from gateway.underway import new_id
from gateway.upstream import Upstream, at_hand


@asynccontextmanager
async def thinking(
    request: HttpRequest,
) -> AsyncIterator[tuple[Asked, Brain, Headers]]:
    """Give what was asked, what to think with, and the headers of the key's limits.

    Raises GatewayError for a request that cannot be answered.
    """
    caller = await caller_of(request)
    with IN_FLIGHT.one():
        headers = LIMITS.admit(caller.key) if caller.key.limits else ()
        LIMITS.check_layer(caller.key, "l3")
        body = sent(request)
        async with at_hand() as upstream:
            person = caller.person_for(body.user_id)
            brain = _brain(body, caller, upstream, current())
            asked = Asked(body.message, person, body.conversation, body.keeps)
            yield asked, brain, headers


def _brain(body: Sent, caller: Caller, upstream: Upstream, live: Live) -> Brain:
    if body.preset:
        selection, side = _named(body.preset, live), ""
    else:
        selection, side = _sided(body, caller, live)
    return Brain(selection, plans(), upstream, caller.key, side, new_id())


def _named(slug: str, live: Live) -> Selection:
    if slug not in live.presets:
        known = ", ".join(sorted(live.presets)) or "none"
        raise ModelNotFound(
            f"There is no preset {ascii(slug)}. There are: {known}.", param="preset"
        )
    # What is told to it is remembered by what is live, and the other way round.
    return _with_vectors_of(live.selection, live.presets[slug])


def _sided(body: Sent, caller: Caller, live: Live) -> tuple[Selection, str]:
    """Return the selection of the side of a canary that this person is on."""
    if (canary := live.canary) is None:
        return live.selection, ""
    who = caller.person_for(body.user_id)
    subject = f"user {body.user_id or who}" if who else f"key {caller.key.id}"
    if not canary.takes(subject):
        return live.selection, CONTROL
    return candidate_of(canary, live.selection), CANDIDATE


def candidate_of(canary: Split, live: Selection) -> Selection:
    """Return the candidate's selection as turns think with it: with vectors that can be
    compared with those that are kept."""
    if canary.splits_vectors:
        return canary.candidate
    return _with_vectors_of(live, canary.candidate)


def _with_vectors_of(live: Selection, candidate: Selection) -> Selection:
    """Return the candidate with the embedding that is live: its own vectors could not be
    compared with those that are kept."""
    fields = (EMBEDDING.model.field, DIMENSION.field)
    own = {field: live.choices[field] for field in fields}
    return replace(candidate, choices={**candidate.choices, **own})
