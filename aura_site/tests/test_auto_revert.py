"""When a change is taken back by itself comes from the environment."""

from pathlib import Path

import pytest

from aura_site.auto_revert import auto_revert
from aura_site.dotenv import DotenvFile
from aura_site.environment import Environment
from gateway.guard.judgement import Limits


def environment(**values):
    return Environment(values, DotenvFile(Path(".env"), "found", "", {}, (), ""))


def test_without_variables_the_built_in_limits_hold():
    assert auto_revert(environment()) == Limits()


def test_single_limits_can_be_set():
    found = auto_revert(environment(AURA_AUTO_REVERT_LIMITS="calls=50,errors=0.1"))
    assert found == Limits(calls=50, errors=0.1)


def test_it_can_be_switched_off():
    assert auto_revert(environment(AURA_AUTO_REVERT="false")) is None


@pytest.mark.parametrize("text", ["calls=0", "calls", "faults=1", "errors=-1"])
def test_a_wrong_limit_leaves_the_built_in_ones_and_is_told(text):
    env = environment(AURA_AUTO_REVERT_LIMITS=text)
    assert auto_revert(env) == Limits()
    assert [problem.name for problem in env.problems] == ["AURA_AUTO_REVERT_LIMITS"]
