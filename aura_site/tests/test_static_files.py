"""Static files are answered whole, with what browsers need to keep them."""

import pytest


@pytest.fixture
def answer(client):
    return client.get("/static/aura/aura.css")


def test_a_stylesheet_is_answered_with_its_type(answer):
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/css")
    assert b"--" in answer.content


def test_no_answer_streams_as_that_warns_under_asgi(answer):
    assert not answer.streaming


def test_a_copy_that_is_still_good_is_not_sent_again(client, answer):
    since = answer["Last-Modified"]
    again = client.get("/static/aura/aura.css", headers={"If-Modified-Since": since})
    assert (again.status_code, again.content) == (304, b"")


def test_head_tells_the_length_without_the_file(client, answer):
    head = client.head("/static/aura/aura.css")
    assert head["Content-Length"] == str(len(answer.content))
