"""Files of presets: what is written is read back, and what nobody should send is refused."""

import re
import time
import unicodedata

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from brains.as_code.document import BYTES_MAX, PRESETS_MAX, read_document
from brains.as_code.entries import DESCRIPTION_LENGTH, Wanted, checked
from brains.as_code.plan import Options, What, plan
from brains.as_code.writing import write_document
from brains.models import ModelPreset
from brains.names import name_problem

FILE = """\
version: 1
presets:
  - name: Budget
    slug: budget
    description: Cost-conscious.
    l1_model: google/gemma-7b-it
    l1_fallback: a/b, c/d
    embedding_dimension: 384
  - name: No
"""


def preset(name, slug, pk=1, **fields):
    return ModelPreset(pk=pk, name=name, slug=slug, **fields)


def refusals(text):
    data = text if isinstance(text, bytes) else text.encode()
    return read_document(data).refusals


def one(line):
    """A file of one preset with this line in it, as line 4."""
    return f"version: 1\npresets:\n  - name: Budget\n    {line}\n"


def test_a_file_is_read_with_its_lines():
    document = read_document(FILE.encode())

    first, second = document.entries
    assert document.refusals == ()
    assert first.values["l1_model"] == "google/gemma-7b-it"
    assert (first.line, first.lines["l1_model"], second.line) == (3, 6, 9)
    outcome = checked(first)
    assert isinstance(outcome, Wanted)
    assert outcome.fields["l1_fallback"] == "a/b,c/d"
    assert outcome.fields["embedding_dimension"] == "384"
    assert outcome.fields["l2_model"] == ""


@pytest.mark.parametrize(
    "text", ["no", "null x", "1.5", "2024-01-01", "yes", "0x1", "="]
)
def test_text_needs_no_quotes(text):
    (entry,) = read_document(f"version: 1\npresets:\n- name: {text}\n".encode()).entries

    assert entry.values["name"] == text


@pytest.mark.parametrize("text", ["", "~", "null"])
def test_null_is_blank(text):
    (entry,) = read_document(one(f"l1_model: {text}").encode()).entries

    assert entry.values["l1_model"] is None


def test_a_byte_order_mark_and_windows_lines_are_read():
    data = b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode()

    assert len(read_document(data).entries) == 2


@pytest.mark.fault("E10")
@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 0, "is empty"),
        ("# only a comment\n", 0, "is empty"),
        ("presets: []\n", 1, "has no version"),
        ("version: 2\npresets: []\n", 1, "version 1 only"),
        ("version: [1]\npresets: []\n", 1, "version 1 only"),
        ("version: 1\n", 1, "has no list `presets`"),
        ("version: 1\npresets:\n", 2, "has no list `presets`"),
        ("version: 1\npresets: {a: b}\n", 2, "has no list `presets`"),
        ("- name: Budget\n", 1, "begins with `version: 1`"),
        ("just words\n", 1, "begins with `version: 1`"),
        ("version: 1\n---\nversion: 1\n", 2, "This is not YAML: .*"),
        ("version: 1\npresets: [\n", 3, "This is not YAML: .*"),
        ("version: 1\n\tpresets: []\n", 2, "This is not YAML: .*"),
        ("version: 1\npresets: [\x07]\n", None, "control character|not YAML"),
        (b"version: 1\npresets:\n- name: \xff\n", 3, "not in UTF-8"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(text, line, reason):
    (refusal,) = refusals(text)

    assert re.search(reason, refusal.reason), refusal
    assert line is None or refusal.line == line


@pytest.mark.fault("E10")
@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ("l1: a/b", "l1", "no such field. Fields: name, slug"),
        ("<<: {l1_model: a/b}", "<<", "no such field"),
        ("? [a]\n    : b", "(a group)", "no such field"),
        ("name: Again", "name", "twice, first in line 3"),
        ("l1_model: [a/b]", "l1_model", "one value"),
        ("l1_model: {a: b}", "l1_model", "one value"),
        ("l1_model: !!binary aGk=", "l1_model", "tag '.*binary' is not read"),
        ("l1_model: !!python/name:os.system x", "l1_model", "is not read here"),
        ("l1_model: !own x", "l1_model", "is not read here"),
    ],
)
def test_a_bad_field_is_refused_with_its_line(line, field, reason):
    (refusal,) = refusals(one(line))

    assert (refusal.line, refusal.preset, refusal.field) == (4, "Budget", field)
    assert re.search(reason, refusal.reason), refusal


def test_an_entry_that_is_no_group_is_refused():
    (refusal,) = refusals("version: 1\npresets:\n  - Budget\n")

    assert refusal.line == 3 and "list of fields" in refusal.reason


@pytest.mark.fault("E10")
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("l1_model: no model", "is not a model id"),
        ("l1_model: http://a/b", "is an address"),
        ("l1_model: a/../b", "'..' in its path"),
        ("l1_fallback: none, a/b", "says none and names models"),
        ("embedding_dimension: 0", "is not a dimension"),
        (f"embedding_dimension: {'9' * 5000}", "is not a dimension"),
        ("embedding_dimension: 0x600", "is not a dimension"),
        (f"l1_model: {'a' * 10_000}", "at most 200 characters"),
        ("slug: a b", "is no slug"),
        (f"slug: {'a' * 81}", "A slug has at most 80"),
        (f"description: {'a' * 2001}", "at most 2000 characters, this has 2001"),
        ('description: "a\\0b"', "control character (U+0000)"),
        ('description: "a\\eb"', "control character (U+001B)"),
    ],
)
def test_a_value_that_the_form_would_refuse_is_refused_here(line, reason):
    (entry,) = read_document(one(line).encode()).entries

    outcome = checked(entry)

    assert isinstance(outcome, list)
    (refusal,) = outcome
    assert refusal.line == 4 and reason in refusal.reason


