"""`python -m tests.faults [arguments of pytest]`: do every fault, and write docs/faults.md
from what was found; with `--faults-rows=U,D8` only those rows of it. One test after the
other: what they measure is not to be disturbed."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests import commands
from tests.faults.document import PAGE, lacking, write
from tests.faults.marks import ROOT
from tests.faults.plugin import read_proofs
from tests.faults.rows import SECTIONS

PYTEST = (sys.executable, "-m", "pytest", "-m", "fault", "-p", "no:randomly")


def main(arguments: Sequence[str]) -> int:
    """Return the exit code of the tests. What failed stands in the page as well; where a
    row is left out, because only some tests were chosen, the page stays as it is."""
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument("--faults-rows", default="")
    only = own.parse_known_args(arguments)[0].faults_rows
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found.json"
        command = [*PYTEST, f"--faults-out={found}", *arguments]
        exit_code = commands.run(command, environment)
        proofs = read_proofs(found) if found.exists() else []
    if rows := lacking(SECTIONS, proofs, only):
        print(f"\nNot written: nothing was found of {', '.join(rows)}.")
        return exit_code or 1
    write(PAGE, SECTIONS, proofs, only)
    print(f"\nWrote {PAGE.relative_to(ROOT)}.")
    return exit_code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
