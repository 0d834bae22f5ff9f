"""An HTTP/1.1 answer as its bytes come in: parsed by httptools, bounded in every part, and
refused for all that could be read in two ways. No sockets, no waiting."""

import httptools

HEAD_MAX = 64 * 1024
HEADERS_MAX = 100
ERROR_MAX = 64 * 1024
TOO_LARGE = "sent more than Aura takes"
LENGTH, CODING = b"content-length", b"content-encoding"
TRANSFER, RETRY_AFTER = b"transfer-encoding", b"retry-after"
KEPT = frozenset((LENGTH, CODING, TRANSFER, RETRY_AFTER))


class BadAnswer(ValueError):
    """What came is no answer that can be used. The text follows the server's name."""


PARSER_ERRORS = (httptools.HttpParserError, httptools.HttpParserUpgrade, BadAnswer)


class HttpAnswer:
    """One answer after another on the same connection: `expect`, then `feed` and `take`."""

    __slots__ = (
        "_bare",
        "_body",
        "_header_count",
        "_limit",
        "_parser",
        "_speaks_1",
        "fields",
        "has_begun",
        "is_complete",
        "is_spoilt",
        "keeps",
        "size",
        "status",
    )

    fields: dict[bytes, bytes]  # the headers in KEPT, by their names in lower case
    status: int  # 0 until the head is there
    size: int  # of the body, as far as it has come
    has_begun: bool  # a byte has come
    is_complete: bool
    is_spoilt: bool  # something came that is no part of the answer
    keeps: bool  # the connection can be used again

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._speaks_1 = False
        self.expect(0)

    def expect(self, limit: int) -> None:
        """Begin anew with an answer whose body has at most `limit` bytes."""
        self._limit = limit
        self._body: bytes | bytearray = b""
        self.fields = {}
        self.size = self.status = self._bare = self._header_count = 0
        self.has_begun = self.is_complete = self.is_spoilt = self.keeps = False

    def feed(self, data: bytes) -> bool:
        """Take bytes off the wire, and say whether the answer is complete.

        Raises BadAnswer.
        """
        self.has_begun = True
        size_before = self.size
        try:
            if self.status or self._bare + len(data) <= HEAD_MAX:
                self._parser.feed_data(data)
            else:
                self._feed_head(data)
        except PARSER_ERRORS as error:
            self._judge(error)
        # What is no body: the head, the sizes of chunks, trailers. The parser gathers some
        # of it, and each chunk takes its time, so it is bounded beside what it comes with.
        self._bare += len(data) - self.size + size_before
        if self._bare > HEAD_MAX + self.size // 4:
            raise BadAnswer(TOO_LARGE)
        return self.is_complete

    def end(self) -> bool:
        """Take the end of the connection, and say whether it is that of the answer, as it
        is for a body without a length (RFC 9112, 6.3)."""
        if self.status and LENGTH not in self.fields and TRANSFER not in self.fields:
            self.is_complete = True
        return self.is_complete

    def take(self) -> bytes:
        """Return what has come of the body since the last call."""
        body = self._body
        if body:
            self._body = b""
        return bytes(body)

    def give_up(self) -> None:
        """Allow for the end of a stream of which no more is read, and little more."""
        self._limit = self.size + ERROR_MAX

    def close(self) -> None:
        """Let go of the parser, which holds methods of ours: a circle."""
        del self._parser

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Take one answer only."""
        if self.is_complete:
            raise BadAnswer("sent two answers at once")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header or trailer, and keep the few headers that are needed."""
        self._header_count += 1
        if self._header_count > HEADERS_MAX:
            raise BadAnswer(TOO_LARGE)
        name = name.lower()
        if name in KEPT and not self.status:
            fields = self.fields
            fields[name] = fields[name] + b", " + value if name in fields else value

    def on_headers_complete(self) -> None:
        """Judge the head; that of an interim answer is dropped, another follows."""
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self.fields.clear()
            return
        if not self._speaks_1:
            self._check_version()
        if status != 200:
            self._limit = min(self._limit, ERROR_MAX)
        _check_head(status, self.fields, self._limit)
        self.status = status

    def on_body(self, data: bytes) -> None:
        """Keep a part of the body."""
        self.size += len(data)
        if self.size > self._limit:
            raise BadAnswer(TOO_LARGE)
        if not self._body:
            self._body = data
        else:
            # A list of parts could take twenty times their size.
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += data

    def on_message_complete(self) -> None:
        """Note the end of the answer."""
        if self.status:
            self.is_complete = True
            self.keeps = self._parser.should_keep_alive()

    # Inside.

    def _check_version(self) -> None:
        if not self._parser.get_http_version().startswith("1."):
            raise BadAnswer("sent something that is not HTTP/1.1")
        self._speaks_1 = True  # asking costs; a server stays with its version

    def _feed_head(self, data: bytes) -> None:
        """Parse at most HEAD_MAX bytes of a head: the parser gathers all it is given."""
        room = HEAD_MAX - self._bare
        self._parser.feed_data(data[:room])
        if not self.status:
            raise BadAnswer(TOO_LARGE)
        self._parser.feed_data(data[room:])

    def _judge(self, error: Exception) -> None:
        """Raise what an error of the parser means. Once the answer is complete, it only
        spoils the connection."""
        cause: BaseException | None = error
        if isinstance(error, httptools.HttpParserCallbackError):
            cause = error.__context__  # what one of our methods raised
        if self.is_complete:
            self.is_spoilt = True
        elif isinstance(cause, BadAnswer):
            raise cause
        elif isinstance(cause, PARSER_ERRORS):
            raise BadAnswer("sent something that is not HTTP") from None
        else:
            raise error


def _check_head(status: int, fields: dict[bytes, bytes], limit: int) -> None:
    """Raise BadAnswer for a head whose body is not to be read."""
    if CODING in fields and fields[CODING].lower() != b"identity":
        raise BadAnswer("sent a compressed body unasked")
    if TRANSFER in fields and fields[TRANSFER].lower() != b"chunked":
        raise BadAnswer("sent a body in an unknown transfer encoding")
    if status != 200 and status < 400:
        raise BadAnswer(f"answered {status} where 200 was expected")
    if LENGTH in fields and int(fields[LENGTH]) > limit:
        raise BadAnswer(TOO_LARGE)
