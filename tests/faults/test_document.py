"""The page says of each row what was promised, what was measured and which test proves it."""

import pytest

from tests.faults.document import head, head_after, lacking, rows_in, write, written
from tests.faults.plugin import Proof
from tests.faults.row import Row, Section

ROWS = (
    Row("U1", "Refused | cut", "502"),
    Row("U2", "Silent", "504"),
    Row("U3", "Later", "-", later="there is no such thing yet"),
    Row("U4", "Forgotten", "-"),
    Row("U5", "Half", "-", coming="the other half"),
)
TEST = "gateway/tests/test_it.py::test_one"
ABOUT = {"Date": "2026-11-23"}


def page(*proofs):
    return written([Section("Title", "Note.", ROWS)], proofs, ABOUT)


def line(row, *proofs):
    [found] = [
        each for each in page(*proofs).splitlines() if each.startswith(f"| {row}")
    ]
    return found


def test_a_row_has_its_words_its_figures_and_its_tests():
    one = Proof(TEST, ["U1"], "passed", 1, ["0.1 s", "2 requests"])
    two = Proof("tests/test_b.py::test_two", ["U1", "U2"], "passed", 3)
    assert line("U1", one, two) == (
        "| U1 | Refused \\| cut | 502 | 0.1 s; 2 requests<br>as promised in 3 more cases | "
        "[test_one](../gateway/tests/test_it.py)<br>[test_two](../tests/test_b.py) |"
    )
    assert "| as promised in 3 cases |" in line("U2", one, two)


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        (Proof(TEST, ["U1"], "failed", 1, ["0.1 s"]), "**failed**: one"),
        (
            Proof(TEST, ["U1"], "skipped", 1, [], "needs root"),
            "not run here: needs root",
        ),
        (Proof(TEST, ["U1"], "passed", 1), "as promised in 1 case"),
        (
            Proof(TEST, ["U1"], "passed", 6, list("abcdef")),
            "a; b; c; d; and 2 more like these",
        ),
    ],
)
def test_what_went_otherwise_is_said(proof, said):
    assert f"| {said} |" in line("U1", proof)


def test_a_row_that_does_not_apply_says_why_and_one_without_a_test_says_so():
    assert "| not applicable yet: there is no such thing yet |" in line("U3")
    assert "**no test**" in line("U4")


def test_a_row_of_which_something_is_still_to_come_says_what():
    proof = Proof(TEST, ["U5"], "passed", 1)
    assert "| as promised in 1 case<br>Still to come: the other half. |" in line(
        "U5", proof
    )


def test_the_page_can_be_read_again():
    proofs = [Proof(TEST, ["U1", "U2"], "passed"), Proof("a/test_b.py::test_c", ["U2"])]
    assert rows_in(page(*proofs)) == {
        "U1": [TEST],
        "U2": [TEST, "a/test_b.py::test_c"],
        "U3": [],
        "U4": [],
        "U5": [],
    }


def test_rows_that_a_run_left_out_are_named():
    sections = [Section("Title", "Note.", ROWS)]
    assert lacking(sections, [Proof(TEST, ["U1", "U4"])]) == ["U2", "U5"]


def test_the_head_tells_date_machine_and_versions():
    about = head()
    assert about["Machine"].split()[1].startswith("core")
    assert {"Date", "Python", "Django", "gunicorn", "PostgreSQL"} <= about.keys()
    assert all(about.values())
    assert page().startswith("# Faults\n") and "- Date: 2026-11-23\n" in page()


def test_some_rows_can_be_done_anew_and_the_others_stay(tmp_path):
    path, section = tmp_path / "page.md", [Section("Title", "Note.", ROWS)]
    first = [Proof(TEST, ["U1", "U2"], "passed", 1, ["0.1 s"])]
    path.write_text(written(section, first, {"Date": "2026-11-01"}))

    write(path, section, [Proof(TEST, ["U2", "U1"], "passed", 1, ["0.2 s"])], "U2,D")

    one, two = (line for line in path.read_text().splitlines() if TEST[:9] in line)
    assert "0.1 s" in one and "0.2 s" in two
    assert "- Date: 2026-11-01; U2, D: 20" in path.read_text()
    assert lacking(section, first, "U2,U4") == ["U4"]
    assert lacking(section, first, "D") == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-11-23", "2026-11-23"),
        ("2026-11-01", "2026-11-01; U2, D: 2026-11-23"),
        ("2026-11-01; E, D8: 2026-11-23", "2026-11-01; E, U2, D: 2026-11-23"),
        ("2026-11-01; E: 2026-11-02", "2026-11-01; E: 2026-11-02; U2, D: 2026-11-23"),
    ],
)
def test_the_head_says_which_rows_were_done_when(before, after):
    assert head_after(f"# F\n- Date: {before}\n", "U2,D", ABOUT) == {"Date": after}
