"""Nothing that is kept of a person remains once it is to be forgotten."""

import json
import secrets
import shutil
import threading
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from cognition.conversations.keeping import keep
from cognition.conversations.models import Conversation, Turn
from cognition.memory.matrices import MATRICES, Matrices
from cognition.memory.models import Memory
from cognition.memory.store import Kind, recall, remember
from cognition.personal_data import forgetting
from cognition.personal_data.export import lines
from cognition.personal_data.forgetting import forget
from cognition.playground.models import Preference
from cognition.reflection import job
from cognition.reflection.asking import Reflected
from cognition.reflection.insight import Insight
from cognition.reflection.models import Reflection
from cognition.reflection.tasks import reflect
from cognition.tests.conftest import done
from cognition.tests.minds import SPACE, everything, kept, spoke, vector
from cognition.turns.turn import FORGOTTEN
from tests.own_database import own_database
from tests.waiting import wait_until

SECRET = "canary-0123456789"


@pytest.mark.django_db
def test_all_of_a_person_goes_and_is_counted():
    spoke("client:ada", f"I am {SECRET}", "I like tea")
    remember("client:ada", "of no turn", Kind.NOTED, vectors=[vector(1)])
    assert forget("client:ada") == {
        "conversations": 1,
        "turns": 2,
        "reflections": 2,
        "memories": 5,
        "vectors": 3,
        "kept exchanges": 0,
        "votes": 0,
    }
    assert not any(kept().values())


@pytest.mark.django_db
def test_nothing_of_the_person_is_left_in_any_table():
    person = f"client:{SECRET}"
    spoke(person, f"{SECRET} one", f"{SECRET} two")
    for reflection in Reflection.objects.all():
        reflect.enqueue(reflection.pk)
    assert SECRET in everything()
    forget(person)
    assert SECRET not in everything()


@pytest.mark.django_db
def test_votes_stay_in_the_tally_and_nobodys():
    ann = User.objects.create_user("ann", is_staff=True)
    Preference.objects.create(
        comparison=uuid4(),
        choice=Preference.Choice.LEFT,
        left_revision=7,
        left_models={},
        right_revision=7,
        right_models={},
        by=ann,
        by_name="ann",
    )
    said = [json.loads(line)["type"] for line in lines(f"staff:{ann.pk}")]
    assert said == ["person", "vote", "end"]
    assert forget(f"staff:{ann.pk}")["votes"] == 1
    vote = Preference.objects.get()
    assert (vote.by, vote.by_name, vote.choice) == (None, "", "left")


@pytest.mark.django_db
def test_other_people_keep_all_of_theirs():
    for person in ("client:ada2", "staff:1", "client:Ada", "client:ada"):
        spoke(person, f"I am {person}")
    before = kept()
    forget("client:ada")
    assert kept() == {name: number * 3 // 4 for name, number in before.items()}
    assert not Memory.objects.filter(person="client:ada").exists()


@pytest.mark.django_db
def test_much_goes_in_batches(monkeypatch):
    monkeypatch.setattr(forgetting, "BATCH", 2)
    for number in range(3):
        spoke("client:ada", *(f"{number}.{turn}" for turn in range(3)))
    assert forget("client:ada")["turns"] == 9
    assert not any(kept().values())


@pytest.mark.django_db
def test_to_forget_twice_is_no_error():
    spoke("client:ada", "I am Ada")
    forget("client:ada")
    assert not any(forget("client:ada").values())


@pytest.mark.django_db
def test_another_process_that_held_the_vectors_drops_them_at_its_next_recall():
    for number in range(40):  # more than the end that is looked at again
        remember("client:ada", f"{number}", Kind.SAID, vectors=[vector(1, number)])
    elsewhere = Matrices()
    [(memories, _)] = elsewhere.read("client:ada", SPACE)
    assert len(memories) == 40
    assert recall("client:ada", vector(1), 1)
    forget("client:ada")
    assert MATRICES._rows == {}
    [(memories, rows)] = elsewhere.read("client:ada", SPACE)
    assert len(memories) == len(rows) == 0
    assert elsewhere._rows[("client:ada", SPACE)].size == 0
    assert recall("client:ada", vector(1), 1) == []


@pytest.mark.django_db
def test_what_is_said_afterwards_is_remembered_anew():
    spoke("client:ada", "before")
    elsewhere = Matrices()
    elsewhere.read("client:ada", SPACE)
    forget("client:ada")
    new = remember("client:ada", "after", Kind.SAID, vectors=[vector(1)])
    [(memories, _)] = elsewhere.read("client:ada", SPACE)
    assert list(memories) == [new.pk]


@pytest.mark.django_db
def test_a_reflection_that_was_waiting_does_nothing(mind):
    spoke("client:ada", "I am Ada")
    pk = Reflection.objects.get().pk
    forget("client:ada")
    job.run(pk)
    assert mind.requests == []
    assert not any(kept().values())


@pytest.mark.django_db
def test_a_reflection_that_is_under_way_leaves_nothing():
    spoke("client:ada", "I am Ada")
    reflection = job._lease(Reflection.objects.get().pk)
    assert reflection
    forget("client:ada")
    insight = Insight("asked", "missed", ("remember",), "advice")
    job._keep(reflection, Reflected(insight, {}, [vector(1)]))
    assert not any(kept().values())


@pytest.mark.django_db
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
def test_a_turn_that_was_under_way_is_not_kept(say, is_new, monkeypatch):
    """It may repeat what was forgotten: it was thought with it."""
    first = done(say("My cat is Mia", person="client:ada")).turn
    conversation = None if is_new else first.conversation_id

    def forgotten_before(thought):
        forget("client:ada")
        return keep(thought)

    monkeypatch.setattr("cognition.turns.turn.keep", forgotten_before)
    event = done(say("And my cat?", person="client:ada", conversation=conversation))
    assert FORGOTTEN in event.turn.notes
    assert not event.reflects
    assert not any(kept().values())


@pytest.mark.django_db
def test_the_command_counts_first_and_asks(monkeypatch, capsys):
    spoke("client:ada", "I am Ada")
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    call_command("forget_user", "ada")
    said = capsys.readouterr().out
    assert "Kept of 'ada': 1 conversation, 1 turn, 1 reflection, 2 memories" in said
    assert "Deleted: 1 conversation" in said
    assert not any(kept().values())


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "y", "no", EOFError()], ids=repr)
def test_without_a_yes_nothing_is_deleted(typed, monkeypatch):
    def answer(_):
        if isinstance(typed, Exception):
            raise typed
        return typed

    spoke("client:ada", "I am Ada")
    monkeypatch.setattr("builtins.input", answer)
    with pytest.raises(CommandError, match="Nothing was deleted|say --yes"):
        call_command("forget_user", "ada")
    assert Turn.objects.count() == 1


