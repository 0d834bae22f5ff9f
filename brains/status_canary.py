"""The canary that runs, as the status page says it: from memory alone. What came of its two
sides so far stands in `canary.figures`."""

from dataclasses import dataclass

from brains.canary.figures import Failing
from brains.canary.sentences import fails
from brains.canary.split import shown_percent
from brains.live import Live
from brains.wording import ago, exact


@dataclass(frozen=True, slots=True)
class CanaryView:
    """Who is tried beside whom, with which share, since when."""

    candidate: str
    control: str
    share: str
    rest: str
    by: str
    since_ago: str
    since_exact: str
    keeps_vectors: bool
    """Whether embeddings stay with what is live."""


def canary_of(now: Live) -> CanaryView | None:
    """Return the canary that runs; None when none does."""
    if (canary := now.canary) is None:
        return None
    return CanaryView(
        candidate=canary.candidate.preset or "",
        control=now.selection.preset or "no preset",
        share=shown_percent(canary.percent),
        rest=shown_percent(100 - canary.percent),
        by=canary.by,
        since_ago=ago(canary.since),
        since_exact=exact(canary.since),
        keeps_vectors=not canary.splits_vectors,
    )


def trouble(now: Live, failing: Failing | None) -> str:
    """Say that the candidate fails markedly more than what is live; "" when it does not."""
    if now.canary is None or failing is None:
        return ""
    return fails(now.canary.candidate.preset or "", failing)
