"""Server-sent events as bytes come in: frames may be split anywhere and come several at a
time. Follows https://html.spec.whatwg.org/multipage/server-sent-events.html, of which
only `data` matters here."""

EVENT_MAX = 1024 * 1024


class EventTooLong(ValueError):
    """An event of the stream, or one line of it, is longer than 1 MiB."""


class EventParser:
    """Turn chunks of bytes into the data of whole events."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the data of every event that `chunk` completes; comments are dropped.

        Raises EventTooLong.
        """
        if self._is_plain(chunk):
            return self._plain_events(chunk)
        events: list[bytes] = []
        for line in self._lines(chunk):
            if not line:
                self._end(events)
            elif line.startswith(b"data:"):
                self._add(line)
        return events

    def close(self) -> list[bytes]:
        """Return the data of an event that the end of the stream completes."""
        events = self.feed(b"\n") if self._rest else []
        self._end(events)
        return events

    def _is_plain(self, chunk: bytes) -> bool:
        """Say whether `chunk` holds whole events and nothing is left of one before: the
        way in which most come."""
        return (
            chunk.endswith(b"\n\n")
            and not (self._rest or self._data or self._after_cr)
            and len(chunk) <= EVENT_MAX
            and b"\r" not in chunk
        )

    def _plain_events(self, chunk: bytes) -> list[bytes]:
        events: list[bytes] = []
        for block in chunk[:-2].split(b"\n\n"):
            if block.startswith(b"data: ") and b"\n" not in block:
                events.append(block[6:])
            else:
                for line in block.split(b"\n"):
                    if line.startswith(b"data:"):
                        self._add(line)
                self._end(events)
        return events

    def _add(self, line: bytes) -> None:
        self._data.append(line[5:].removeprefix(b" "))
        self._size += len(line)
        if self._size > EVENT_MAX:
            raise EventTooLong

    def _end(self, events: list[bytes]) -> None:
        if self._data:
            events.append(b"\n".join(self._data))
            self._data, self._size = [], 0

    def _lines(self, chunk: bytes) -> list[bytes]:
        """Split off the whole lines; they end in LF, CRLF or CR, which may be cut apart."""
        ends_in_cr = chunk.endswith(b"\r") or (self._after_cr and not chunk)
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = ends_in_cr
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > EVENT_MAX or any(len(line) > EVENT_MAX for line in lines):
            raise EventTooLong
        return lines
