"""The documents know every variable, preset, door, command and module, and name none that is
not; and each check of that finds what is missing from a copy."""

import re
from collections.abc import Mapping

import pytest
from django.core.management import get_commands
from django.urls import get_resolver

from aura_site import deadlines
from brains.layers import FALLBACKS, VALUES, VARIABLES
from brains.models import ModelPreset
from gateway.application import ROUTES
from tests import documents
from tests.documents import CHECKS, ROOT, Facts, read_documents

DOCUMENTS = read_documents()
ROOMS = ("aura_site", "brains", "cognition", "gateway", "providers")
READS = re.compile(r'(?:env\.\w+|environ\.get)\(\s*"([A-Z][A-Z_]+)"')
# Other spellings of doors, for supervisors that know one of them.
SPELLINGS = {"/health/liveness", "/health/liveliness", "/health/readiness"}


def variables() -> frozenset[str]:
    """Every variable that the settings read, as their source names them."""
    sources = [path.read_text() for path in (ROOT / "aura_site").glob("*.py")]
    return frozenset(name for text in sources for name in READS.findall(text)) | {
        *VARIABLES,
        *deadlines.VARIABLES.values(),
    }


def doors() -> frozenset[str]:
    django = {f"/{pattern.pattern}" for pattern in get_resolver().url_patterns}
    return frozenset(ROUTES.keys() - SPELLINGS | django | {"/v1/models/<id>"})


def commands() -> tuple[frozenset[str], frozenset[str]]:
    """Our commands, and those of Django and other applications."""
    ours = {name for name, app in get_commands().items() if app in ROOMS}
    return frozenset(ours), frozenset(get_commands().keys() - ours)


def fields_of(preset: ModelPreset) -> Mapping[str, str]:
    values = {v.variable: str(getattr(preset, v.field) or "") for v in VALUES}
    return {variable: value for variable, value in values.items() if value}


@pytest.fixture
def facts(db: None) -> Facts:
    ours, others = commands()
    return Facts(
        variables=variables(),
        doors=doors(),
        commands=ours,
        commands_of_django=others,
        presets={
            preset.name: fields_of(preset) for preset in ModelPreset.objects.all()
        },
        modules=documents.read_modules(ROOMS),
        targets=documents.read_targets(),
    )


def test_there_is_something_to_know(facts):
    assert {"AURA_L1_MODEL", "OPENROUTER_API_KEY", "WEB_CONCURRENCY"} <= facts.variables
    assert {"/", "/admin/", "/health", "/v1/models"} <= facts.doors
    assert {"activate_preset", "create_api_key", "first_run"} <= facts.commands
    assert {"Default", "Budget", "Hybrid", "Offline"} <= facts.presets.keys()
    assert {"brains/live.py", "aura_site/launch/story.py"} <= facts.modules
    assert {"run", "test", "check"} <= facts.targets


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_documents_pass(check, facts):
    assert check(DOCUMENTS, facts) == []


