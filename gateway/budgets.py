"""What a layer promises its callers. A budget is no deadline: breaking it ends no call, but
it is counted and shown."""

from collections.abc import Mapping

BUDGET_S: Mapping[str, float] = {"l1": 0.5, "l3": 2.0}
"""Seconds from a request's begin to the first chunk of its stream."""

OVER_BUDGET = "over_budget"
"""How a call is on record that was given up once its layer's budget was past."""

HEDGED = frozenset({"l1"})
"""Layers whose fallbacks are asked beside the first model once the budget is past."""
