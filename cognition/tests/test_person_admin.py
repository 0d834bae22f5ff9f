"""The page of a person's data: looked up, exported as a file, forgotten once that is confirmed,
each by its own permission."""

import json
import logging

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from brains.tests.operators import member, read
from cognition.tests.minds import kept, spoke

pytestmark = pytest.mark.django_db

LIST, EXPORT, FORGET = (
    reverse(f"admin:cognition_person_{name}")
    for name in ("changelist", "export", "forget")
)
ADA = {"user": "ada", "kind": "client"}
CONFIRMED = ADA | {"confirmed": "yes"}
COUNTS = (
    "1 conversation, 2 turns, 2 reflections, 4 memories, 2 vectors, 0 kept exchanges, "
    "0 votes"
)
MARKUP = "<b>ada</b>"


@pytest.fixture
def officer(db):
    """The browser of somebody who may do both, with something kept of ada and of bob."""
    spoke("client:ada", "I am Ada", "I like tea")
    spoke("client:bob", "I am Bob")
    return member("export_person", "forget_person", name="officer")


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, logger="cognition")
    return lambda: " ".join(caplog.messages)


def test_what_is_kept_of_a_person_is_counted(officer):
    assert "Export" not in read(officer.get(LIST)).partition("User id")[2]
    text = read(officer.post(LIST, ADA))
    assert "Kept of ada" in text
    assert COUNTS in text
    assert kept()["Turn"] == 3


def test_the_file_is_what_the_command_writes(officer, capsys, said):
    answer = officer.post(EXPORT, ADA)
    lines = b"".join(answer).decode().splitlines()
    assert answer["Content-Disposition"].startswith('attachment; filename="aura-person')
    assert answer["Content-Type"].startswith("application/jsonl")
    assert "no-store" in answer["Cache-Control"]
    kinds = [json.loads(line)["type"] for line in lines]
    assert (kinds[0], kinds[-1], kinds.count("turn")) == ("person", "end", 2)
    assert "bob" not in str(lines)
    pk = User.objects.get(username="officer").pk
    assert f"exported in the admin by user {pk}: {COUNTS}" in said()
    assert "ada" not in said()


def test_to_forget_is_asked_with_the_counts_and_then_done(officer, said):
    asked = read(officer.post(FORGET, ADA))
    for sentence in ("Forget ada?", "2 turns", "4 memories", "There is no way back."):
        assert sentence in asked
    assert kept()["Turn"] == 3
    answer = officer.post(FORGET, CONFIRMED, follow=True)
    assert answer.redirect_chain[-1][0] == LIST
    assert f"Forgotten. Deleted: {COUNTS}." in read(answer)
    assert kept()["Turn"] == 1
    pk = User.objects.get(username="officer").pk
    assert f"A person was forgotten: {COUNTS}" in said()
    assert f"by user {pk}" in said()
    assert "ada" not in said()
    assert "Nothing. Is it written as" in read(officer.post(LIST, ADA))


@pytest.mark.parametrize("url", [EXPORT, FORGET])
def test_of_whom_nothing_is_kept_that_is_said(officer, url):
    answer = officer.post(url, CONFIRMED | {"user": "nobody"})
    assert "Kept of nobody Nothing." in read(answer)
    assert kept()["Turn"] == 3


def test_staff_and_those_without_a_name_are_found_too(officer):
    bob = User.objects.create_user("bob", is_staff=True)
    spoke(f"staff:{bob.pk}", "I am Bob of the staff")
    conversation = "5f0c7d4e-0000-4000-8000-000000000000"
    spoke(f"conversation:{conversation}", "I am nobody")
    for user, kind in (("bob", "staff"), (conversation, "conversation")):
        text = read(officer.post(LIST, {"user": user, "kind": kind}))
        assert "1 conversation, 1 turn" in text
    wrong = officer.post(LIST, {"user": "ann", "kind": "staff"})
    assert "There is no user &#x27;ann&#x27; in the admin." in read(wrong)
    no_id = officer.post(LIST, {"user": "x", "kind": "conversation"})
    assert "is no conversation&#x27;s id." in read(no_id)
    assert "This field is required." in read(officer.post(LIST, {"kind": "client"}))


def test_each_part_needs_its_own_permission(officer):
    exports = member("export_person", name="exports")
    forgets = member("forget_person", name="forgets")
    sees = member("view_modelpreset", name="sees")
    assert "Forget …" not in exports.post(LIST, ADA).content.decode()
    assert "Export as a file" not in forgets.post(LIST, ADA).content.decode()
    assert exports.post(FORGET, CONFIRMED).status_code == 403
    assert forgets.post(EXPORT, ADA).status_code == 403
    for url in (LIST, EXPORT, FORGET):
        assert sees.post(url, CONFIRMED).status_code == 403
    assert kept()["Turn"] == 3
    assert "Personal data" in exports.get("/admin/").content.decode()
    assert "Personal data" not in sees.get("/admin/").content.decode()
    assert forgets.post(FORGET, CONFIRMED).status_code == 302
    assert kept()["Turn"] == 1


@pytest.mark.parametrize("url", [EXPORT, FORGET])
def test_nothing_goes_by_an_address(officer, url):
    assert officer.get(f"{url}?user=ada&kind=client&confirmed=yes").status_code == 405
    assert kept()["Turn"] == 3


def test_a_name_stays_text(officer):
    spoke(f"client:{MARKUP}", "I am odd")
    for url in (LIST, FORGET):
        html = officer.post(url, ADA | {"user": MARKUP}).content.decode()
        assert MARKUP not in html
        assert "&lt;b&gt;ada&lt;/b&gt;" in html