@pytest.mark.django_db
def test_the_command_forgets_staff_and_nothing_of_a_client_of_that_name(capsys):
    user = User.objects.create_user("ann", is_staff=True)
    spoke(f"staff:{user.pk}", "I am Ann")
    spoke("client:ann", "I am another Ann")
    call_command("forget_user", "ann", "--staff", "--yes")
    assert [c.person for c in Conversation.objects.all()] == ["client:ann"]
    call_command("forget_user", "ann", "--staff", "--yes")
    assert "Nothing is kept of 'ann'" in capsys.readouterr().out


def test_the_words_are_gone_from_the_file_of_sqlite(
    migrated_folder, tmp_path, django_db_blocker
):
    folder = tmp_path / "data"
    shutil.copytree(migrated_folder, folder)
    with django_db_blocker.unblock(), own_database("", folder):
        spoke(f"client:{SECRET}", *(f"{SECRET} {n} " + "x" * 500 for n in range(30)))
        assert found_in(folder)
        forget(f"client:{SECRET}")
        assert not found_in(folder)


def found_in(folder):
    return any(
        SECRET.encode() in path.read_bytes() for path in folder.glob("*sqlite3*")
    )


@pytest.fixture
def own_postgres(postgres, tmp_path, django_db_blocker):
    """A PostgreSQL database of the test's own, for every thread: SQLite lets one write at
    a time."""
    url = postgres.migrated(f"forget_{secrets.token_hex(4)}")
    with django_db_blocker.unblock(), own_database(url, tmp_path):
        yield


@pytest.mark.slow
def test_who_adds_to_a_conversation_is_waited_for(own_postgres):
    conversation = spoke("client:ada", "I am Ada")
    adds, may_end = threading.Event(), threading.Event()

    def in_a_thread(work):
        def works():
            work()
            connection.close()

        thread = threading.Thread(target=works)
        thread.start()
        return thread

    @transaction.atomic
    def add():
        list(Conversation.objects.select_for_update().filter(pk=conversation.pk))
        adds.set()
        may_end.wait(10)
        said = {"message": "late", "revision": 7, "selection": {}}
        turn = Turn.objects.create(conversation=conversation, number=2, **said)
        remember("client:ada", "late", Kind.SAID, turn=turn, vectors=[vector(1)])

    adding = in_a_thread(add)
    assert adds.wait(10)
    forgetting_ = in_a_thread(lambda: forget("client:ada"))
    wait_until(waits_for_a_lock, "the second to wait")
    may_end.set()
    adding.join()
    forgetting_.join()
    assert not any(kept().values())


def waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0
