"""docs/faults.md: written from the rows and what a run of their tests found, and read again
to see whether it still fits."""

import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests import postgres_binaries
from tests.faults.marks import ROOT
from tests.faults.plugin import Proof, is_among
from tests.faults.row import Row, Section

PAGE = ROOT / "docs" / "faults.md"
LIBRARIES = ("Django", "gunicorn", "httptools", "uvloop", "psycopg", "orjson")
NOT_YET = "not applicable yet"
NOTES_MAX = 4  # of one test

_TITLE = """# Faults

What is done to Aura, what it must do then, and what it did. This page is written by
`make faults`, which does every fault for real: to a running server, with hostile servers
and clients on plain sockets, with a real PostgreSQL, on one machine over 127.0.0.1. The
tests are part of `make test ARGS=--all`; they bound waits and sizes, and note what they
measured.
"""
_HEAD = (
    "| | fault | promise | measured | proved by |\n| --- | --- | --- | --- | --- |\n"
)


def head() -> Mapping[str, str]:
    """Return when and on what this run was: nothing by which the machine can be named."""
    return {
        "Date": f"{datetime.now(UTC):%Y-%m-%d}",
        "Machine": f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": _postgres_version(),
    }


def _postgres_version() -> str:
    """Return the version of the PostgreSQL that the tests start."""
    command = [str(postgres_binaries.find() / "postgres"), "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return told.stdout.split()[2]


def written(
    sections: Iterable[Section],
    proofs: Sequence[Proof],
    about: Mapping[str, str],
    kept: Mapping[str, str] | None = None,
) -> str:
    """Return the page. `kept` has the lines that stay as they are, by their rows."""
    facts = "".join(f"- {name}: {fact}\n" for name, fact in about.items())
    parts = [_section(part, proofs, kept or {}) for part in sections]
    return f"{_TITLE}\n{facts}" + "".join(parts)


def lines_in(page: str) -> dict[str, str]:
    """Return row -> its line, as a page has them."""
    return {found[1]: f"{found[0]}\n" for found in _LINE.finditer(page)}


def head_after(page: str, rows: str, now: Mapping[str, str]) -> dict[str, str]:
    """Return the head of a page of which some rows were done anew: their day beside that
    of the others."""
    day, anew = now["Date"], rows.split(",")
    found = re.search(r"^- Date: (.+)$", page, re.M)
    before = found[1].split("; ") if found else []
    if before[:1] in ([], [day]):
        return {**now}
    if before[-1].endswith(f": {day}"):
        anew = [*before.pop().removesuffix(f": {day}").split(", "), *anew]
    named = [row for row in dict.fromkeys(anew) if row[1:] == "" or row[0] not in anew]
    return {**now, "Date": "; ".join([*before, f"{', '.join(named)}: {day}"])}


def rows_in(page: str) -> dict[str, list[str]]:
    """Return row -> tests by file and name, as a page has them."""
    return {
        found[1]: [f"{path}::{name}" for name, path in _LINK.findall(found[2])]
        for found in _LINE.finditer(page)
    }


def lacking(
    sections: Iterable[Section], proofs: Sequence[Proof], only: str = ""
) -> list[str]:
    """Return the rows that apply, are asked for, and of which a run found nothing."""
    found = {row for proof in proofs for row in proof.rows}
    rows = [row for section in sections for row in section.rows]
    asked = [row for row in rows if not only or is_among(row.id, only)]
    return [row.id for row in asked if not row.later and row.id not in found]


_LINE = re.compile(r"^\| ([A-Z]\d+) \|(.*)\|$", re.M)
_LINK = re.compile(r"\[(test_\w+)\]\(\.\./([\w/]+\.py)\)")


def _section(section: Section, proofs: Sequence[Proof], kept: Mapping[str, str]) -> str:
    lines = "".join(kept.get(row.id) or _line(row, proofs) for row in section.rows)
    return f"\n## {section.title}\n\n{section.note}\n\n{_HEAD}{lines}"


def _line(row: Row, proofs: Sequence[Proof]) -> str:
    own = [proof for proof in proofs if row.id in proof.rows]
    if row.later:
        measured, tests = f"{NOT_YET}: {row.later}", ""
    else:
        measured = "<br>".join(_findings(own)) or "**no test**"
        measured += f"<br>Still to come: {row.coming}." * bool(row.coming)
        tests = "<br>".join(_link(proof.test) for proof in own)
    cells = (row.id, row.fault, row.promise, measured, tests)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _findings(proofs: Sequence[Proof]) -> list[str]:
    """Return what the tests of a row found: figures where there are any, and in how many
    cases else all went as promised."""
    found = [_finding(proof) for proof in proofs if not _is_plain(proof)]
    cases = sum(proof.cases for proof in proofs if _is_plain(proof))
    if cases:
        more = "more " * bool(found)
        found.append(f"as promised in {cases} {more}case{'s' * (cases != 1)}")
    return found


def _is_plain(proof: Proof) -> bool:
    return proof.outcome == "passed" and not proof.measured


def _finding(proof: Proof) -> str:
    if proof.outcome == "failed":
        return f"**failed**: {_plain_name(proof.test)}"
    if proof.outcome == "skipped":
        return f"not run here: {proof.reason}"
    shown, left = proof.measured[:NOTES_MAX], proof.measured[NOTES_MAX:]
    return "; ".join([*shown, *[f"and {len(left)} more like these"] * bool(left)])


def _link(test: str) -> str:
    path, _, name = test.partition("::")
    return f"[{name}](../{path})"


def _plain_name(test: str) -> str:
    return test.partition("::")[2].replace("_", " ").removeprefix("test ")


def write(
    path: Path, sections: Iterable[Section], proofs: Sequence[Proof], rows: str = ""
) -> None:
    """Write the page for what a run found: all of it, or these rows of it."""
    if not rows:
        path.write_text(written(sections, proofs, head()))
        return
    page = path.read_text()
    kept = {
        row: line for row, line in lines_in(page).items() if not is_among(row, rows)
    }
    path.write_text(written(sections, proofs, head_after(page, rows, head()), kept))
