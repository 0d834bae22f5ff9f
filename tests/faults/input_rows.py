"""What people and files may try to put into Aura (E1 to E11), as rows."""

from tests.faults.row import Row, Section

INPUT = Section(
    "Somebody enters what cannot be",
    "Sent to the admin, to `/api/`, in files and in the environment, and looked at again in "
    "a browser.",
    (
        Row("E1", "A preset's name is empty, spaces, no-break spaces", "Refused"),
        Row(
            "E2",
            "A name with zero-width spaces, direction overrides, control characters, CRLF, "
            "lone surrogates",
            "Refused, and the character is named",
        ),
        Row(
            "E3",
            "A name that looks like another's: case, full width, letters of other scripts",
            "Refused, and told whom it looks like; the database refuses it as well",
        ),
        Row(
            "E4",
            "A name or a model id of 10,000 characters, an emoji",
            "Refused; nothing is kept, and the page stays below 200 KB",
        ),
        Row(
            "E5",
            "A model id with spaces, `#`, quotes, `$`, CRLF, `../`, `http://`, other scripts",
            "Refused with the reason, on every rung and in every form; spaces around it go",
        ),
        Row(
            "E6",
            "A dimension of 0, -1, 1e9, 1536.5, words, 5,000 digits",
            "Refused with the bounds; other spellings of a whole number are normalised",
        ),
        Row(
            "E7",
            "The embedding model or its dimension changes while vectors are in use",
            "Refused with counts while Aura's memory would be left behind, unless it is "
            "embedded anew first; with `AURA_EMBEDDING_LOCK` refused in every way that there "
            "is, with both values and the mend; never vectors of two lengths in one answer",
        ),
        Row(
            "E8",
            "Lines in `.env` and variables as people write them: quotes, comments, spaces, "
            "`export`, dollars, broken lines",
            "Values as Docker Compose gives them; what cannot be is named by its line, and "
            "no secret is ever shown",
        ),
        Row(
            "E9",
            "`.env` is missing, unreadable, a folder, a pipe, UTF-16, 10 MB, a link to itself",
            "Aura serves, and the status page says what is wrong with it",
        ),
        Row(
            "E10",
            "An import with doubled entries, unknown fields, wrong values, depth without "
            "end, size without end, markup in names",
            "All of it or nothing, with a report that names each line",
        ),
        Row(
            "E11",
            "`<script>`, `{{ }}`, `{% %}`, `javascript:` in every field, seen in Chromium on "
            "the status page, the admin and the history",
            "Shown as text: no dialog, no violation of the Content-Security-Policy",
        ),
    ),
)
