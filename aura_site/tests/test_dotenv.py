"""What `read_dotenv` makes of the lines people write and of files gone wrong."""

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aura_site.dotenv import MAX_BYTES, clean, digest_of, read_dotenv

BOM = b"\xef\xbb\xbf"
X = {"K": "x"}
ABC = {"K": "abc"}


class Row(NamedTuple):
    """A file's bytes, what it gives, and the numbers of the lines skipped."""

    sentence: str
    raw: bytes
    values: dict[str, str]
    skipped: tuple[str, ...] = ()


# Values as `docker compose config` 2.26.1 gives them for the same file.
AS_COMPOSE = [
    Row(
        "an inline comment is cut",
        b"AURA_L1_MODEL=local/phi-3-mini-4k  # If running local Ollama\n",
        {"AURA_L1_MODEL": "local/phi-3-mini-4k"},
    ),
    Row("a # without a space before it stays", b"K=abc#def\n", {"K": "abc#def"}),
    Row("single quotes then comment", b"K='a b'  # c\n", {"K": "a b"}),
    Row("double quotes then comment", b'K="a b"  # c\n', {"K": "a b"}),
    Row("a # in double quotes stays", b'K="a#b"\n', {"K": "a#b"}),
    Row("a # in single quotes stays", b"K='a#b'\n", {"K": "a#b"}),
    Row("a quoted # then a comment", b'K="a#b" # c\n', {"K": "a#b"}),
    Row("a quoted ' # ' stays", b'K="a # b"\n', {"K": "a # b"}),
    Row("a quoted comment is a value", b'K="# x"\n', {"K": "# x"}),
    Row("a value may begin with #", b"K=#nothing\n", {"K": "#nothing"}),
    Row("trailing spaces are cut", b"K=abc   \n", ABC),
    Row("leading spaces are cut", b"K=   abc\n", ABC),
    Row("quoted spaces stay", b'K=" abc "\n', {"K": " abc "}),
    Row("spaces around = are cut", b"K = abc\n", ABC),
    Row("spaces before the name are cut", b"  K=abc\n", ABC),
    Row("export is skipped", b"export K=abc\n", ABC),
    Row("export may have two spaces", b"export  K=abc\n", ABC),
    Row("export may have a tab", b"export\tK=abc\n", ABC),
    Row("double quotes are taken off", b'K="abc"\n', ABC),
    Row("a space may follow double quotes", b'K="abc" \n', ABC),
    Row("single quotes are taken off", b"K='abc'\n", ABC),
    Row("a quote inside a word stays", b"K=it's # c\n", {"K": "it's"}),
    Row("escapes in double quotes", rb'K="a\nb\t\"q\""', {"K": 'a\nb\t"q"'}),
    Row("no escapes in single quotes", rb"K='a\nb'", {"K": r"a\nb"}),
    Row("a blank value is kept blank", b"K=\n", {"K": ""}),
    Row("blank quotes are blank", b'K=""\n', {"K": ""}),
    Row("a number loses its comment", b"K=1536 # dim\n", {"K": "1536"}),
    Row("a number loses its spaces", b"K= 1536 \n", {"K": "1536"}),
    Row("a number with _ is text here", b"K=1_536\n", {"K": "1_536"}),
    Row("Arabic digits are text here", "K=١٥٣٦\n".encode(), {"K": "١٥٣٦"}),
    Row("a decimal is text here", b"K=1536.0\n", {"K": "1536.0"}),
    Row("a negative number is text here", b"K=-1\n", {"K": "-1"}),
    Row("an exponent is text here", b"K=1e-3\n", {"K": "1e-3"}),
    Row("two dots are text here", b"K=1.5.2\n", {"K": "1.5.2"}),
    Row("a yes loses its comment", b"K=True # debug\n", {"K": "True"}),
    Row("a yes loses its spaces", b"K= true \n", {"K": "true"}),
    Row("an unknown word is text here", b"K=enabled\n", {"K": "enabled"}),
    Row("CRLF ends a line", b"K=abc\r\nJ=1\r\n", {"K": "abc", "J": "1"}),
    Row("CRLF may follow quotes", b'K="abc"\r\n', ABC),
    Row("a BOM is no part of a name", BOM + b"K=abc\nJ=1\n", {"K": "abc", "J": "1"}),
    Row("a $ in single quotes stays", b"K='$ecret'\n", {"K": "$ecret"}),
    Row("the last of two lines wins", b"K=one\nK=two\n", {"K": "two"}),
    Row("a last blank line wins too", b"K=one\nK=\n", {"K": ""}),
    Row("a file's value is read", b"K=file\n", {"K": "file"}),
    Row("a colon does for =", b"K: abc\n", ABC),
    Row("a colon needs no space", b"K:abc\n", ABC),
    Row("a colon comes before =", b"K:a=b\n", {"K": "a=b"}),
    Row("quotes may follow a colon", b'K: "a # b" # c\n', {"K": "a # b"}),
    Row("a name may have a dash", b"MY-K=abc\nK=x\n", {"MY-K": "abc", "K": "x"}),
    Row(
        "a secret with spaces around = is read",
        b"OPENROUTER_API_KEY = sk-or-SECRET\nK=x\n",
        {"OPENROUTER_API_KEY": "sk-or-SECRET", "K": "x"},
    ),
    Row("double quotes span lines", b'K="a\nb"\n', {"K": "a\nb"}),
    Row("single quotes span lines", b"K='a\nb'\n", {"K": "a\nb"}),
    Row("U+2028 ends no line", "K=a\u2028b\n".encode(), {"K": "a\u2028b"}),
    Row("a form feed ends no line", b"K=a\x0cb\n", {"K": "a\x0cb"}),
    Row("a trailing NBSP is cut", "K=abc\u00a0\n".encode(), ABC),
    Row("a name alone sets nothing", b"K\nJ=1\n", {"J": "1"}, ("Line 1",)),
    Row("a value may contain =", b"K=a=b=c\n", {"K": "a=b=c"}),
    Row("a backslash joins no lines", b"K=a\\\nb\n", {"K": "a\\"}, ("Line 2",)),
    Row("a comment may be indented", b"   # hi\nK=x\n", X),
    Row("the last line needs no end", b"K=x", X),
    Row("an empty file sets nothing", b"", {}),
    Row("blank lines set nothing", b"\n \n\t\n", {}),
]

