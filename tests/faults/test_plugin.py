"""The plugin gathers rows, outcomes and measurements, with and without xdist."""

import os
import subprocess
import sys

import pytest

from tests.faults.marks import ROOT
from tests.faults.plugin import Proof, read_proofs
from tests.isolation import plain

TESTS = """
import pytest

@pytest.fixture
def measured(request):
    return lambda text: request.node.user_properties.append(("measured", text))

@pytest.mark.fault("U1")
def test_one(measured):
    measured("0.2 s")

@pytest.mark.fault("U2")
@pytest.mark.fault("D3")
@pytest.mark.parametrize("n", [1, 2])
def test_cases(measured, n):
    measured(f"case {n}")
    measured("the same")

@pytest.mark.fault("U4")
@pytest.mark.parametrize("n", [1, 2])
def test_half_failed(measured, n):
    measured(f"case {n}")
    assert n == 1

@pytest.mark.fault("U5")
def test_skipped():
    pytest.skip("needs root")

@pytest.fixture
def broken():
    yield
    raise RuntimeError

@pytest.mark.fault("U6")
def test_bad_end(broken):
    pass

def test_of_no_row(measured):
    measured("nothing")
"""

FOUND = {
    "test_it.py::test_one": Proof("", ["U1"], "passed", 1, ["0.2 s"]),
    "test_it.py::test_cases": Proof(
        "", ["U2", "D3"], "passed", 2, ["case 1", "the same", "case 2"]
    ),
    "test_it.py::test_half_failed": Proof(
        "", ["U4"], "failed", 2, ["case 1", "case 2"]
    ),
    "test_it.py::test_skipped": Proof("", ["U5"], "skipped", 1, [], "needs root"),
    "test_it.py::test_bad_end": Proof("", ["U6"], "failed", 1),
}


@pytest.fixture
def run(tmp_path):
    """Return a function that runs pytest of its own on TESTS, with our plugin and none
    that this run needs, and returns what it wrote (None: nothing)."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = fault(row): a row\n")
    (tmp_path / "test_it.py").write_text(TESTS)
    found = tmp_path / "found.json"

    def run(*arguments):
        command = [sys.executable, "-m", "pytest", "-p", "tests.faults.plugin"]
        environment = plain(os.environ) | {
            "PYTHONPATH": str(ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        subprocess.run(
            [*command, *arguments], cwd=tmp_path, env=environment, capture_output=True
        )
        return found.exists() and {proof.test: proof for proof in read_proofs(found)}

    return run


@pytest.mark.parametrize(
    "processes", [[], ["-p", "xdist", "-n2"]], ids=["alone", "xdist"]
)
def test_rows_outcomes_and_measurements_are_gathered(run, processes):
    proofs = run("--faults-out=found.json", *processes)
    assert list(proofs) == sorted(FOUND)
    for name, expected in FOUND.items():
        expected.test = name
        proofs[name].measured.sort(key=expected.measured.index)
        assert proofs[name] == expected


def test_only_what_was_selected_is_written_and_nothing_without_the_option(run):
    assert not run("-k", "one")
    assert list(run("--faults-out=found.json", "-k", "one")) == ["test_it.py::test_one"]


def test_tests_of_other_rows_are_left_out(run):
    found = list(run("--faults-out=found.json", "--faults-rows=D,U6"))
    assert found == ["test_it.py::test_bad_end", "test_it.py::test_cases"]
