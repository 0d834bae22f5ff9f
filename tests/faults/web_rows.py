"""Attacks on the pages, and what must not leak (W1 to W13), as rows."""

from tests.faults.row import Row, Section

WEB = Section(
    "Somebody attacks the pages",
    "Done over HTTP to the pages, to `/api/` and to the data plane.",
    (
        Row(
            "W1",
            "A change is asked for by GET, or without its CSRF token",
            "GET changes nothing, whatever the door; a POST without its token is 403",
        ),
        Row(
            "W2",
            "Each role tries each door: anonymous, guest, staff with one permission or none, "
            "the shipped groups, superuser; scripts with each scope",
            "Answered exactly as tabled; the table has every door that a POST opens, every "
            "action of a list and every door of `/api/`",
        ),
        Row(
            "W3",
            "`manage.py check --deploy --fail-level WARNING` with `AURA_HTTPS` on",
            "No warning",
        ),
        Row(
            "W4",
            "SECRET_KEY is missing, `django-insecure-...`, an example's, short",
            "Without one, one is made once and kept for its owner alone; with one that others "
            "know Aura does not start, and does not show it",
        ),
        Row(
            "W5",
            "A page is framed, sniffed, given a script; an error page, too",
            "Every page and every error has a strict Content-Security-Policy, nosniff, "
            "X-Frame-Options DENY, a Referrer-Policy and a Cross-Origin-Opener-Policy",
        ),
        Row(
            "W6",
            "The Host header is another's, has a user, a path or markup, or comes twice, in "
            "one line or in two; X-Forwarded-Host says another",
            "400 from every page; no link leads elsewhere. `/v1` does not look at it, but "
            "refuses two lines as well",
        ),
        Row(
            "W7",
            "A provider answers with our key in its errors; every page is opened, with "
            "DEBUG off and on",
            "A provider's key and Aura's own secrets are found in 0 bytes of logs, errors, "
            "pages, debug pages, metrics, history, database and copies on disk",
        ),
        Row(
            "W8",
            "30 spellings of private addresses in every field, header and message that a "
            "client or an operator can fill in; a redirect; a name that changes its address",
            "No connection to them and no look-up of their names: addresses of providers "
            "come from the environment alone",
        ),
        Row(
            "W9",
            "Passwords are guessed",
            "After 10 wrong ones 429 for 5 minutes, for that name from that address",
        ),
        Row(
            "W10",
            "Anybody reads the status page",
            "No credentials in addresses, no part of a key, no way to act; "
            "`AURA_PUBLIC_STATUS=false` keeps it for staff",
        ),
        Row(
            "W11",
            "docker-compose.yml as somebody runs it unread",
            "Only web is published, on 127.0.0.1; no password in the file; a user of its "
            "own, a read-only file system, no rights to gain",
        ),
        Row(
            "W12",
            "Somebody times the check of keys: a valid beginning beside random ones",
            "Every key costs one hash of all of it and one look for that hash, for clients "
            "and for scripts: nothing to tell them apart by",
        ),
        Row(
            "W13",
            "Prompts and answers pass through `/v1`",
            "They are in no log, no error, no row and no file; where `AURA_KEEP_PROMPTS` is "
            "on, only encrypted, cut past 64 KiB and marked, and gone in time",
        ),
    ),
)
