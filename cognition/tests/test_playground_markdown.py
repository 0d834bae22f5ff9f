"""A conversation as Markdown: what was said, its stamps, and no markup of anybody else."""

import pytest

from cognition.playground.earlier import turns
from cognition.playground.markdown import as_markdown
from cognition.reflection.models import Reflection
from cognition.tests.conftest import done

pytestmark = pytest.mark.django_db


@pytest.fixture
def turn(say):
    return done(say("Hello", person="staff:1")).turn


def shared(turn):
    return as_markdown(turn.conversation, turns(turn.conversation))


def test_a_turn_has_what_was_said_and_its_stamps(turn):
    text = shared(turn)
    assert "## Turn 1\n\nRevision 7, preset `Test`." in text
    assert "**Message**\n\n```text\nHello\n```" in text
    assert "**Reply**\n\n```text\nm/three says hello, m/three goes on" in text
    assert "| L3 | `m/three` | " in text
    assert "| 7, 3 |" in text


def test_a_reflection_is_there_once_it_is_done(turn):
    assert "**Reflection**" not in shared(turn)
    stamp = {**turn.stamps["l3"], "layer": "l2", "model": "m/two"}
    Reflection.objects.filter(turn=turn).update(
        state="done", advice="Be kind.", asked="x", remember=["A fact"], stamp=stamp
    )
    text = shared(turn)
    assert "- Asked: `x`\n- To remember: `A fact`\n- Advice: `Be kind.`" in text
    assert "| L2 | `m/two` |" in text


def test_what_was_recalled_and_advised_is_there(turn):
    turn.recalled = [{"memory": 1, "text": "I am\nAda", "similarity": 0.871}]
    turn.insights = [{"turn": 1, "text": "Use `code`."}]
    turn.notes = ["L1 (m/one) did not answer."]
    turn.save()
    text = shared(turn)
    assert "- 0.87 `I am Ada`" in text
    assert "- `` Use `code`. ``" in text
    assert "- `L1 (m/one) did not answer.`" in text


def test_the_candidate_of_a_canary_is_called_so(turn):
    turn.stamps["l3"]["canary"] = "control"
    turn.save()
    assert "canary" not in shared(turn)
    turn.stamps["l3"]["canary"] = "candidate"
    turn.save()
    assert "preset `Test`, the candidate of a canary." in shared(turn)


def test_no_text_can_leave_its_fence(turn):
    turn.reply = "```\n<script>alert(1)</script>\n````"
    turn.save()
    assert f"`````text\n{turn.reply}\n`````" in shared(turn)


def test_costs_are_figures_that_people_read(turn):
    turn.stamps["l3"]["cost_usd"] = 0.0000049
    turn.stamps["l1"]["cost_usd"] = 0
    turn.save()
    text = shared(turn)
    assert "| 0.0000049 |" in text
    assert "| 0 |" in text
