"""Calls to count, and the text for Prometheus as its own parser reads it."""

from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from gateway.records.finished import FinishedCall

CALL = FinishedCall(
    id="req_1",
    began_at=1_000_000_000.0,
    key_id=1,
    key_name="tests",
    operation="chat",
    layer="l3",
    asked="aura/l3",
    model="a/one",
    provider="openrouter",
    preset="Budget",
    cost_usd=0.25,
    duration_s=1.5,
    upstream_s=1.25,
    attempts=1,
)


def call(**changes: Any) -> FinishedCall:
    """Return a call that went well, but for what is changed."""
    return CALL._replace(**changes)


class Figures(dict[tuple[str, frozenset[tuple[str, str]]], float]):
    """What a text says: values by name and labels."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        super().__init__(
            ((sample.name, frozenset(sample.labels.items())), sample.value)
            for family in self.families
            for sample in family.samples
        )

    def __call__(self, name: str, **labels: str) -> float | None:
        """Return one value, or None where there is none."""
        return self.get((name, frozenset(labels.items())))

    def labels(self, name: str, label: str) -> set[str]:
        """Return the values that one label has, of one metric."""
        return {dict(labels)[label] for seen, labels in self if seen == name}

    def sum(self, name: str) -> float:
        """Return the sum over all labels."""
        return sum(value for (seen, _), value in self.items() if seen == name)
