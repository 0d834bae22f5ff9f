"""What a check found of each layer, and what follows from it: a refusal, a warning or
nothing."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from brains.layers import LAYER_BY_NAME
from brains.preflight.questions import Question
from brains.wording import listed
from providers.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderNotReady,
    ProviderRejected,
    ProviderTimeout,
    ProviderTruncated,
    ProviderUnreachable,
)

L1_BUDGET_MS = 500
WRONG_LENGTH = "embedding_dimension_mismatch"
TOO_DEAR = "too_dear"

# As clients of the gateway are told them.
_CODES: Mapping[type[ProviderError], str] = {
    ProviderNotReady: "provider_not_ready",
    ProviderUnreachable: "upstream_unreachable",
    ProviderTimeout: "upstream_timeout",
    ProviderInvalid: "upstream_invalid",
    ProviderTruncated: "upstream_truncated",
}


class State(StrEnum):
    """How far a layer's question has come."""

    ASKED = "asked"
    ANSWERS = "answers"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one layer: `code` and `sentence` say why it fails, `latency_ms` how
    long its answer took, `first_chunks_ms` (L1) when each stream began, `length` how many
    numbers a vector has."""

    layer: str
    model: str
    provider: str
    fallbacks: tuple[str, ...]
    state: State = State.ASKED
    code: str = ""
    sentence: str = ""
    latency_ms: int | None = None
    first_chunks_ms: tuple[int, ...] = ()
    length: int | None = None

    @property
    def title(self) -> str:
        """The layer as people read it."""
        return LAYER_BY_NAME[self.layer].title

    @property
    def p95_ms(self) -> int | None:
        """The 95th percentile (nearest rank) of the first chunks; None without any."""
        times = sorted(self.first_chunks_ms)
        return times[math.ceil(0.95 * len(times)) - 1] if times else None

    @property
    def refusal(self) -> str:
        """Why the selection must not become live; "" when this layer is no reason."""
        if self.state is not State.FAILS:
            return ""
        return f"{self.whose}: {self.sentence}"

    @property
    def whose(self) -> str:
        """The layer and its model."""
        return f"{self.title} ({self.model})"

    @property
    def warning(self) -> str:
        """What to mind although the layer answers; "" for nothing."""
        if self.p95_ms is None or self.p95_ms <= L1_BUDGET_MS:
            return ""
        return (
            f"{self.title} is slow: of {len(self.first_chunks_ms)} streams the p95 of the "
            f"first chunk was {self.p95_ms} ms, its budget is {L1_BUDGET_MS} ms."
        )


def refusals_of(findings: Iterable[Finding]) -> list[str]:
    """Return why a selection must not become live: each reason once, with its layers."""
    by_sentence: dict[str, list[str]] = {}
    for finding in findings:
        if finding.refusal:
            by_sentence.setdefault(finding.sentence, []).append(finding.whose)
    return [f"{listed(whose)}: {said}" for said, whose in by_sentence.items()]


def waiting(question: Question) -> Finding:
    """Return what is known before there is an answer."""
    title = question.route.provider.title
    return Finding(question.layer, question.model, title, question.fallbacks)


def failed(question: Question, error: ProviderError) -> Finding:
    """Return what a failed question says."""
    code = _CODES.get(type(error), "upstream_error")
    if isinstance(error, ProviderRejected):
        code = _rejected_code(error)
    return _fails(question, code, error.message)


def answered(question: Question, times_ms: list[int]) -> Finding:
    """Return what an answer in text says; `times_ms` are the waits for it, or for the
    first chunks of several."""
    first_chunks = tuple(times_ms) if question.times > 1 else ()
    return replace(
        waiting(question),
        state=State.ANSWERS,
        latency_ms=None if first_chunks else times_ms[0],
        first_chunks_ms=first_chunks,
    )


def measured(question: Question, length: int, latency_ms: int) -> Finding:
    """Return what a vector of this length says."""
    if length == question.dimension:
        found = replace(waiting(question), state=State.ANSWERS)
    else:
        found = _fails(
            question,
            WRONG_LENGTH,
            f"It gives vectors of {length} numbers where the dimension is "
            f"{question.dimension}. Set the embedding dimension to {length}, or another "
            "model.",
        )
    return replace(found, length=length, latency_ms=latency_ms)


def dear(question: Question, cost: str, most: str) -> Finding:
    """Return that a model was not asked, because of what that would cost."""
    return _fails(
        question,
        TOO_DEAR,
        f"It was not asked: its questions would cost about {cost}, and those of one check "
        f"may cost {most} (AURA_PREFLIGHT_MAX_USD).",
    )


def as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as it is kept in the database."""
    return asdict(finding)


def from_json(row: Mapping[str, Any]) -> Finding:
    """Return the finding that was kept."""
    kept = Finding(**row)
    return replace(
        kept,
        state=State(kept.state),
        fallbacks=tuple(kept.fallbacks),
        first_chunks_ms=tuple(kept.first_chunks_ms),
    )


def _fails(question: Question, code: str, sentence: str) -> Finding:
    found = waiting(question)
    return replace(found, state=State.FAILS, code=code, sentence=sentence)


def _rejected_code(error: ProviderRejected) -> str:
    if error.status in (401, 403):
        return "upstream_auth"
    return (
        "rate_limit_exceeded" if error.status == 429 else error.code or "upstream_error"
    )
