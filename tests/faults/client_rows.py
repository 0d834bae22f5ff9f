"""Faults of the clients that call Aura (C1 to C16), as rows."""

from tests.faults.row import Row, Section

CLIENTS = Section(
    "The client misbehaves",
    "Done to a running server by clients on plain sockets, or to the data plane itself "
    "where no socket is needed.",
    (
        Row(
            "C1",
            "It hangs up in the middle of a stream, 200 times",
            "The provider's connection is closed within 1 s; no socket, no task and no "
            "database connection is left after 5 s",
        ),
        Row(
            "C2",
            "100 connections send their head slowly, 100 their body",
            "`/health` answers in under 50 ms; the slow ones are cut",
        ),
        Row(
            "C3",
            "50 clients read 1 KB a second",
            "Nobody else notices; memory stays bounded",
        ),
        Row(
            "C4",
            "10,000 small requests over 50 connections",
            "No error; memory grows by less than 30 MB, open sockets stay as they were",
        ),
        Row(
            "C5",
            "A body of 100 MB, with its length, without, in chunks",
            "413 after at most 4 MiB were read, in under 1 s; memory grows by less than "
            "10 MB",
        ),
        Row("C6", "JSON nested 100,000 deep", "400"),
        Row(
            "C7",
            "Numbers of 5,000 digits, NaN, 1e999, doubled keys, text after the end, a "
            "BOM, UTF-16, bad UTF-8",
            "400; but of doubled keys the last wins, and a BOM is skipped. No NaN ever "
            "reaches a provider",
        ),
        Row(
            "C8",
            "NUL and lone surrogates in text, model and user",
            "400, or passed on as an escape; never 500",
        ),
        Row(
            "C9",
            "`model` is missing, no text, very long, unknown, a path, has CRLF",
            "400 or 404 in OpenAI's shape in under 20 ms; the name is cut to 200 "
            "characters where it is repeated",
        ),
        Row(
            "C10",
            "The body has `api_base`, `base_url`, `api_key`, `extra_headers`, "
            "`organization` or `model_list`",
            "400, and no provider ever sees them",
        ),
        Row(
            "C11",
            "It sends a provider's Authorization, Host, X-Forwarded-*, Cookie, "
            "hop-by-hop headers",
            "None is passed on",
        ),
        Row(
            "C12",
            "It smuggles: Content-Length with Transfer-Encoding, two lengths, "
            "`Content_Length`, folded lines, bare LF",
            "400, or the header is ignored; never a second request out of one",
        ),
        Row(
            "C13",
            "No key, a wrong, revoked, expired or endless one, in odd spellings",
            "401 of one shape in under 20 ms; a revoked key is dead on all workers "
            "within 2 s",
        ),
        Row(
            "C14",
            "It makes Aura check keys",
            "One SHA-256 and one look into memory for each: random keys need no more",
        ),
        Row(
            "C15",
            "More requests at once than Aura takes, or more than a key may",
            "503 or 429 with Retry-After in under 50 ms; those that were taken go on",
        ),
        Row(
            "C16",
            "Wrong method, content type, path or Accept",
            "405, 415 or 404 as JSON under `/v1`",
        ),
    ),
)
