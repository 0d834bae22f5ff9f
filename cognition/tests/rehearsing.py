"""What the tests of rehearsals stand on, as a plugin: `pytest_plugins` of a test module names
it. Nothing else may import it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from brains.admin.effective import selection_of
from brains.models import ModelPreset
from cognition.rehearsal import running
from cognition.rehearsal.choosing import choose
from cognition.rehearsal.models import Rehearsal
from providers.registry import Registry
from providers.shipped import openrouter
from tests.upstream import FakeUpstream


@pytest.fixture
def keeping(
    db: None, settings: Settings, tmp_path: Path, upstream: FakeUpstream
) -> None:
    """Exchanges are kept, and every model is on the tests' server."""
    settings.AURA_DATA_DIR = tmp_path
    settings.AURA_KEEP_PROMPTS = True
    provider = openrouter(upstream.url, "sk-tests")
    settings.AURA_PROVIDERS = Registry({provider.name: provider})


@pytest.fixture
def budget(db: None) -> ModelPreset:
    """The candidate."""
    return ModelPreset.objects.get(name="Budget")


@pytest.fixture
def begun(keeping: None, budget: ModelPreset) -> Callable[..., Rehearsal]:
    """Return a function that begins a rehearsal of what is kept."""

    def begin(cap_usd: float = 1.0, layer: str = "", count: int = 20) -> Rehearsal:
        selection = selection_of(budget)
        user, _ = User.objects.get_or_create(username="ann")
        chosen = choose(selection, count, layer)
        options: dict[str, Any] = {"layer": layer, "cap_usd": cap_usd, "user": user}
        return running.begin(budget, selection, chosen, **options)

    return begin
