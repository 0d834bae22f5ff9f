"""What is settled about a call before it begins: which models may serve it, in which order,
and all that answers and logs say of each. The same for every request with the same name
while one selection is live, so it is worked out once; while a canary runs, for each side."""

from collections.abc import Mapping
from dataclasses import dataclass

from brains.live import Live
from brains.selection import Choice, Selection, Source
from gateway.canary import sided
from gateway.deadlines import DEADLINES
from gateway.http import Header
from gateway.names import Target, find_target
from gateway.stamps import stamps
from providers.deadlines import Deadlines
from providers.registry import Registry, Route

REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may serve a call: the layer's own, or one of its fallbacks."""

    model: str
    source: Source
    route: Route
    is_fallback: bool
    stamps: tuple[Header, ...]
    described: str
    """Source, provider and revision as logs show them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A target, the models that may serve it in their order, and its deadlines."""

    target: Target
    candidates: tuple[Candidate, ...]
    deadlines: Deadlines


class Plans:
    """The plans of one process, kept while the live state is the same object."""

    def __init__(
        self,
        registry: Registry,
        aliases: Mapping[str, str],
        deadlines: Mapping[str, Deadlines] = DEADLINES,
    ) -> None:
        self._registry = registry
        self._aliases = aliases
        self._deadlines = deadlines
        self._live: Live | None = None
        self._plans: dict[str, Plan] = {}
        self._candidates: dict[str, Plan] = {}

    def find(self, asked: object, live: Live, is_candidate: bool = False) -> Plan:
        """Return the plan for the `model` of a request, which a canary's candidate is to
        serve where `is_candidate`.

        Raises BadRequest when it is no text, ModelNotFound when it leads nowhere.
        """
        if live is not self._live:
            self._live, self._plans, self._candidates = live, {}, {}
        plans = self._candidates if is_candidate else self._plans
        if isinstance(asked, str) and (plan := plans.get(asked)):
            return plan
        target = find_target(asked, live, self._aliases)
        plan = self.make(sided(target, live, is_candidate=is_candidate))
        if len(plans) < REMEMBERED:
            plans[target.asked] = plan
        return plan

    def make(self, target: Target) -> Plan:
        """Return the plan for a target."""
        selection, layer = target.selection, target.layer
        own = selection.choice(layer)
        models = dict.fromkeys((own.value, *selection.fallbacks(layer)))
        candidates = (
            self._candidate(target, model, _source(selection, layer, own, model))
            for model in models
        )
        return Plan(target, tuple(candidates), self._deadlines[layer])

    def _candidate(self, target: Target, model: str, source: Source) -> Candidate:
        selection, route = target.selection, self._registry.route(model)
        is_fallback = model != selection.choice(target.layer).value
        preset = f":{selection.preset}" if source is Source.PRESET else ""
        canary = f" canary={target.canary}" if target.canary else ""
        return Candidate(
            model=model,
            source=source,
            route=route,
            is_fallback=is_fallback,
            stamps=stamps(target, model, source, route, is_fallback=is_fallback),
            described=f"layer={target.layer} source={source}{preset} "
            f"provider={route.provider.name} revision={selection.revision}{canary}",
        )


def _source(selection: Selection, layer: str, own: Choice, model: str) -> Source:
    if model == own.value:
        return own.source
    return selection.choices[f"{layer}_fallback"].source
