"""An answer is believed only in the shape it must have; its errors are told with care."""

import email.utils
import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.answers import (
    chat_answer,
    chunk_of,
    embedding_answer,
    has_finish,
    rejection,
    retry_after_s,
)
from providers.errors import ProviderInvalid, ProviderRejected
from providers.shipped import local, named
from providers.tests.calling import KEY

PROVIDER = named("groq", "http://127.0.0.1:1/v1", KEY)
MESSAGE = {"role": "assistant", "content": "Hello"}
READERS = pytest.mark.parametrize("read", [chat_answer, embedding_answer, chunk_of])


def rejected(status, body, retry_after=""):
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return rejection(status, data, retry_after, PROVIDER)


def test_answers_of_the_right_shape_are_given_as_they_are():
    chat = {"id": "1", "choices": [{"index": 0, "message": MESSAGE}], "extra": [1]}
    assert chat_answer(orjson.dumps(chat), PROVIDER) == chat
    rows = {"data": [{"embedding": [1.5]}, {"embedding": "AADAPw=="}]}
    assert embedding_answer(orjson.dumps(rows), PROVIDER) == rows
    chunk = b'{"choices":[{"delta":{},"finish_reason":null}]}'
    assert orjson.dumps(chunk_of(chunk, PROVIDER)) == chunk
    assert chunk_of(b'{"usage": {}}', PROVIDER) == {"usage": {}}


@READERS
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>secret</html>",
        b'{"choices": ',
        b"[]",
        b"null",
        b'"text"',
        b'{"choices": NaN}',
        b'{"choices": "\xff"}',
        b"[" * 100_000,
        b'{"choices": ' + b"[" * 300 + b"]" * 300 + b"}",
    ],
)
def test_what_is_no_json_object_is_refused_and_not_repeated(read, data):
    with pytest.raises(ProviderInvalid) as caught:
        read(data, PROVIDER)
    assert caught.value.permanent and caught.value.provider == "groq"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "choices", [None, [], {}, "text", [None], ["text"], [{}], [{"message": None}]]
)
def test_chat_answer_without_choices_or_message_is_refused(choices):
    with pytest.raises(ProviderInvalid, match="choices"):
        chat_answer(orjson.dumps({"choices": choices}), PROVIDER)


@pytest.mark.parametrize("choices", [None, {}, "text", [None], ["text"]])
def test_chunk_whose_choices_are_none_is_refused(choices):
    with pytest.raises(ProviderInvalid, match="chunk"):
        chunk_of(orjson.dumps({"choices": choices}), PROVIDER)


@pytest.mark.parametrize(
    "rows", [None, {}, "text", [None], [{}], [{"embedding": None}], [{"embedding": 1}]]
)
def test_embedding_answer_without_vectors_is_refused(rows):
    with pytest.raises(ProviderInvalid, match="embeddings"):
        embedding_answer(orjson.dumps({"data": rows}), PROVIDER)


@pytest.mark.parametrize(
    ("chunk", "said"),
    [
        ({"choices": [{"finish_reason": "stop"}]}, True),
        ({"choices": [{"finish_reason": None}, {"finish_reason": "length"}]}, True),
        ({"choices": [{"finish_reason": None}, {}]}, False),
        ({"choices": []}, False),
        ({}, False),
    ],
)
def test_finish_of_any_choice_is_a_finish(chunk, said):
    assert has_finish(chunk) is said


@READERS
@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        ({"code": 429, "message": "slow down"}, 429, "slow down"),
        ({"code": "rate_limited", "message": "slow down"}, 502, "slow down"),
        ({"code": 200, "message": "odd"}, 502, "odd"),
        ({"code": 99999, "message": "odd"}, 502, "odd"),
        ({"message": ["odd"]}, 502, "no reason given"),
        ("model is loading", 502, "model is loading"),
        (["odd"], 502, "no reason given"),
    ],
)
def test_error_inside_a_200_is_a_rejection(read, error, status, text):
    with pytest.raises(ProviderRejected) as caught:
        read(orjson.dumps({"error": error, "choices": []}), PROVIDER)
    assert caught.value.status == status
    assert str(caught.value) == f"groq answered {status}: {text}"


@READERS
def test_error_of_null_is_no_error(read):
    body = {"error": None, "choices": [{"message": MESSAGE}], "data": []}
    assert read(orjson.dumps(body), PROVIDER) == body


def test_rejection_tells_the_status_the_text_and_the_code():
    error = rejected(404, {"error": {"message": "No endpoints", "code": "not_found"}})
    assert (error.status, error.code, error.provider) == (404, "not_found", "groq")
    assert error.message == "groq answered 404: No endpoints"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        [],
        {"detail": "x"},
        {"error": None},
        {"error": {"message": ""}},
        {"error": 7},
    ],
)
def test_rejection_without_an_error_of_openai_shape_gives_no_reason(body):
    assert rejected(500, body).message == "groq answered 500: no reason given"


def test_text_of_a_rejection_is_cut():
    error = rejected(400, {"error": {"message": "a" * 2000, "code": "b" * 2000}})
    assert len(error.message) < 600
    assert len(str(error.code)) <= 64


@pytest.mark.parametrize("before", [0, 480, 490, 499])
def test_key_in_what_a_provider_says_is_masked_even_where_it_is_cut(before):
    said = {"message": "a" * before + KEY, "code": KEY}
    error = rejected(401, {"error": said})
    assert KEY[:8] not in f"{error.message} {error.code}"


def test_provider_without_a_key_masks_nothing():
    error = rejection(400, b'{"error": "bad"}', "", local("", "", "", {}))
    assert error.message == "Local answered 400: bad"


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, True), (401, True), (404, True), (422, True)]
    + [(408, False), (429, False), (500, False), (503, False), (529, False)],
)
def test_rejection_is_permanent_unless_another_try_may_help(status, permanent):
    assert rejected(status, b"").permanent is permanent


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("99999", 60.0),
        ("1e999", 60.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2065 07:28:00 GMT", 60.0),
        ("", None),
        ("nan", None),
        ("soon", None),
        ("1 Jan 2200000000 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_within_a_minute(text, seconds):
    assert retry_after_s(text) == seconds
    assert rejected(429, b"", text).retry_after_s == seconds


def test_retry_after_of_a_near_date_is_the_time_until_then():
    text = email.utils.formatdate(time.time() + 30, usegmt=True)
    assert 28 <= (retry_after_s(text) or 0) <= 30


@given(
    st.one_of(st.text(), st.text("JanFebMoTue0123456789:,+- GMT.e", max_size=40)),
)
def test_retry_after_of_anything_never_fails(text):
    seconds = retry_after_s(text)
    assert seconds is None or 0 <= seconds <= 60
