"""Faults of the provider that Aura calls (U1 to U24), as rows."""

from tests.faults.row import Row, Section

UPSTREAM = Section(
    "The provider fails",
    "Done by model servers of our own on plain sockets, for plain answers and for streams. "
    "Errors have OpenAI's shape; codes are those of its `code` field.",
    (
        Row(
            "U1",
            "It refuses connections",
            "502 `upstream_unreachable` after at most two attempts, in under 300 ms",
        ),
        Row(
            "U2",
            "It takes the request and never answers",
            "A stream ends with 504 `upstream_timeout` at the deadline for its first chunk "
            "(L1: 2 s, give or take 0.3 s). A plain answer comes whole or not at all, so "
            "it has until its total deadline. Nothing is left behind",
        ),
        Row(
            "U3",
            "It sends its head or its body byte by byte, 0.4 s apart",
            "The deadlines count from the beginning, not from the last byte: 504",
        ),
        Row(
            "U4",
            "It resets the connection in the middle",
            "A stream keeps the chunks that came and ends with an error event, without "
            "`[DONE]` and without a second attempt; a plain answer is a 502",
        ),
        Row(
            "U5",
            "It ends the stream without `finish_reason`, with or without `[DONE]`",
            "As U4, with code `upstream_truncated`: never taken for a whole answer",
        ),
        Row("U6", "Its Content-Length is longer than its body", "502"),
        Row(
            "U7",
            "It answers 429 with Retry-After: seconds, a date, far too long, nonsense",
            "429 with Retry-After between 0 and 60 s, or none where it said nothing of "
            "use; the breaker counts it",
        ),
        Row(
            "U8",
            "It answers 500, 502, 503 or 529",
            "One more attempt when the retry budget has one left, then an error of the "
            "same class in our words",
        ),
        Row(
            "U9",
            "It answers 400, 401, 403, 404 or 422",
            "No second attempt. 401 and 403 become 502 `upstream_auth`: no client shall "
            "think that its own key is bad",
        ),
        Row(
            "U10",
            "It answers 200 with HTML, with nothing, with broken JSON or another shape",
            "502 `upstream_invalid`; what it sent is not shown",
        ),
        Row(
            "U11",
            "It answers 200, and its first event is an error",
            "Treated as that error, with its HTTP status; a second attempt is allowed",
        ),
        Row(
            "U12",
            "Its events come with comments, blank data, CRLF, cut anywhere, one byte at a "
            "time, several at once, without the space after `data:`",
            "The same text each time; a line over 1 MiB is an error",
        ),
        Row("U13", "It sends invalid UTF-8", "502 or an error event, never a crash"),
        Row(
            "U14",
            "Its stream never ends",
            "Cut at the total deadline or at 64 MiB; memory grows by less than 10 MB",
        ),
        Row(
            "U15",
            "Its plain answer has 1 GB",
            "Cut at 16 MiB, 502; memory grows by less than 40 MB",
        ),
        Row(
            "U16",
            "It sends a gzip bomb although it was asked for no compression",
            "Refused by its Content-Encoding, unread; memory grows by less than 10 MB",
        ),
        Row(
            "U17",
            "Two Content-Lengths, a bad status line, 500 headers, a header of 200 KB",
            "502",
        ),
        Row(
            "U18",
            "It redirects: 301, 302, 303, 307, 308; to another port, to file:, to "
            "169.254.169.254",
            "502, and the target hears nothing",
        ),
        Row("U19", "It sends interim answers (1xx), or a 204", "Skipped; 502. No hang"),
        Row(
            "U20",
            "It sends Set-Cookie, Server, hop-by-hop headers, CR or LF in a header",
            "None reaches the client: Aura's headers are its own",
        ),
        Row(
            "U21",
            "`.netrc`, HTTP_PROXY, NO_PROXY and REQUESTS_CA_BUNDLE are set around Aura",
            "The provider sees our key, the proxy sees nothing. Aura has no proxy setting",
        ),
        Row(
            "U22",
            "Embeddings of another length, another number, with NaN or text in them",
            "502 that names both lengths, or says what is wrong; nothing is passed on",
        ),
        Row(
            "U23",
            "It is dead for a long time while 100 requests a second come",
            "After 5 failures in a row answers come in under 50 ms, and it is asked once "
            "in 10 s (by each worker)",
        ),
        Row(
            "U24",
            "It answers 500 to every fifth request, at random",
            "Retries stay within 10 % of its requests and 3 more. That alone cannot help "
            "20 %: clients see at most 14 % errors. With a fallback model for the layer "
            "they see at most 5 %",
        ),
    ),
)
