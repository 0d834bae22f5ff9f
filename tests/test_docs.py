"""The documents know every variable, preset, door and command, and name none that is not."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import get_resolver

from brains.layers import VALUES, VARIABLES
from brains.models import ModelPreset
from gateway.application import ROUTES

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
ENV_EXAMPLE = (ROOT / "env.example").read_text()
OUR_APPS = ("aura_site", "brains", "gateway")
READS = re.compile(r'(?:env\.\w+|environ\.get)\(\s*"([A-Z][A-Z_]+)"')
# Named by the user in AURA_PROVIDERS; the names stand for any.
EXAMPLES = {"AURA_GROQ_BASE_URL", "AURA_GROQ_API_KEY"}


def variables() -> set[str]:
    """Every variable that the settings read, as their source names them."""
    sources = [path.read_text() for path in (ROOT / "aura_site").glob("*.py")]
    return {name for text in sources for name in READS.findall(text)} | set(VARIABLES)


def test_the_settings_read_the_variables_that_this_test_knows_of():
    assert {"AURA_L1_MODEL", "OPENROUTER_API_KEY", "WEB_CONCURRENCY"} <= variables()


@pytest.mark.parametrize("name", sorted(variables()))
def test_env_example_describes_the_variable(name):
    assert re.search(rf"^#?{name}=", ENV_EXAMPLE, re.MULTILINE)


def test_env_example_names_no_variable_that_is_not_read():
    named = set(re.findall(r"^#?([A-Z][A-Z_0-9]+)=", ENV_EXAMPLE, re.MULTILINE))
    assert named - EXAMPLES <= variables()


def test_env_example_keeps_comments_on_their_own_lines():
    assert not re.search(r"^#?[A-Z][A-Z_0-9]*=.*[ \t]#", ENV_EXAMPLE, re.MULTILINE)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.field)
def test_readme_has_the_variable_and_default_of_each_value(value):
    assert f"`{value.variable}` | `{value.default}`" in README


@pytest.mark.django_db
def test_readme_and_env_example_name_every_shipped_preset():
    for name in ModelPreset.objects.values_list("name", flat=True):
        assert re.search(rf"\b{name}\b", README), name
        inherits_or_embedded = name in ("Default", "Offline")
        assert inherits_or_embedded or f"# {name}:" in ENV_EXAMPLE, name


@pytest.mark.django_db
def test_the_combinations_of_env_example_are_those_of_the_presets():
    for preset in ModelPreset.objects.exclude(name__in=("Default", "Offline")):
        block = ENV_EXAMPLE.split(f"# {preset.name}:")[1]
        for layer in ("l1", "l2", "l3"):
            model = getattr(preset, f"{layer}_model")
            line = re.search(rf"^#AURA_{layer.upper()}_MODEL=(.*)$", block, re.M)
            assert line and line[1] == model


@pytest.mark.parametrize("path", sorted(ROUTES))
def test_readme_has_the_door_of_the_data_plane(path):
    aliases = {"/health/liveness", "/health/liveliness", "/health/readiness"}
    assert path in aliases or f"`{path}`" in README


def test_readme_has_the_doors_of_django():
    for pattern in get_resolver().url_patterns:
        assert f"`/{pattern.pattern}`" in README


@pytest.mark.django_db
def test_readme_names_every_command():
    ours = {name for name, app in get_commands().items() if app in OUR_APPS}
    assert ours
    for name in ours:
        assert f"`{name}" in README or f", `{name}" in README, name
