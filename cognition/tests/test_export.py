"""Everything that is kept of a person is given out, and nothing of another."""

import json
import stat

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models import ForeignObject

from cognition.conversations.models import Conversation, Turn
from cognition.memory.models import Memory, MemoryVector
from cognition.personal_data import export
from cognition.personal_data.holdings import PATHS
from cognition.reflection.models import Reflection
from cognition.tests.minds import spoke

pytestmark = pytest.mark.django_db


def exported(person):
    return [json.loads(line) for line in "".join(export.lines(person)).splitlines()]


def of_kind(lines, kind):
    return [line for line in lines if line["type"] == kind]


def test_an_export_has_all_that_was_said_and_thought():
    conversation = spoke("client:ada", "I am Ada", "I like tea")
    lines = exported("client:ada")
    assert lines[0]["person"] == "client:ada"
    assert [c["id"] for c in of_kind(lines, "conversation")] == [str(conversation.pk)]
    turns = of_kind(lines, "turn")
    assert [t["message"] for t in turns] == ["I am Ada", "I like tea"]
    assert turns[0]["reply"] == "reply to I am Ada"
    assert turns[0]["recalled"] == [{"text": "recalled for I am Ada"}]
    advice = [r["advice"] for r in of_kind(lines, "reflection")]
    assert advice == ["advice on I am Ada", "advice on I like tea"]
    memories = of_kind(lines, "memory")
    assert [m["text"] for m in memories][:2] == ["I am Ada", "noted: I am Ada"]
    space = {"model": "m/vectors", "dimension": 8, "revision": 7}
    assert [m["vectors"] for m in memories[:2]] == [[space], []]
    assert lines[-1] == {
        "type": "end",
        "conversations": 1,
        "turns": 2,
        "reflections": 2,
        "memories": 4,
        "votes": 0,
    }


def test_an_export_has_nothing_of_another_person():
    spoke("client:ada", "I am Ada")
    spoke("client:ada2", "A secret of another")
    spoke("staff:1", "A secret of the staff")
    assert "secret" not in "".join(export.lines("client:ada"))


def test_an_export_is_read_in_blocks_and_is_whole(monkeypatch):
    monkeypatch.setattr(export, "BLOCK", 3)
    for number in range(4):
        spoke("client:ada", *(f"{number}.{turn}" for turn in range(2)))
    blocks = list(export.lines("client:ada"))
    assert max(block.count("\n") for block in blocks) == 3
    lines = exported("client:ada")
    for table, kind in export.KINDS.items():
        wanted = {str(pk) for pk in table._default_manager.values_list("pk", flat=True)}
        found = [str(line["id"]) for line in of_kind(lines, kind)]
        assert set(found) == wanted and len(found) == len(wanted)


def test_every_table_that_leads_to_a_person_is_known():
    """A new table with a person's words must be exported and counted."""
    known = set(PATHS)
    personal = set(known)
    for table in apps.get_app_config("cognition").get_models():
        fields = table._meta.get_fields()
        keys = {f.related_model for f in fields if isinstance(f, ForeignObject)}
        if table._meta.proxy:
            continue
        if keys & known or any(f.name == "person" for f in fields):
            personal.add(table)
    assert personal == known
    assert set(export.KINDS) == known - {MemoryVector}
    assert {Conversation, Turn, Reflection, Memory} == set(export.KINDS)


def test_the_command_writes_a_file_for_its_owner_alone(tmp_path, capsys):
    spoke("client:Ada Lovelace/Zürich", "I am Ada")
    path = tmp_path / "ada.jsonl"
    call_command("export_user", "Ada Lovelace/Zürich", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text().splitlines()[-1])["turns"] == 1
    assert "1 conversation, 1 turn, 1 reflection, 2 memories" in capsys.readouterr().err


def test_the_command_writes_to_the_screen(capsys):
    spoke("client:ada", "Grüße")
    call_command("export_user", "ada")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 1 + 1 + 1 + 2 + 1
    assert "Grüße" in lines[2]


def test_the_command_does_not_write_over_a_file(tmp_path):
    spoke("client:ada", "I am Ada")
    path = tmp_path / "there"
    path.write_text("precious")
    with pytest.raises(CommandError, match="cannot be written: File exists"):
        call_command("export_user", "ada", str(path))
    assert path.read_text() == "precious"


def test_the_command_takes_staff_by_their_user_name(capsys):
    user = User.objects.create_user("ann", is_staff=True)
    spoke(f"staff:{user.pk}", "I am Ann")
    spoke("client:ann", "I am another Ann")
    call_command("export_user", "--staff", "ann")
    said = capsys.readouterr().out
    assert "I am Ann" in said and "another" not in said


def test_the_command_takes_a_conversation_of_nobody_by_name(capsys):
    conversation = Conversation(person="")
    spoke(f"conversation:{conversation.pk}", "I am nobody")
    call_command("export_user", str(conversation.pk), "--conversation")
    assert "I am nobody" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["bob"], "Nothing is kept of 'bob'"),
        (["bob", "--staff"], "There is no user 'bob' in the admin"),
        (["bob", "--conversation"], "'bob' is no conversation's id"),
        ([""], "'' is no user id"),
        (["x" * 201], "is no user id: those have 1 to 200 characters"),
        (["a\0b"], "is no user id"),
        (["a\udce4"], "is no user id"),
        (["a\0b", "--staff"], "There is no user"),
    ],
)
def test_who_is_not_there_is_said_in_a_sentence(arguments, reason):
    with pytest.raises(CommandError, match=reason):
        call_command("export_user", *arguments)
