"""What of L2's answer is believed."""

import json

import pytest

from cognition.reflection.insight import (
    FACTS_MAX,
    TEXT_MAX,
    InvalidInsight,
    parse,
)

WHOLE = {"asked": "a", "missed": "m", "remember": ["r"], "advice": "v"}


def test_an_object_of_the_wanted_shape_is_an_insight():
    insight = parse(json.dumps(WHOLE))
    assert (insight.asked, insight.missed, insight.advice) == ("a", "m", "v")
    assert insight.remember == ("r",)


def test_words_around_the_object_do_not_matter():
    assert parse(f"Sure!\n```json\n{json.dumps(WHOLE)}\n```").advice == "v"


def test_texts_are_one_line_and_cut():
    insight = parse(json.dumps({**WHOLE, "advice": "a\n b " * 200}))
    assert insight.advice.startswith("a b a b")
    assert len(insight.advice) == TEXT_MAX


def test_facts_are_bounded_and_each_stands_once():
    facts = ["x", "x", "  ", *"abcdefgh"]
    insight = parse(json.dumps({**WHOLE, "remember": facts}))
    assert insight.remember == ("x", "a")
    assert len(insight.remember) <= FACTS_MAX


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no object",
        "}{",
        "{not json}",
        "{" * 100_000 + "}",
        json.dumps({**WHOLE, "remember": "r"}),
        json.dumps({**WHOLE, "remember": [1]}),
        json.dumps({**WHOLE, "advice": None}),
        json.dumps({"asked": "a", "missed": "m", "remember": []}),
    ],
)
def test_anything_else_is_refused_with_a_sentence(text):
    with pytest.raises(InvalidInsight, match=r"L2.*\.$"):
        parse(text)
