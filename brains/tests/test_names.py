"""What a preset may be called: a name that can be seen, and no other preset's twin."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from brains.models import ModelPreset
from brains.names import (
    NAME_LENGTH,
    SKELETON_LENGTH,
    free_name,
    look_alike,
    name_problem,
    skeleton,
)

GOOD = [
    "Thrifty",
    "All-Qwen",
    "L1 local, L2+L3 cloud (v2)",
    "\u0411\u044e\u0434\u0436\u0435\u0442",  # Russian
    "\u9884\u7b97",  # Chinese
    "\u0928\u093f\u0930\u094d\u092d\u0930",  # Hindi, with marks of its own
    "\u05d7\u05e1\u05db\u05d5\u05e0\u05d9",  # Hebrew
    "\u00c9conomie",
    "E\u0301conomie",
    "7",
    "x" * NAME_LENGTH,
]
NOT_SEEN = {
    "empty": "",
    "spaces": "   ",
    "no-break spaces": "\u00a0\u00a0",
    "line ends": "\r\n",
}
INVISIBLE = {
    "zero-width space": "\u200b",
    "zero-width joiner": "\u200d",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "right-to-left override": "\u202e",
    "right-to-left mark": "\u200f",
    "right-to-left isolate": "\u2067",
    "Arabic letter mark": "\u061c",
    "null": "\x00",
    "bell": "\x07",
    "escape": "\x1b",
    "delete": "\x7f",
    "C1 control": "\x85",
    "tab": "\t",
    "CRLF": "\r\n",
    "line separator": "\u2028",
    "no-break space": "\u00a0",
    "em space": "\u2003",
    "ideographic space": "\u3000",
    "variation selector": "\ufe0f",
    "late variation selector": "\U000e0101",
    "grapheme joiner": "\u034f",
    "Hangul filler": "\u3164",
    "Hangul initial filler": "\u115f",
    "half-width Hangul filler": "\uffa0",
    "Khmer inherent vowel": "\u17b4",
    "Mongolian variation selector": "\u180b",
    "tag letter": "\U000e0041",
    "private use": "\ue000",
    "unassigned": "\U000e0fff",
    "lone surrogate": "\ud800",
}
SYMBOLS = {
    "emoji": "\U0001f680",
    "blank Braille pattern": "\u2800",
    "enclosing circle": "\u20dd",
}
# What looks like a shipped preset, which is there already.
TWINS = {
    "case": ("DEFAULT", "Default"),
    "one capital": ("bUdget", "Budget"),
    "spaces": ("  Budget ", "Budget"),
    "Cyrillic small a": ("Def\u0430ult", "Default"),
    "Cyrillic capital ve": ("\u0412udget", "Budget"),
    "Greek capital eta": ("\u0397ybrid", "Hybrid"),
    "Greek capital rho": ("\u03a1erformance", "Performance"),
    "Greek small omicron": ("\u039fffline", "Offline"),
    "full width": ("\uff22\uff55\uff44\uff47\uff45\uff54", "Budget"),
    "mathematical bold": ("\U0001d401udget", "Budget"),
    "mathematical bold beta": ("\U0001d6a9udget", "Budget"),
    "ligature": ("O\ufb04ine", "Offline"),
    "dotless i": ("Hybr\u0131d", "Hybrid"),
    "capital I for l": ("OffIine", "Offline"),
    "digit one for l": ("A11-DeepSeek", "All-DeepSeek"),
    "zero for O": ("0ffline", "Offline"),
    "bar for l": ("Defau|t", "Default"),
    "accent": ("B\u00fcdget", "Budget"),
    "accent of its own": ("Bu\u0308dget", "Budget"),
}


def refusal(**fields):
    with pytest.raises(ValidationError) as refused:
        ModelPreset(**fields).full_clean()
    return refused.value.message_dict["name"]


def saved(name):
    preset = ModelPreset(name=name)
    preset.full_clean()
    preset.save()
    return preset


@pytest.mark.parametrize("name", GOOD)
def test_a_name_is_taken(name):
    assert name_problem(name) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("name", GOOD)
def test_a_preset_with_that_name_is_saved_and_has_a_slug(name):
    preset = saved(name)

    stored = ModelPreset.objects.get(pk=preset.pk)
    assert stored.name == str(stored) == name
    assert stored.slug
    assert stored.name_skeleton == skeleton(name)


@pytest.mark.fault("E1")
@pytest.mark.django_db
@pytest.mark.parametrize("name", NOT_SEEN.values(), ids=NOT_SEEN)
def test_a_blank_name_is_refused(name):
    assert "can be seen" in name_problem(name)
    assert refusal(name=name)


@pytest.mark.fault("E1")
@pytest.mark.django_db
def test_no_name_at_all_is_refused():
    assert refusal(name=None)
    assert refusal()


@pytest.mark.fault("E2")
@pytest.mark.django_db
@pytest.mark.parametrize("character", INVISIBLE.values(), ids=INVISIBLE)
@pytest.mark.parametrize("name", ["Bud{}get", "{}Budget", "Budget {}x"])
def test_a_name_with_an_invisible_character_is_refused_and_says_which(name, character):
    problem = name_problem(name.format(character))

    assert "cannot be seen" in problem
    assert f"U+{ord(character[0]):04X}" in problem
    assert problem in refusal(name=name.format(character))


@pytest.mark.fault("E4")
@pytest.mark.django_db
@pytest.mark.parametrize("character", SYMBOLS.values(), ids=SYMBOLS)
@pytest.mark.parametrize("name", ["{}", "Quick {}"])
def test_a_name_with_a_symbol_is_refused_and_says_which(name, character):
    problem = name_problem(name.format(character))

    assert f"is a symbol or emoji (U+{ord(character):04X})" in problem
    assert problem in refusal(name=name.format(character))


@pytest.mark.parametrize("name", ["---", "?!", "\u0301", "|"])
def test_a_name_without_letter_or_digit_is_refused(name):
    assert "letters or digits" in name_problem(name)


@pytest.mark.fault("E4")
@pytest.mark.django_db
@pytest.mark.parametrize("length", [NAME_LENGTH + 1, 10_000])
def test_a_long_name_is_refused_and_nothing_is_kept(length):
    before = ModelPreset.objects.count()

    assert f"this has {length}" in name_problem("x" * length)
    assert all(len(reason) < 200 for reason in refusal(name="x" * length))
    assert ModelPreset.objects.count() == before


@pytest.mark.fault("E3")
@pytest.mark.django_db
@pytest.mark.parametrize(("name", "other"), TWINS.values(), ids=TWINS)
def test_a_twin_of_a_preset_is_refused_and_told_whom_it_looks_like(name, other):
    assert f"This name looks like {other}." in refusal(name=name)


@pytest.mark.fault("E3")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "twin"),
    [
        ("\u041d\u0430\u0448", "\u043d\u0430\u0448"),  # Russian, another case
        ("\u0392\u03ae\u03c4\u03b1", "\u03b2\u03ae\u03c4\u03b1"),  # Greek
        ("Instinct", "INSTINCT"),
        ("Instinct", "lnstinct"),
        ("AI", "ai"),
        ("Stra\u00dfe", "STRASSE"),
        ("One  two", "One two"),
        ("\u00c9conomie", "E\u0301CONOMIE"),
        ("\ufdfa" * NAME_LENGTH, "\ufdfa" * NAME_LENGTH),
    ],
)
def test_the_second_of_two_twins_is_refused(name, twin):
    saved(name)

    assert any("looks like" in reason for reason in refusal(name=twin))


@pytest.mark.parametrize(
    ("name", "other"),
    [("Fail", "Fall"), ("Tier 2", "Tier 3"), ("Cheap", "Cheap 2"), ("A-B", "A B")],
)
def test_names_that_can_be_told_apart_are_not_alike(name, other):
    assert not look_alike(name, other)


@pytest.mark.fault("E3")
@pytest.mark.django_db
def test_the_database_itself_refuses_a_twin_that_was_not_checked():
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelPreset(name="\u0412UDGET").save()


@pytest.mark.django_db
def test_a_preset_may_keep_its_name_and_change_its_case():
    preset = ModelPreset.objects.get(name="Budget")
    preset.full_clean()
    preset.name = "BUDGET"
    preset.full_clean()
    preset.save()

    assert ModelPreset.objects.get(pk=preset.pk).name == "BUDGET"


@pytest.mark.django_db
def test_the_shipped_presets_have_the_skeleton_of_their_names():
    shipped = ModelPreset.objects.all()

    assert {preset.name for preset in shipped} == {
        "Default",
        "Budget",
        "Performance",
        "All-DeepSeek",
        "Hybrid",
        "Offline",
    }
    assert all(p.name_skeleton == skeleton(p.name) for p in shipped)


@given(st.text(max_size=NAME_LENGTH))
def test_a_skeleton_fits_and_every_name_is_alike_itself_in_any_case(name):
    assert len(skeleton(name)) <= SKELETON_LENGTH
    assert look_alike(name, name)
    assert look_alike(name, name.casefold())


# Slugs, which follow from the name.


@pytest.mark.django_db
def test_a_slug_is_made_from_the_name():
    assert saved("My Preset (v2)").slug == "my-preset-v2"


@pytest.mark.django_db
def test_a_name_without_ascii_has_a_slug_too():
    first, second = saved("\u9884\u7b97"), saved("\u6027\u80fd")

    assert (first.slug, second.slug) == ("preset", "preset-2")


@pytest.mark.django_db
def test_a_taken_slug_gets_a_number_and_still_fits():
    long = "x" * NAME_LENGTH
    slugs = [saved(f"{long[:-1]}{end}").slug for end in "abc"]

    assert slugs == ["x" * 70, "x" * 70 + "-2", "x" * 70 + "-3"]


@pytest.mark.django_db
def test_a_slug_that_is_emptied_is_made_from_the_preset_s_own_name_again():
    preset = ModelPreset.objects.get(name="Budget")
    preset.slug = ""
    preset.full_clean()
    preset.save()

    assert preset.slug == "budget"


@pytest.mark.django_db
def test_slugs_differ_in_more_than_case():
    preset = ModelPreset(name="Mine", slug="BUDGET")

    with pytest.raises(ValidationError) as refused:
        preset.full_clean()

    assert set(refused.value.message_dict) == {"slug"}


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["a b", "../a", "a@b", "\u0430", "a/b", "x" * 81])
def test_a_bad_slug_is_refused(slug):
    with pytest.raises(ValidationError) as refused:
        ModelPreset(name="Mine", slug=slug).full_clean()

    assert "slug" in refused.value.message_dict


def test_a_free_name_is_the_name_itself_or_the_next_of_its_kind():
    assert free_name("Wide", []) == "Wide"
    assert free_name("Wide", ["wide", "WIDE 2", "Other"]) == "Wide 3"
    assert len(free_name("w" * NAME_LENGTH, ["w" * NAME_LENGTH])) <= NAME_LENGTH
