"""Events come out the same wherever the bytes of a stream are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.sse import EVENT_MAX, EventParser, EventTooLong

LINES = [
    ": OPENROUTER PROCESSING",
    "",
    'data: {"text": "Grüße, 世界 🚀"}',
    "",
    "event: ping",
    "id: 7",
    "data:no space",
    "retry: 10",
    "",
    "data:  two spaces",
    "",
    "data: first",
    ": between",
    "data: second",
    "",
    "data:",
    "",
    "",
    "data: [DONE]",
    "",
    "",
]
EVENTS = [
    'data: {"text": "Grüße, 世界 🚀"}'.encode()[6:],
    b"no space",
    b" two spaces",
    b"first\nsecond",
    b"",
    b"[DONE]",
]
ENDINGS = pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])


def reference(ending):
    return ending.join(LINES).encode()


def parsed(pieces):
    parser = EventParser()
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.close()


def cut(data, places):
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def test_whole_stream_gives_its_events():
    assert parsed([reference("\n")]) == EVENTS


@ENDINGS
def test_each_cut_in_two_gives_the_same_events(ending):
    data = reference(ending)
    for place in range(len(data) + 1):
        assert parsed([data[:place], data[place:]]) == EVENTS


@ENDINGS
def test_byte_by_byte_gives_the_same_events(ending):
    data = reference(ending)
    assert parsed(data[n : n + 1] for n in range(len(data))) == EVENTS


@ENDINGS
@given(places=st.lists(st.integers(0, 10_000), max_size=30))
def test_any_cuts_give_the_same_events(ending, places):
    assert parsed(cut(reference(ending), places)) == EVENTS


@given(
    tokens=st.lists(
        st.sampled_from([b"data:", b" ", b"x", b":", b"\r", b"\n", b"\xc3"])
    ),
    places=st.lists(st.integers(0, 10_000), max_size=10),
)
def test_cuts_change_nothing_in_a_stream_of_anything(tokens, places):
    data = b"".join(tokens)
    assert parsed(cut(data, places)) == parsed([data])


def test_event_comes_as_soon_as_its_blank_line_does():
    parser = EventParser()
    assert parser.feed(b"data: a\n") == []
    assert parser.feed(b"\n") == [b"a"]


def test_several_events_in_one_read_come_in_order():
    assert EventParser().feed(b"data: a\n\ndata: b\n\ndata: c\n") == [b"a", b"b"]


@pytest.mark.parametrize("first", [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r", b"\n\n\n"])
@pytest.mark.parametrize("last", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_lines_of_one_read_may_end_in_different_ways(first, last):
    data = b"data: a" + first + b"data:b" + last
    assert parsed([data]) == [b"a", b"b"]


def test_lines_of_one_event_may_end_in_different_ways():
    data = b"id: 1\rdata: a\r\ndata: b\n\n"
    assert parsed([data]) == [b"a\nb"]


def test_end_of_the_stream_completes_its_last_event():
    assert parsed([b"data: a\n\ndata: [DONE]"]) == [b"a", b"[DONE]"]
    assert parsed([b"data: a\n"]) == [b"a"]
    assert parsed([b": only a comment"]) == []


def test_fields_other_than_data_are_dropped():
    assert parsed([b"database: no\ndata\nevent: data: no\n\n"]) == []


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_line_over_1_mib_is_refused(end):
    parser = EventParser()
    parser.feed(b"data: " + b"a" * (EVENT_MAX - 6))
    with pytest.raises(EventTooLong):
        parser.feed(b"a" + end)


def test_line_over_1_mib_that_comes_at_once_is_refused():
    with pytest.raises(EventTooLong):
        EventParser().feed(b"data: " + b"a" * EVENT_MAX + b"\n\n")


def test_line_of_1_mib_is_taken():
    text = b"a" * (EVENT_MAX - 6)
    assert parsed([b"data: " + text + b"\n\n"]) == [text]


def test_event_of_many_lines_is_bounded_as_a_line_is():
    parser = EventParser()
    with pytest.raises(EventTooLong):
        for _ in range(EVENT_MAX // 5):
            parser.feed(b"data:\ndata:\n")


def test_events_together_may_be_longer_than_one():
    half = b"data: " + b"a" * (EVENT_MAX // 2) + b"\n\n"
    assert len(parsed([half] * 3)) == 3