# Per check: the document that is broken, what is cut from it, what stands there instead,
# and what the check then finds.
BROKEN = [
    ("variables_env_example_lacks", "env.example", "#LOG_LEVEL=", "#", "LOG_LEVEL"),
    ("variables_env_example_lacks", "env.example", "#AURA_BIND=", "#", "AURA_BIND"),
    ("variables_env_example_lacks", "env.example", "L3_MODEL=", "L3=", "AURA_L3_MODEL"),
    ("variables_nobody_reads", "env.example", "#DEBUG=", "#DEBUGS=", "DEBUGS"),
    ("variables_compose_lacks", "docker-compose.yml", "${DEBUG:-}", "", "DEBUG"),
    ("variables_compose_lacks", "docker-compose.yml", "${AURA_BIND:-", "", "AURA_BIND"),
    (
        "variables_compose_alone_knows",
        "docker-compose.yml",
        "${DEBUG:-}",
        "${NEW}",
        "NEW",
    ),
    (
        "variables_compose_alone_knows",
        "docker-compose.yml",
        "${DEBUG:-}",
        "${HOST}",
        "HOST",
    ),
    (
        "variables_that_do_not_exist",
        "QUICKSTART.md",
        "AURA_MODEL_ALIASES=",
        "AURA_ALIASES=",
        "QUICKSTART.md: AURA_ALIASES",
    ),
    ("doors_readme_lacks", "README.md", "`/v1/embeddings`", "", "/v1/embeddings"),
    ("doors_readme_lacks", "README.md", "`/admin/`", "", "/admin/"),
    ("doors_readme_lacks", "README.md", "`/v1/models/<id>`", "", "/v1/models/<id>"),
    ("commands_readme_lacks", "README.md", "`first_run`", "", "first_run"),
    (
        "commands_readme_lacks",
        "README.md",
        "`deactivate_preset`",
        "",
        "deactivate_preset",
    ),
    (
        "commands_that_do_not_exist",
        "QUICKSTART.md",
        "manage.py show_selection",
        "manage.py show",
        "QUICKSTART.md: show",
    ),
    ("targets_contributing_lacks", "CONTRIBUTING.md", "`make lock`", "", "lock"),
    (
        "targets_that_do_not_exist",
        "README.md",
        "    make run",
        "    make start",
        "README.md: start",
    ),
    ("presets_readme_lacks", "README.md", "All-DeepSeek", "", "All-DeepSeek"),
    ("presets_quickstart_lacks", "QUICKSTART.md", "### Default\n", "", "Default"),
    ("presets_quickstart_lacks", "QUICKSTART.md", "*Activate Hybrid*", "", "Hybrid"),
    (
        "presets_quickstart_lacks",
        "QUICKSTART.md",
        "=google/gemma-7b-it",
        "=x",
        "Budget",
    ),
    ("presets_quickstart_lacks", "QUICKSTART.md", "ION=384", "ION=385", "Offline"),
    (
        "presets_quickstart_lacks",
        "QUICKSTART.md",
        "activate_preset Performance",
        "",
        "Performance",
    ),
    ("presets_env_example_lacks", "env.example", "# Hybrid:", "# Local:", "Hybrid"),
    ("presets_env_example_lacks", "env.example", "claude-3-opus", "x", "Performance"),
    (
        "modules_architecture_lacks",
        "ARCHITECTURE.md",
        "- `brains/live.py`:",
        "-",
        "brains/live.py",
    ),
    (
        "modules_that_are_gone",
        "CONTRIBUTING.md",
        "providers/shipped.py",
        "providers/known.py",
        "CONTRIBUTING.md: providers/known.py",
    ),
    ("dead_links", "README.md", "](LICENSE)", "](LICENCE)", "README.md: LICENCE"),
    (
        "dead_links",
        "docs/decisions/README.md",
        "](0001-",
        "](0000-",
        "docs/decisions/README.md: 0000-one-installer.md",
    ),
    ("dead_links", "README.md", "](LICENSE)", "](#licence)", "README.md: #licence"),
]


@pytest.mark.parametrize(("check", "name", "cut", "instead", "found"), BROKEN)
def test_a_broken_copy_is_found(check, name, cut, instead, found, facts):
    assert cut in DOCUMENTS[name]
    broken = {**DOCUMENTS, name: DOCUMENTS[name].replace(cut, instead)}
    assert found in getattr(documents, check)(broken, facts)


def test_every_check_was_tried_on_a_broken_copy():
    assert {case[0] for case in BROKEN} == {check.__name__ for check in CHECKS}


def test_a_link_to_a_heading_is_followed():
    pages = {"a.md": "[x](b.md#two-words)", "b.md": "# Two words!"}
    assert documents._leads_somewhere(pages, "a.md", "b.md#two-words")


def test_env_example_keeps_comments_on_their_own_lines():
    text = DOCUMENTS["env.example"]
    assert not re.search(r"^#?[A-Z][A-Z_0-9]*=.*[ \t]#", text, re.MULTILINE)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.field)
def test_readme_has_the_variable_and_default_of_each_value(value):
    assert f"`{value.variable}` | `{value.default}`" in DOCUMENTS["README.md"]


@pytest.mark.parametrize("value", FALLBACKS, ids=lambda value: value.field)
def test_readme_has_the_variable_of_each_fallback(value):
    assert f"`{value.variable}`" in DOCUMENTS["README.md"]