@pytest.mark.parametrize("name", ['""', '"\\u200b"', '"a\\u202eb"', "🧠", "a" * 81])
def test_a_name_that_nobody_sees_is_refused_and_said_with_escapes(name):
    text = f"version: 1\npresets:\n- name: {name}\n"
    (entry,) = read_document(text.encode()).entries

    outcome = checked(entry)

    assert isinstance(outcome, list)
    assert outcome[0].field == "name" and outcome[0].preset.isprintable()


@pytest.mark.fault("E10")
def test_all_that_is_wrong_is_told_at_once():
    text = "version: 1\npresets:\n- name: A\n  x: 1\n  y: 2\n- 5\n- name: B\n  z: 1\n"

    assert [refusal.line for refusal in refusals(text)] == [4, 5, 6, 8]


BOMB = "version: 1\na: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.fault("E10")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "Aliases"),
        ("version: 1\npresets: &a [*a]\n", "Aliases"),
        ("version: 1\npresets: *unknown\n", "Aliases|not YAML"),
        ("version: 1\npresets: " + "[" * 50_000, "too deep|not YAML"),
        ("version: 1\npresets: " + "{a: " * 50_000, "too deep|not YAML"),
        ("version: 1\npresets:\n" + "- - - - - - - - - - - a\n", "too deep"),
        ("version: 1\npresets:\n" + "- a\n" * 100_000, "too many entries"),
        ("version: 1\npresets:\n" + "- a\n" * (PRESETS_MAX + 1), "at most 1000"),
        ("#" * (BYTES_MAX + 1), f"at most {BYTES_MAX} bytes"),
    ],
    ids=[
        "bomb",
        "loop",
        "unknown",
        "deep",
        "deep-map",
        "deep-list",
        "many",
        "presets",
        "bytes",
    ],
)
def test_a_file_that_would_grow_is_refused_before_it_does(text, reason):
    began = time.monotonic()

    (refusal,) = refusals(text)

    assert re.search(reason, refusal.reason)
    assert time.monotonic() - began < 5


def test_a_file_is_written_for_people():
    presets = [
        preset("Night", "night", description="Two\nlines.", l1_fallback="none"),
        preset("Budget", "budget", l1_model="a/b", embedding_dimension=384),
    ]

    text = write_document(presets)

    assert text.partition("version")[0].count("\n") == 2
    assert text.partition("\n# ")[2].partition("\n")[2] == (
        "version: 1\n"
        "presets:\n"
        "  - name: Budget\n"
        "    slug: budget\n"
        "    l1_model: a/b\n"
        "    embedding_dimension: 384\n"
        "  - name: Night\n"
        "    slug: night\n"
        "    description: |-\n"
        "      Two\n"
        "      lines.\n"
        "    l1_fallback: none\n"
    )


def test_no_preset_is_a_file_too():
    document = read_document(write_document([]).encode())

    assert document.entries == () and document.refusals == ()


def test_the_largest_presets_are_within_the_bounds():
    ids = ",".join(f"{letter * 199}" for letter in "abcde")
    fields = {f"l{n}_model": "m" * 200 for n in (1, 2, 3)}
    fields |= {f"l{n}_fallback": ids for n in (1, 2, 3)}
    presets = [
        preset(f"P {n}", f"p-{n}", embedding_dimension=1, **fields) for n in range(100)
    ]

    document = read_document(write_document(presets).encode())

    assert len(document.entries) == 100 and document.refusals == ()


letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
descriptions = (
    st.text(letters, max_size=200)
    .map(str.strip)
    .filter(
        lambda text: all(unicodedata.category(c) != "Cc" or c in "\n\r\t" for c in text)
    )
)
names = st.text(letters, min_size=1, max_size=40).map(str.strip)
model_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,30}", fullmatch=True)
stored_presets = st.builds(
    preset,
    name=names.filter(lambda name: not name_problem(name)),
    slug=st.from_regex(r"[a-z0-9_-]{1,20}", fullmatch=True),
    description=descriptions,
    l1_model=st.just("") | model_ids,
    l3_fallback=st.sampled_from(["", "none", "NONE", "a/b, c/d", "a/b,c/d"]),
    embedding_dimension=st.none() | st.integers(1, 16_000),
)


@given(stored_presets)
def test_what_was_written_changes_nothing_when_it_is_read(stored):
    assert len(stored.description) <= DESCRIPTION_LENGTH
    document = read_document(write_document([stored]).encode())

    planned = plan(document, [stored], None, Options(prune=True))

    assert planned.refusals == []
    assert [step.what for step in planned.steps] == [What.UNCHANGED]


@pytest.mark.fault("E10")
@settings(max_examples=50)
@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda t: t.encode("utf-8", "ignore"))
)
def test_whatever_is_sent_is_read_or_refused(data):
    document = read_document(data)

    assert document.refusals or document.entries == ()


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "slug", "l1_model", "x"]), inner)
    ),
    max_leaves=12,
)


@pytest.mark.fault("E10")
@given(yaml_values)
def test_whatever_stands_below_presets_is_planned_or_refused(rows):
    text = yaml.safe_dump({"version": 1, "presets": rows})

    planned = plan(read_document(text.encode()), [], None, Options())

    assert planned.refusals or len(planned.steps) == len(rows)
