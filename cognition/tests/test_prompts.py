"""Prompts are files with a version; an operator's own stand in for those that ship."""

import pytest

from cognition.checks import check_prompts
from cognition.prompts import NAMES, SHIPPED, examples, problem_of, prompt


def test_every_prompt_ships_with_a_version():
    for name in NAMES:
        assert prompt(name).version.startswith("1 (")


def test_no_other_file_lies_among_them():
    assert {path.stem for path in SHIPPED.glob("*.txt")} == set(NAMES)


def test_the_reply_is_told_memories_and_advice():
    text = prompt("reply", memories=["likes tea"], advice=["Be kind."]).text
    assert "said earlier:\n- likes tea" in text
    assert "Keep in mind:\n- Be kind." in text


def test_without_them_the_prompt_is_short():
    text = prompt("reply", memories=[], advice=[]).text
    assert "earlier" not in text
    assert len(text) < 100


def test_what_people_say_is_no_template():
    text = prompt("reply", memories=["{{ advice }} {% now 'Y' %} <b>"], advice=[]).text
    assert "- {{ advice }} {% now 'Y' %} <b>" in text


def test_an_operators_file_is_used_from_the_next_turn_on(settings, tmp_path):
    settings.AURA_PROMPTS_DIR = tmp_path
    shipped = prompt("react")
    (tmp_path / "react.txt").write_text("{# version 2b #}\nGrunt.")
    own = prompt("react")
    assert own.text == "Grunt."
    assert own.version.startswith("2b (")
    assert own.version != shipped.version


def test_an_edit_shows_in_the_version_though_its_number_stays(settings, tmp_path):
    settings.AURA_PROMPTS_DIR = tmp_path
    file = tmp_path / "react.txt"
    file.write_text("Grunt.")
    before = prompt("react").version
    file.write_text("Grunt twice.")
    assert prompt("react").version != before


@pytest.mark.parametrize("content", [b"{% if %}", b"{{ a b }}", b"\xff\xfe"])
def test_a_file_that_cannot_be_used_is_logged_and_the_shipped_one_serves(
    settings, tmp_path, caplog, content
):
    settings.AURA_PROMPTS_DIR = tmp_path
    (tmp_path / "react.txt").write_bytes(content)
    assert prompt("react").text.startswith("React to the message")
    assert "react.txt cannot be used" in caplog.text
    assert "react.txt" in problem_of("react")


def test_a_file_that_can_be_used_is_no_problem(settings, tmp_path):
    settings.AURA_PROMPTS_DIR = tmp_path
    assert problem_of("react") == ""
    (tmp_path / "react.txt").write_text("Grunt.")
    assert problem_of("react") == ""


def test_l2_is_shown_examples(settings, tmp_path):
    assert [e["insight"].keys() for e in examples()][0] >= {"asked", "advice"}
    settings.AURA_PROMPTS_DIR = tmp_path
    (tmp_path / "reflect_examples.json").write_text("[]")
    assert examples() == []
    assert check_prompts() == []


@pytest.mark.parametrize("content", ["{", "1", '[{"message": "a"}]', "[1]"])
def test_examples_that_cannot_be_used_are_left_out(settings, tmp_path, content):
    settings.AURA_PROMPTS_DIR = tmp_path
    (tmp_path / "reflect_examples.json").write_text(content)
    assert examples() == []
    [found] = check_prompts()
    assert found.id == "cognition.W001" and "reflect_examples.json: " in found.msg
    assert found.hint is not None and "L2 is shown no examples" in found.hint
