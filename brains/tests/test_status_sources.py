"""In each case of the ladder `/health` and the status page show the same five values, each
with its source, and every value that was refused."""

import pytest

from brains import activation, health, live
from brains.activation import Author
from brains.layers import LAYERS, VALUES
from brains.models import ModelPreset
from brains.tests.status_reader import page, words

pytestmark = pytest.mark.django_db

DEFAULTS = {value.field: value.default for value in VALUES}
ENV = {v.field: "100" if "dimension" in v.field else f"env/{v.field}" for v in VALUES}
DOTENV = {
    v.field: "200" if "dimension" in v.field else f"file/{v.field}" for v in VALUES
}
PRESET = {
    v.field: "300" if "dimension" in v.field else f"mine/{v.field}" for v in VALUES
}
BAD = {v.field: "99999" if "dimension" in v.field else "no model id" for v in VALUES}
BLANK = {value.field: "" for value in VALUES}
NOTHING: dict[str, str] = {}

# case: the preset's fields (None: no preset), environment, .env -> what serves, from where,
# and on which rungs a value is refused
CASES = {
    "nothing set": (None, NOTHING, NOTHING, DEFAULTS, "default", []),
    ".env only": (None, NOTHING, DOTENV, DOTENV, "dotenv", []),
    "environment over .env": (None, ENV, DOTENV, ENV, "env", []),
    "preset over both": (PRESET, ENV, DOTENV, PRESET, "preset", []),
    "preset with blank fields": (BLANK, ENV, DOTENV, ENV, "env", []),
    "bad in the preset": (BAD, ENV, DOTENV, ENV, "env", ["preset"]),
    "bad in the environment": (None, BAD, DOTENV, DOTENV, "dotenv", ["env"]),
    "bad in .env": (None, NOTHING, BAD, DEFAULTS, "default", ["dotenv"]),
    "bad on every rung": (BAD, BAD, BAD, DEFAULTS, "default", ["preset", "env", "dotenv"]),
}  # fmt: skip

WHY = {
    "preset": "because preset Mine says so",
    "env": "from {variable} in the environment",
    "dotenv": "from {variable} in .env",
    "default": "as the built-in default",
}


def by_variable(values):
    return {v.variable: values[v.field] for v in VALUES if v.field in values}


def part(html, layer, *, is_dimension=False):
    card = html.partition(f'aria-labelledby="{layer}"')[2].partition("</article>")[0]
    model, _, dimension = card.partition('class="dimension"')
    return words(dimension if is_dimension else model)


@pytest.fixture(params=CASES.values(), ids=list(CASES))
def case(request, settings):
    fields, env, dotenv, values, source, refused = request.param
    settings.AURA_ENV_RUNG = by_variable(env)
    settings.AURA_DOTENV_RUNG = by_variable(dotenv)
    live.forget()
    if fields is not None:
        number = fields["embedding_dimension"] or None
        preset = ModelPreset(name="Mine", **{**fields, "embedding_dimension": number})
        preset.save()
        activation.activate(preset, Author("ann"))
    live.load()
    return values, source, refused


def test_health_shows_each_value_and_its_source(case):
    values, source, _ = case

    models = health.report()["models"]

    for layer in LAYERS:
        shown = models[layer.name]
        assert (shown["model"], shown["source"]) == (values[layer.model.field], source)
    embedding = models["embedding"]
    assert str(embedding["dimension"]) == values["embedding_dimension"]
    assert embedding["dimension_source"] == source


def test_status_page_shows_each_value_and_its_source(case):
    values, source, _ = case

    html = page()

    for layer in LAYERS:
        shown, value = part(html, layer.name), layer.model
        assert values[value.field] in shown
        assert WHY[source].format(variable=value.variable) in shown
    shown = part(html, "embedding", is_dimension=True)
    assert f"Dimension {values['embedding_dimension']} " in shown
    assert WHY[source].format(variable="AURA_EMBEDDING_DIMENSION") in shown


def test_both_name_each_refused_value_with_its_mend(case):
    _, _, refused = case
    expected = [
        f"Mine.{value.field}" if source == "preset" else value.variable
        for value in VALUES
        for source in refused
    ]

    problems = [p for p in health.report()["problems"] if p["source"] in refused]
    problems = [p for p in problems if p["name"] != "OPENROUTER_API_KEY"]
    html = words(page()).replace("&#x27;", "'")

    assert [p["name"] for p in problems] == expected
    for problem in problems:
        assert f"{problem['name']} {problem['reason']} {problem['hint']}" in html