# Where Compose does otherwise, and why this does not.
BY_OUR_RULE = [
    # Compose gives the comment as the value.
    Row("a value that is only a comment is blank", b"K=# nothing\n", {"K": ""}),
    Row("a comment after spaces is blank", b"K=   # nothing\n", {"K": ""}),
    Row("a comment after a colon is blank", b"K: # nothing\n", {"K": ""}),
    # Compose needs a space before the #.
    Row("a tab begins a comment", b"K=abc\t# c\n", ABC),
    # Compose takes CR for a part of the value.
    Row("CR ends a line", b"K=abc\rJ=1\r", {"K": "abc", "J": "1"}),
    # Compose refuses the file, or guesses: a line is skipped and reported.
    Row("an open quote is skipped", b'K="abc\n', {}, ("Line 1",)),
    Row(
        "lines after an open quote are read", b'K="abc\nJ=1\n', {"J": "1"}, ("Line 1",)
    ),
    Row("an open quote may hide lines", b'\nK="a\nJ=1\nL="x"\n', {}, ("Lines 2 to 4",)),
    Row("text after a quote is skipped", b'K="abc"x\nJ=1\n', {"J": "1"}, ("Line 1",)),
    Row("a name with a space is skipped", b"\n# c\n\nA B=1\nK=x\n", X, ("Line 4",)),
    Row("a line without a name is skipped", b"=1\nK=x\n", X, ("Line 1",)),
    Row("an address is no setting", b"http://a:b@c\r\n\r\nK=x\n", X, ("Line 1",)),
    # Compose puts in the value of another variable: half a secret would be lost.
    Row("a leading $ stays", b"K=$OTHER\n", {"K": "$OTHER"}),
    Row("a $ beside its variable stays", b"O=1\nK=$O\n", {"O": "1", "K": "$O"}),
    Row("a ${} stays", b"K=${OTHER}\n", {"K": "${OTHER}"}),
    Row("a $ in the middle stays", b"K=pa$OTHER\n", {"K": "pa$OTHER"}),
    Row("a secret may begin with $", b"K=$ecret\n", {"K": "$ecret"}),
    Row("a value may be its own name", b"K=$K\n", {"K": "$K"}),
    Row("an escaped $ keeps its backslash", b"K=\\$ecret\n", {"K": "\\$ecret"}),
    Row("two $ stay two", b"K=a$$b\n", {"K": "a$$b"}),
]


def by_sentence(rows: list[Row]) -> Any:
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.sentence)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / ".env"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.fault("E8")
@by_sentence(AS_COMPOSE + BY_OUR_RULE)
def test_a_line_is_read_as_people_mean_it(row, write):
    file = read_dotenv(write(row.raw))

    assert (file.state, file.reason) == ("found", "")
    assert file.values == row.values
    assert (
        tuple(problem.partition(" of ")[0] for problem in file.problems) == row.skipped
    )


@pytest.mark.fault("E8")
def test_a_skipped_line_is_named_by_its_number_only(write, caplog):
    caplog.set_level(logging.DEBUG)
    file = read_dotenv(write(b"K=x\n\nOPENROUTER API KEY = sk-or-SECRET\n"))

    assert file.problems == (
        "Line 3 of .env is not an assignment (NAME=value); it was skipped.",
    )
    assert "SECRET" not in repr(file) + caplog.text


