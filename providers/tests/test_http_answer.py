"""An answer comes out the same wherever its bytes are cut, and nothing else comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.http_answer import (
    ERROR_MAX,
    HEAD_MAX,
    HEADERS_MAX,
    RETRY_AFTER,
    BadAnswer,
    HttpAnswer,
)
from providers.tests.calling import OK

LIMIT = 1024 * 1024
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PLAIN = OK + b"Content-Length: 5\r\nX: y\r\nServer: z\r\n\r\nhello"


def fed(*pieces, limit=LIMIT):
    answer = HttpAnswer()
    answer.expect(limit)
    for piece in pieces:
        answer.feed(piece)
    return answer


def test_whole_answer_gives_status_body_and_the_needed_headers():
    answer = fed(
        b"HTTP/1.1 429 Slow down\r\nRETRY-After: 7\r\nSet-Cookie: a=b\r\n"
        b"Content-Length: 5\r\n\r\nhello"
    )
    assert (answer.status, answer.take(), answer.take()) == (429, b"hello", b"")
    assert answer.is_complete and answer.keeps and not answer.is_spoilt
    assert answer.fields == {RETRY_AFTER: b"7", b"content-length": b"5"}


GOOD = {
    "length": PLAIN,
    "length of nothing": OK + b"Content-Length: 0\r\n\r\n",
    "chunks": CHUNKED + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    "extensions": CHUNKED + b"5;a=b;c\r\nhello\r\n0;d\r\n\r\n",
    "trailers": CHUNKED + b"5\r\nhello\r\n0\r\nX: y\r\nRetry-After: 9\r\n\r\n",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nRetry-After: 9\r\n"
    b"Content-Encoding: gzip\r\n\r\n" + PLAIN,
    "1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
    "upgrade offered": OK + b"Upgrade: h2c\r\nConnection: Upgrade\r\n"
    b"Content-Length: 5\r\n\r\nhello",
}


@pytest.mark.parametrize("name", GOOD)
def test_answer_is_the_same_however_it_is_cut(name):
    data = GOOD[name]
    answers = [fed(data[:n], data[n:]) for n in range(len(data))]
    answers.append(fed(*(data[n : n + 1] for n in range(len(data)))))
    for answer in answers:
        body = b"" if name == "length of nothing" else b"hello"
        assert (answer.status, answer.take(), answer.is_complete) == (200, body, True)
        assert RETRY_AFTER not in answer.fields and not answer.is_spoilt


def test_next_answer_knows_nothing_of_the_last():
    answer = fed(b"HTTP/1.1 500 Oh\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nhello")
    answer.expect(LIMIT)
    answer.feed(PLAIN)
    assert (answer.status, answer.take()) == (200, b"hello")
    assert RETRY_AFTER not in answer.fields


@pytest.mark.parametrize(
    ("head", "keeps"),
    [
        (OK, True),
        (OK + b"Connection: close\r\n", False),
        (b"HTTP/1.0 200 OK\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n", True),
    ],
)
def test_connection_is_kept_as_the_head_says(head, keeps):
    answer = fed(head + b"Content-Length: 0\r\n\r\n")
    assert answer.is_complete and answer.keeps is keeps


@pytest.mark.parametrize("head", [OK, b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 500 Oh\r\n"])
def test_body_without_a_length_ends_with_the_connection(head):
    answer = fed(head + b"\r\nhel", b"lo")
    assert not answer.is_complete
    assert answer.end() and answer.take() == b"hello" and not answer.keeps


@pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 200", PLAIN[:-1], CHUNKED + b"5\r\nhello\r\n"]
)
def test_end_of_the_connection_is_no_end_elsewhere(data):
    answer = fed(*[data] * bool(data))
    assert not answer.end()


@pytest.mark.parametrize("more", [b"!", b"HTTP/1.1 200 OK", PLAIN, b"\x00" * 9999])
def test_bytes_after_the_answer_are_no_part_of_it(more):
    for head in (b"", b"Connection: close\r\n"):
        answer = fed(OK + head + b"Content-Length: 5\r\n\r\nhello" + more)
        assert answer.take() == b"hello"
        assert answer.is_spoilt


def with_headers(*lines):
    return OK + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


BAD = {
    "no HTTP": b"hello\r\n\r\n",
    "bad status": b"HTTP/1.1 abc OK\r\n\r\n",
    "status of 2 digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "status of 4 digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "status 000": b"HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/2": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/0.9": b"HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n",
    "two lengths": with_headers(b"Content-Length: 2", b"Content-Length: 3"),
    "two equal lengths": with_headers(b"Content-Length: 2", b"Content-Length: 2"),
    "list of lengths": with_headers(b"Content-Length: 2, 2"),
    "negative length": with_headers(b"Content-Length: -2"),
    "length with a sign": with_headers(b"Content-Length: +2"),
    "length in hex": with_headers(b"Content-Length: 0x2"),
    "endless length": with_headers(b"Content-Length: " + b"9" * 30),
    "no length": with_headers(b"Content-Length:"),
    "length and chunks": with_headers(
        b"Content-Length: 2", b"Transfer-Encoding: chunked"
    ),
    "chunks and length": with_headers(
        b"Transfer-Encoding: chunked", b"Content-Length: 2"
    ),
    "length and identity": with_headers(
        b"Content-Length: 2", b"Transfer-Encoding: identity"
    ),
    "twice chunked": with_headers(
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"
    ),
    "compressed chunks": with_headers(b"Transfer-Encoding: gzip, chunked"),
    "chunks, then more": with_headers(b"Transfer-Encoding: chunked, identity"),
    "transfer unknown": with_headers(b"Transfer-Encoding: xchunked"),
    "space before colon": with_headers(b"Content-Length : 2"),
    "folded line": with_headers(b"X: a", b" b"),
    "folded first line": with_headers(b" b"),
    "no name": with_headers(b": b"),
    "no colon": with_headers(b"hello"),
    "NUL in header": with_headers(b"X: a\x00b"),
    "CR in header": with_headers(b"X: a\rY: b"),
    "LF alone": OK + b"X: a\nContent-Length: 2\n\n{}",
    "LF after status": b"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\n{}",
    "101": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    "101 alone": b"HTTP/1.1 101 Switching\r\n\r\n",
    "204": b"HTTP/1.1 204 None\r\n\r\n",
    "204 with a body": b"HTTP/1.1 204 None\r\nContent-Length: 2\r\n\r\n{}",
    "304": b"HTTP/1.1 304 Same\r\n\r\n",
    "gzip": with_headers(b"Content-Encoding: gzip", b"Content-Length: 2"),
    "gzip hidden": with_headers(
        b"Content-Encoding: gzip", b"Content-Encoding: identity"
    ),
    "gzip twice": with_headers(b"Content-Encoding: identity, gzip"),
    "chunk of no number": CHUNKED + b"ZZ\r\n{}\r\n",
    "second chunk of no number": CHUNKED + b"2\r\n{}\r\nZZ\r\n",
    "negative chunk": CHUNKED + b"-2\r\n{}\r\n",
    "chunk in 0x": CHUNKED + b"0x2\r\n{}\r\n",
    "endless chunk size": CHUNKED + b"f" * 17 + b"\r\n",
    "chunk longer than told": CHUNKED + b"2\r\n{}{}\r\n",
    "chunk ends in LF": CHUNKED + b"2\n{}\n",
    "length in a trailer": CHUNKED + b"2\r\n{}\r\n0\r\nContent-Length: 2\r\n\r\n",
    "100 headers and one": with_headers(*[b"X: a"] * (HEADERS_MAX + 1)),
    "long head": with_headers(*[b"X: " + b"a" * 999] * 80),
    "long head and a body": with_headers(
        b"Content-Length: 150000", *[b"X: " + b"a" * 995] * 90
    )
    + b"a" * 150_000,
    "long header": with_headers(b"X: " + b"a" * 200_000),
    "long name": with_headers(b"a" * 200_000 + b": a"),
    "long reason": b"HTTP/1.1 200 " + b"a" * 200_000 + b"\r\n\r\n",
    "long trailer": CHUNKED + b"2\r\n{}\r\n0\r\nX: " + b"a" * 400_000 + b"\r\n\r\n",
    "many trailers": CHUNKED + b"2\r\n{}\r\n0\r\n" + b"X: a\r\n" * 101 + b"\r\n",
    "long extension": CHUNKED + b"2;" + b"a" * 400_000 + b"\r\n{}\r\n0\r\n\r\n",
    "tiny chunks": CHUNKED + b"1\r\na\r\n" * 40_000,
    "many interim answers": b"HTTP/1.1 100 A\r\n\r\n" * 9999,
    "long body": OK + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1),
    "long chunk": CHUNKED + b"%x\r\n" % (LIMIT + 1) + b"a" * (LIMIT + 1),
    "long body without length": OK + b"\r\n" + b"a" * (LIMIT + 1),
    "long error": b"HTTP/1.1 500 Oh\r\n\r\n" + b"a" * (ERROR_MAX + 1),
}


@pytest.mark.fault("U16")
@pytest.mark.fault("U17")
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_answer_is_refused(name):
    data = BAD[name]
    # A loop reads at most 256 KiB at once.
    for size in (262_144, 65536, 999, *[1] * (len(data) < 9999)):
        with pytest.raises(BadAnswer):
            fed(*(data[n : n + size] for n in range(0, len(data), size)))


@pytest.mark.parametrize("name", ["long head", "long trailer", "long extension"])
def test_what_is_not_body_is_refused_before_it_is_at_its_end(name):
    data, answer = BAD[name], HttpAnswer()
    answer.expect(LIMIT)
    with pytest.raises(BadAnswer):
        for n in range(HEAD_MAX // 1000 + 2):
            answer.feed(data[n * 1000 : n * 1000 + 1000])


def test_head_of_64_kib_is_taken():
    lines = [b"X: " + b"a" * 655 for _ in range(HEADERS_MAX - 1)]
    head = with_headers(b"Content-Length: 5", *lines)
    assert HEAD_MAX - 1000 < len(head) <= HEAD_MAX
    assert fed(head + b"hello" * 1).take() == b"hello"
    body = b"a" * LIMIT
    large = head.replace(b"Length: 5", b"Length: %d" % LIMIT) + body
    assert fed(large).take() == body


def test_what_goes_wrong_in_our_own_code_is_not_taken_for_theirs(monkeypatch):
    monkeypatch.setattr("providers.http_answer._check_head", None)
    with pytest.raises(Exception) as caught:
        fed(PLAIN)
    assert not isinstance(caught.value, BadAnswer)


SEEDS = [*GOOD.values(), *(data for data in BAD.values() if len(data) < 999)]


@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.integers(0, 999), st.binary(max_size=3))),
    cuts=st.lists(st.integers(0, 999), max_size=5),
)
def test_any_bytes_are_an_answer_or_refused_however_they_are_cut(seed, changes, cuts):
    data = bytearray(seed)
    for place, change in changes:
        data[place % len(data) : place % len(data) + 1] = change or b"\r"
    assert outcome(bytes(data), []) == outcome(bytes(data), sorted(cuts))


def outcome(data, cuts):
    edges = [0, *(min(cut, len(data)) for cut in cuts), len(data)]
    answer = HttpAnswer()
    answer.expect(LIMIT)
    try:
        for start, end in zip(edges, edges[1:], strict=False):
            if start < end and not answer.is_complete:
                answer.feed(data[start:end])
    except BadAnswer:
        return "refused"
    return answer.status, answer.take(), answer.is_complete, answer.fields
