"""A command that we run for someone ends as it should, also when we are told to stop."""

import os
import signal
import subprocess
import sys

import pytest

# The command says when it is up, and tidies up when it is interrupted.
TIDY = """
import time
try:
    print("up", flush=True)
    time.sleep(30)
except KeyboardInterrupt:
    print("tidied up", flush=True)
"""
RUNNER = """
import os, sys
from tests import commands
sys.exit(commands.run([sys.executable, "-c", sys.argv[1]], os.environ))
"""


def start(code):
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, code],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_exit_code_comes_back():
    with start("import sys; sys.exit(3)") as process:
        assert process.wait(timeout=10) == 3


@pytest.mark.parametrize(
    ("send", "number", "exit_code"),
    [
        pytest.param(os.kill, signal.SIGTERM, 143, id="TERM to us alone"),
        pytest.param(os.killpg, signal.SIGINT, -signal.SIGINT, id="Ctrl-C to all"),
    ],
)
def test_command_tidies_up_when_we_are_told_to_stop(send, number, exit_code):
    with start(TIDY) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        send(process.pid, number)
        assert process.stdout.read() == "tidied up\n"
        assert process.wait(timeout=10) == exit_code