@pytest.mark.fault("E8")
def test_values_do_not_show_in_the_repr(write):
    assert "sk-or-SECRET" not in repr(read_dotenv(write(b"K=sk-or-SECRET\n")))


def test_a_long_list_of_skipped_lines_is_summed_up(write):
    problems = read_dotenv(write(b"not a setting\n" * 25)).problems

    assert len(problems) == 21
    assert problems[-1] == "5 more statements of .env were skipped."


@pytest.mark.fault("E9")
def test_a_missing_file_is_missing(tmp_path):
    file = read_dotenv(tmp_path / ".env")

    assert (file.state, file.reason, file.values) == ("missing", "", {})
    assert (file.problems, file.digest) == ((), "")


def test_a_file_below_a_file_is_missing(tmp_path):
    (tmp_path / "plain").write_text("")
    assert read_dotenv(tmp_path / "plain" / ".env").state == "missing"


@pytest.mark.fault("E9")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfeK\x00=\x00a\x00\n\x00", "It is UTF-16."),
        (b"\xfe\xff\x00K\x00=\x00a", "It is UTF-16."),
        (b"J=1\nK\x00=\x00a\x00\n\x00", "Line 2 has a NUL byte."),
        (b"K=ab\xff\n", "Line 1 is not UTF-8."),
        (BOM + b"\r\nK=ab\xff\n", "Line 2 is not UTF-8."),
    ],
)
def test_a_file_that_is_no_utf_8_text_is_unreadable(content, reason, write):
    file = read_dotenv(write(content))

    assert (file.state, file.values) == ("unreadable", {})
    assert file.reason == f"{reason} Save it as UTF-8 text."
    assert file.digest == hashlib.sha256(content).hexdigest()


@pytest.mark.fault("E9")
def test_a_file_of_one_mebibyte_is_read_and_a_larger_one_refused(write):
    assert read_dotenv(write(b"#" * MAX_BYTES)).state == "found"

    larger = read_dotenv(write(b"#" * (MAX_BYTES + 1)))
    assert (larger.state, larger.digest) == ("unreadable", "")
    assert larger.reason.startswith("It is larger than 1 MiB.")


def make_directory(path: Path) -> None:
    path.mkdir()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    path.symlink_to(path)


def make_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("gone"))


@pytest.mark.fault("E9")
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_directory, "It is a directory."),
        (make_pipe, "It is not a regular file."),
        (make_loop, "It is a symbolic link that leads back to itself."),
        (make_dangling_link, "It is a symbolic link to a file that is not there."),
    ],
)
def test_what_is_no_file_is_unreadable_and_says_why(make, reason, tmp_path):
    path = tmp_path / ".env"
    make(path)
    file = read_dotenv(path)

    assert file.state == "unreadable"
    assert file.reason.startswith(reason)
    assert (file.digest, digest_of(path)) == ("", "")


@pytest.mark.fault("E9")
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "This process is not allowed"),
        (OSError(5, "Input/output error"), "It cannot be read: Input/output error."),
    ],
)
def test_a_file_that_does_not_open_is_unreadable(error, reason, write, monkeypatch):
    path = write(b"K=x\n")

    def refuse(*args: object) -> None:
        raise error

    monkeypatch.setattr(Path, "open", refuse)
    file = read_dotenv(path)

    assert file.state == "unreadable"
    assert file.reason.startswith(reason)
    assert digest_of(path) == ""


def test_the_digest_tells_a_later_change(write):
    path = write(b"K=x\n")
    read = read_dotenv(path)
    assert read.digest == digest_of(path) == hashlib.sha256(b"K=x\n").hexdigest()

    write(b"K=y\n")
    assert digest_of(path) != read.digest


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("local/phi-3-mini-4k  # If running local Ollama", "local/phi-3-mini-4k"),
        ("\u00a0 abc\u00a0\r\n", "abc"),
        ("abc#def", "abc#def"),
        ("abc\t#def # ghi", "abc"),
        ("# x", ""),
        ("  #x", ""),
        ("#", ""),
        ("#x", "#x"),
        ("   ", ""),
        ('"abc"', '"abc"'),
        ("$ecret", "$ecret"),
    ],
)
def test_clean_gives_the_value_without_spaces_and_comment(value, expected):
    assert clean(value) == expected


@given(st.text() | st.text(alphabet="# \t\u00a0a"))
def test_clean_is_idempotent(value):
    assert clean(clean(value)) == clean(value)


lines = st.lists(
    st.sampled_from([b"K", b"=", b'"', b"'", b"#", b" ", b"\n", b"\\", b":"])
)


@pytest.mark.fault("E8")
@settings(database=None)
@given(st.binary() | lines.map(b"".join))
@example(b"K:'\n=\n")
def test_no_bytes_make_it_raise(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.env"
    path.write_bytes(content)
    file = read_dotenv(path)

    assert file.state in {"found", "unreadable"}
    assert file.digest == digest_of(path)
