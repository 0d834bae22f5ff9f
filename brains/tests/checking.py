"""What the tests of the check share: a preset whose four models are known, served by the
model server of the tests."""

from brains.models import ModelPreset
from brains.preflight import gate
from brains.preflight.gate import Report
from brains.selection import Ladder, Selection, Snapshot, resolve
from tests.upstream import FakeUpstream

L1, L2, L3, EMBEDDING = "test/l1", "test/l2", "test/l3", "test/embedding"


def candidate(**changes: object) -> ModelPreset:
    """Return a saved preset that names a model for each layer."""
    fields: dict[str, object] = {
        "name": "Candidate",
        "l1_model": L1,
        "l2_model": L2,
        "l3_model": L3,
        "embedding_model": EMBEDDING,
        "embedding_dimension": 1536,
    }
    return ModelPreset.objects.create(**(fields | changes))


def selection(**changes: str) -> Selection:
    """Return the selection of such a preset, without a database."""
    values = {
        "l1_model": L1,
        "l2_model": L2,
        "l3_model": L3,
        "embedding_model": EMBEDDING,
        "embedding_dimension": "1536",
    }
    return resolve(Snapshot("Candidate", "candidate", values | changes), Ladder())


def checked(**changes: str) -> Report:
    """Check such a selection."""
    return gate.run(selection(**changes))


def asked(upstream: FakeUpstream) -> dict[str, int]:
    """Return how many requests each model has got."""
    models = [request.model for request in upstream.requests]
    return {model: models.count(model) for model in sorted(set(models))}
