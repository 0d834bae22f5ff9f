"""Model ids, fallbacks and dimensions are taken or refused the same way on every rung and
form."""

import pytest
from django.core.exceptions import ValidationError
from django.forms import modelform_factory
from hypothesis import given
from hypothesis import strategies as st

from brains.layers import FALLBACKS, FIELDS, SETTABLE
from brains.models import ModelPreset
from brains.values import (
    DIMENSION_MAX,
    FALLBACKS_LENGTH,
    MODEL_ID_LENGTH,
    dimension_problem,
    fallbacks_problem,
    kept_fallbacks,
    model_id_problem,
    model_ids,
    normalised,
    problem_with,
    shown,
)

PresetForm = modelform_factory(ModelPreset, fields=["name", *FIELDS])
MODEL_FIELDS = [field for field in FIELDS if field.endswith("_model")]
FALLBACK_FIELDS = [value.field for value in FALLBACKS]

GOOD_IDS = [
    "deepseek/deepseek-chat",
    "local/phi3:mini",
    "a",
    "0",
    "org/model@2024-01-01",
    "qwen/qwen-2.5-72b-instruct:free",
    "google/gemma_2+it",
    "a..b/c...d",
    "x" * MODEL_ID_LENGTH,
]
# Each with a word of the reason that a person is given.
BAD_IDS = {
    "a model": "only letters",
    "a/b # comment": "only letters",
    "a#b": "only letters",
    '"a/b"': "starts with",
    "'a/b'": "starts with",
    "a'b": "only letters",
    "$MODEL": "starts with",
    "a/${B}": "only letters",
    "a\r\nb": "only letters",
    "a/b\n": "only letters",
    "a\x00b": "only letters",
    "../a": "'..'",
    "a/../b": "'..'",
    "a/..": "'..'",
    "a\\..\\b": "only letters",
    "http://host/v1": "address",
    "https://host/a/../b": "address",
    "file:///etc/passwd": "address",
    "/a/b": "starts with",
    ".a": "starts with",
    "-a": "starts with",
    "m\u00f3del": "only letters",
    "\u0430/b": "starts with",
    "\uff41/b": "starts with",
    "a\u200bb": "only letters",
    "a\u202eb": "only letters",
    "a/\ud800": "only letters",
    "\U0001f680": "starts with",
    "a/\U0001f680": "only letters",
    "<script>": "starts with",
    "x" * (MODEL_ID_LENGTH + 1): "at most 200",
    "x" * 10_000: "at most 200",
}
GOOD_DIMENSIONS = {
    "1": "1",
    "1536": "1536",
    "16000": "16000",
    "01536": "1536",
    "1_536": "1536",
    "\uff11\uff15\uff13\uff16": "1536",
    "\u0661\u0665\u0663\u0666": "1536",
}
# Each with how it is kept where a person wrote it; kept as "none" it is no fallback at all.
GOOD_FALLBACKS = {
    "a/b": "a/b",
    "a/b,c/d": "a/b,c/d",
    " a/b ,\tc/d\n": "a/b,c/d",
    "a/b,,c/d,": "a/b,c/d",
    "a/b,c/d,a/b": "a/b,c/d",
    "a,b,c,d,e,a,b": "a,b,c,d,e",
    "local/none": "local/none",
    "c/d,a/none": "c/d,a/none",
    "none": "none",
    "None": "none",
    "none,none": "none",
    ",".join(c + "x" * (MODEL_ID_LENGTH - 1) for c in "abcde"): ",".join(
        c + "x" * (MODEL_ID_LENGTH - 1) for c in "abcde"
    ),
}
# Each with a word of the reason that a person is given.
BAD_FALLBACKS = {
    ",": "names no model",
    " , ,": "names no model",
    "a,b,c,d,e,f": "At most 5",
    "none,a/b": "says none and names",
    "a/b,NONE": "says none and names",
    "a b,c/d": "only letters",
    "a/b;c/d": "only letters",
    "a/b,http://host/v1": "address",
    "a/b,../c": "'..'",
    "a/b," + "x" * (MODEL_ID_LENGTH + 1): "at most 200",
    "a/b,\u0430/b": "starts with",
    "a/b,c\x00d": "only letters",
    "a/b,\ud800": "starts with",
    "a," * 100_000 + "b,c,d,e,f": "At most 5",
}
BAD_DIMENSIONS = [
    "0",
    "-1",
    "16001",
    "1e9",
    "1000000000",
    "1536.5",
    "abc",
    "nan",
    "0x600",
    "1 536",
    "\u00bd",
    "\ud800",
    "9" * 5_000,
    "0" * 5_000 + "1",
]


@pytest.mark.parametrize("text", GOOD_IDS)
def test_a_model_id_is_taken(text):
    assert model_id_problem(text) == ""
    assert {normalised(field, text) for field in MODEL_FIELDS} == {text}


@pytest.mark.fault("E5")
@pytest.mark.parametrize(("text", "reason"), BAD_IDS.items())
def test_what_is_no_model_id_is_refused_with_the_reason(text, reason):
    for field in MODEL_FIELDS:
        assert reason in problem_with(field, text)


@pytest.mark.parametrize(("text", "kept"), GOOD_FALLBACKS.items())
def test_a_list_of_fallbacks_is_taken_and_kept_in_one_spelling(text, kept):
    effective = "" if kept == "none" else kept
    for field in FALLBACK_FIELDS:
        assert problem_with(field, text) == ""
        assert normalised(field, text) == effective
    assert kept_fallbacks(text) == kept
    assert len(kept) <= FALLBACKS_LENGTH


