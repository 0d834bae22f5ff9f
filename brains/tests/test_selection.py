"""The ladder: each value comes from the first rung that has a usable one, and says so."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brains.layers import DIMENSION, FALLBACKS, FIELDS, L1, LAYERS, SETTABLE
from brains.selection import Ladder, Rung, Snapshot, Source, resolve
from brains.values import model_ids, problem_with

BUILT_IN = {
    "l1_model": "mistralai/mistral-7b-instruct",
    "l2_model": "anthropic/claude-3.5-sonnet",
    "l3_model": "deepseek/deepseek-chat",
    "embedding_model": "openai/text-embedding-3-small",
    "embedding_dimension": "1536",
    "l1_fallback": "",
    "l2_fallback": "",
    "l3_fallback": "",
}
# Per rung, highest first, a usable value for each kind of field.
USABLE = {
    "model": ("from/preset", "from/env", "from/dotenv"),
    "fallback": ("a/preset,b/preset", "a/env", "a/dotenv"),
    "dimension": ("1", "22", "333"),
}
REFUSED = {"model": "no model id", "fallback": "a/b,no model id", "dimension": "many"}


def preset(**values):
    blank = dict.fromkeys(FIELDS, "")
    return Snapshot(name="Mine", slug="mine", values=blank | values)


def kind(value):
    if value in FALLBACKS:
        return "fallback"
    return "dimension" if value is DIMENSION else "model"


def rungs(value, in_preset="", in_env="", in_dotenv=""):
    """A preset and a ladder that have these texts for one value."""
    ladder = Ladder({value.variable: in_env}, {value.variable: in_dotenv})
    return preset(**{value.field: in_preset}), ladder


def test_with_nothing_set_each_value_is_the_built_in_default():
    selection = resolve(None, Ladder())

    assert {name: c.value for name, c in selection.choices.items()} == BUILT_IN
    assert {c.source for c in selection.choices.values()} == {Source.DEFAULT}
    assert selection.problems == ()
    assert (selection.revision, selection.preset, selection.preset_slug) == (
        0,
        None,
        None,
    )


def test_a_full_preset_wins_over_all_other_rungs():
    full = {value.field: USABLE[kind(value)][0] for value in SETTABLE}
    lower = {value.variable: USABLE[kind(value)][1] for value in SETTABLE}

    selection = resolve(preset(**full), Ladder(lower, lower), revision=17)

    assert {name: c.value for name, c in selection.choices.items()} == full
    assert {c.source for c in selection.choices.values()} == {Source.PRESET}
    assert (selection.revision, selection.preset, selection.preset_slug) == (
        17,
        "Mine",
        "mine",
    )


@pytest.mark.parametrize("value", SETTABLE, ids=lambda value: value.field)
@pytest.mark.parametrize("first", range(4))
def test_the_first_rung_that_is_set_wins_and_hides_those_below(value, first):
    texts = [*USABLE[kind(value)], value.default]
    sources = list(Source)

    choice = resolve(*rungs(value, *[""] * first, *texts[first:3])).choices[value.field]

    assert (choice.value, choice.source) == (texts[first], sources[first])
    below = zip(sources[first + 1 :], texts[first + 1 :], strict=True)
    assert choice.hidden == tuple(Rung(source, text) for source, text in below if text)


@pytest.mark.parametrize("blank", ["", " ", "\t", "\r\n", "\u00a0", "  \n "])
@pytest.mark.parametrize("value", SETTABLE, ids=lambda value: value.field)
def test_a_blank_is_unset_on_every_rung(value, blank):
    selection = resolve(*rungs(value, blank, blank, blank))

    choice = selection.choices[value.field]
    assert (choice.value, choice.source) == (value.default, Source.DEFAULT)
    assert choice.hidden == ()
    assert selection.problems == ()


def test_a_field_that_the_preset_lacks_is_inherited():
    lacking = Snapshot(name="Old", slug="old", values={"l3_model": "a/b"})

    selection = resolve(lacking, Ladder({"AURA_L1_MODEL": "c/d"}))

    assert selection.choice("l3").source == Source.PRESET
    assert selection.choice("l1").value == "c/d"


def test_the_values_of_a_selection_come_from_rungs_of_their_own():
    ladder = Ladder({"AURA_L1_MODEL": "env/one"}, {"AURA_L2_MODEL": "dotenv/two"})

    selection = resolve(preset(l3_model="preset/three"), ladder)

    seen = {
        layer.name: tuple(
            map(str, dataclasses.astuple(selection.choice(layer.name))[:2])
        )
        for layer in LAYERS
    }
    assert seen == {
        "l1": ("env/one", "env"),
        "l2": ("dotenv/two", "dotenv"),
        "l3": ("preset/three", "preset"),
        "embedding": ("openai/text-embedding-3-small", "default"),
    }


@pytest.mark.parametrize("value", SETTABLE, ids=lambda value: value.field)
@pytest.mark.parametrize("bad", range(3))
def test_a_bad_value_is_refused_with_its_source_and_the_next_rung_is_used(value, bad):
    texts = list(USABLE[kind(value)])
    texts[bad] = REFUSED[kind(value)]
    texts[:bad] = [""] * bad
    source, following = list(Source)[bad : bad + 2]

    selection = resolve(*rungs(value, *texts))

    assert selection.choices[value.field].source == following
    assert [problem.source for problem in selection.problems] == [source]
    problem = selection.problems[0]
    is_preset = source is Source.PRESET
    assert problem.name == (f"Mine.{value.field}" if is_preset else value.variable)
    assert problem.reason == problem_with(value.field, REFUSED[kind(value)])
    assert problem.hint.startswith(
        "Edit the field in the preset Mine" if is_preset else f"Change {value.variable}"
    )


def test_the_hint_says_which_file_to_change():
    bad = {"AURA_L1_MODEL": "no model id"}

    in_env, in_dotenv = resolve(None, Ladder(bad, bad)).problems

    assert "in the environment and restart" in in_env.hint
    assert "in .env and restart" in in_dotenv.hint


def test_bad_values_on_all_rungs_are_all_reported_and_the_default_serves():
    selection = resolve(*rungs(L1.model, "no id", "no id either", "nor this"))

    assert selection.choice("l1").source == Source.DEFAULT
    assert [problem.source for problem in selection.problems] == [
        Source.PRESET,
        Source.ENV,
        Source.DOTENV,
    ]


def test_a_bad_value_below_the_winner_is_reported_but_not_among_the_hidden():
    selection = resolve(*rungs(L1.model, "good/one", "no id", "good/two"))

    assert selection.choice("l1").hidden == (
        Rung(Source.DOTENV, "good/two"),
        Rung(Source.DEFAULT, L1.model.default),
    )
    assert [problem.source for problem in selection.problems] == [Source.ENV]


def test_values_are_used_without_the_spaces_around_them():
    assert resolve(*rungs(L1.model, in_env="  a/b \r\n")).choice("l1").value == "a/b"


@pytest.mark.parametrize("text", ["0384", "+384", "3_84", "\uff13\uff18\uff14"])
def test_a_dimension_is_kept_in_plain_digits(text):
    selection = resolve(*rungs(DIMENSION, in_env=text))

    assert selection.choices["embedding_dimension"].value == "384"
    assert selection.dimension == 384


def test_a_selection_cannot_be_changed():
    selection = resolve(None, Ladder())

    with pytest.raises(dataclasses.FrozenInstanceError):
        selection.revision = 1  # type: ignore[misc]


def test_equal_selections_have_one_digest_and_every_difference_another():
    def digest(snapshot=None, ladder=None, revision=1):
        return resolve(snapshot, ladder or Ladder(), revision=revision).digest

    different = [
        digest(),
        digest(revision=2),
        digest(preset()),
        digest(preset(l1_model="a/b")),
        digest(None, Ladder({"AURA_L1_MODEL": "a/b"})),
        digest(None, Ladder({}, {"AURA_L1_MODEL": "a/b"})),
        # The same value as the default, from another source.
        digest(None, Ladder({"AURA_L1_MODEL": L1.model.default})),
    ]

    assert len(set(different)) == len(different)
    assert digest(preset(l1_model="a/b")) == different[3]


texts = st.one_of(
    st.sampled_from(
        ["", "  ", "a/b", " c/d ", "x" * 201, "no id", "http://a/b", "../a"]
    ),
    st.sampled_from(["1", "16000", "16001", "0", "-1", "1536.5", "\u0661\u0665"]),
    st.sampled_from(
        ["none", "a/b, c/d", "c/d,a/b,c/d", ",", "none,a/b", "a,b,c,d,e,f"]
    ),
    st.text(max_size=20),
)


def mappings(names):
    return st.dictionaries(st.sampled_from(names), texts)


presets = st.one_of(
    st.none(),
    mappings(FIELDS).map(lambda values: Snapshot("Mine", "mine", values)),
)
ladders = st.builds(
    Ladder,
    mappings([value.variable for value in SETTABLE]),
    mappings([value.variable for value in SETTABLE]),
)


def meant(value, usable, selection):
    """Return usable texts, with their source, as a selection has them."""
    if value is DIMENSION:
        return [(source, str(int(text))) for source, text in usable]
    if value not in FALLBACKS:
        return usable
    lists = [
        (source, [i for i in model_ids(text) if i.lower() != "none"])
        for source, text in usable or [(Source.DEFAULT, "")]
    ]
    own = selection.choices[value.field.replace("fallback", "model")].value
    lists[0] = (lists[0][0], [i for i in lists[0][1] if i != own])
    return [(source, ",".join(ids)) for source, ids in lists]


@given(presets, ladders)
def test_the_result_is_always_the_first_usable_rung(snapshot, ladder):
    selection = resolve(snapshot, ladder)

    refused = 0
    for value in SETTABLE:
        stack = [
            snapshot.values.get(value.field, "") if snapshot else "",
            ladder.env.get(value.variable, ""),
            ladder.dotenv.get(value.variable, ""),
            value.default,
        ]
        named = zip(Source, (text.strip() for text in stack), strict=True)
        filled = [(source, text) for source, text in named if text]
        usable = [
            (source, text)
            for source, text in filled
            if not problem_with(value.field, text)
        ]
        refused += len(filled) - len(usable)
        choice = selection.choices[value.field]
        seen = [(choice.source, choice.value)]
        seen += [(rung.source, rung.value) for rung in choice.hidden]
        assert seen == meant(value, usable, selection)
    assert len(selection.problems) == refused