@pytest.mark.fault("E5")
@pytest.mark.parametrize(("text", "reason"), BAD_FALLBACKS.items())
def test_what_is_no_list_of_fallbacks_is_refused_with_the_reason(text, reason):
    for field in FALLBACK_FIELDS:
        assert reason in problem_with(field, text)


@pytest.mark.fault("E6")
@pytest.mark.parametrize(("text", "digits"), GOOD_DIMENSIONS.items())
def test_a_dimension_is_taken_in_any_spelling_and_normalised(text, digits):
    assert problem_with("embedding_dimension", text) == ""
    assert normalised("embedding_dimension", text) == digits


@pytest.mark.fault("E6")
@pytest.mark.parametrize("text", BAD_DIMENSIONS)
def test_what_is_no_dimension_is_refused_with_the_bounds(text):
    reason = problem_with("embedding_dimension", text)

    assert f"a whole number from 1 to {DIMENSION_MAX}" in reason


@pytest.mark.parametrize("value", SETTABLE, ids=lambda value: value.field)
def test_every_built_in_default_is_usable(value):
    if value in FALLBACKS:
        assert value.default == ""
        return
    assert problem_with(value.field, value.default) == ""
    assert normalised(value.field, value.default) == value.default


def test_a_short_text_is_shown_as_it_is():
    assert shown("a model") == "'a model'"
    assert shown("x" * 60) == f"'{'x' * 60}'"


def test_a_long_text_is_cut_where_it_is_shown():
    assert shown("x" * 61) == f"'{'x' * 59}\u2026'"


@given(st.text(alphabet=st.characters(), max_size=300))
def test_reasons_are_short_and_printable_whatever_the_text(text):
    assert len(shown(text)) <= 62
    checks = (model_id_problem, fallbacks_problem, dimension_problem)
    for problem in (check(text) for check in checks):
        assert problem.replace("\u2026", "").isascii()
        assert problem.isprintable()
        assert len(problem) < 250


# The form and the model, which is what a document or a shell would come through.


def errors_of(preset):
    with pytest.raises(ValidationError) as refused:
        preset.full_clean()
    return refused.value.message_dict


@pytest.mark.django_db
@pytest.mark.parametrize("text", BAD_IDS)
def test_a_preset_with_a_bad_model_id_is_refused_and_nothing_is_kept(text):
    before = ModelPreset.objects.count()
    preset = ModelPreset(name="Mine", **dict.fromkeys(MODEL_FIELDS, text))

    assert set(errors_of(preset)) == set(MODEL_FIELDS)
    assert ModelPreset.objects.count() == before


@given(st.text(alphabet="ab/, N\u00e9one", max_size=40))
def test_what_is_kept_of_fallbacks_is_taken_again_and_means_the_same(text):
    if fallbacks_problem(text):
        return
    kept = kept_fallbacks(text)
    assert fallbacks_problem(kept) == ""
    assert kept_fallbacks(kept) == kept
    assert normalised("l1_fallback", kept) == normalised("l1_fallback", text)
    assert kept == "none" or model_ids(kept) == model_ids(text)


@pytest.mark.django_db
@pytest.mark.parametrize("text", BAD_FALLBACKS)
def test_a_preset_with_bad_fallbacks_is_refused(text):
    preset = ModelPreset(name="Mine", **dict.fromkeys(FALLBACK_FIELDS, text))

    assert set(errors_of(preset)) == set(FALLBACK_FIELDS)


@pytest.mark.django_db
@pytest.mark.parametrize("text", [*BAD_DIMENSIONS, -1, 0, 10**9])
def test_a_preset_with_a_bad_dimension_is_refused(text):
    preset = ModelPreset(name="Mine", embedding_dimension=text)

    assert set(errors_of(preset)) == {"embedding_dimension"}


@pytest.mark.django_db
@pytest.mark.parametrize("text", [*BAD_DIMENSIONS, "-0"])
def test_a_form_with_a_bad_dimension_is_refused(text):
    form = PresetForm({"name": "Mine", "embedding_dimension": text})

    assert set(form.errors) == {"embedding_dimension"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["1536", " 1536 ", "1536.0", "1_536", "\u0661\u0665\u0663\u0666"]
)
def test_a_form_normalises_a_dimension(text):
    form = PresetForm({"name": "Mine", "embedding_dimension": text})

    assert form.is_valid(), form.errors
    assert form.save().snapshot().values["embedding_dimension"] == "1536"


@pytest.mark.django_db
@pytest.mark.parametrize("blank", ["", "  ", "\u00a0"])
def test_a_blank_field_of_a_form_inherits(blank):
    form = PresetForm({"name": "Mine", **dict.fromkeys(MODEL_FIELDS, blank)})

    assert form.is_valid(), form.errors
    assert set(form.save().snapshot().values.values()) == {""}


@pytest.mark.django_db
@pytest.mark.parametrize("space", [" ", "\t", "\r\n", "\u00a0"])
def test_a_form_trims_the_spaces_around_a_model_id(space):
    form = PresetForm({"name": "Mine", "l1_model": f"{space}a/b{space}"})

    assert form.is_valid(), form.errors
    assert form.save().l1_model == "a/b"
