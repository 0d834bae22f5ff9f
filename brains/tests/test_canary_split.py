"""Who goes to the candidate is a hash: the same everywhere, a fair share, and monotone."""

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brains.canary.split import (
    Split,
    kept_percent,
    may_split_vectors,
    percent_from,
    problem_with_percent,
    shown_percent,
)
from brains.selection import Ladder, Snapshot, resolve

NOW = datetime(2026, 11, 26, tzinfo=UTC)
USERS = [f"user {number}" for number in range(20_000)]
halves = st.integers(1, 200).map(lambda number: Decimal(number) / 2)


def selection(**values):
    return resolve(Snapshot("Test", "test", values), Ladder())


def split(percent, salt="0123456789abcdef"):
    return Split(selection(), Decimal(percent), salt, NOW, "ann", True)


@pytest.mark.parametrize("percent", ["0.5", "1", "10", "33.5", "50", "99.5"])
def test_the_share_is_held_over_many_users(percent):
    taken = sum(map(split(percent).takes, USERS))
    assert abs(taken / len(USERS) - float(percent) / 100) < 0.012


def test_a_hundred_percent_are_all():
    assert all(map(split(100).takes, USERS))


@given(st.text(), halves, halves)
def test_a_greater_share_takes_all_that_a_smaller_one_does(subject, one, other):
    smaller, greater = split(min(one, other)), split(max(one, other))
    assert greater.takes(subject) >= smaller.takes(subject)


def test_another_salt_draws_others():
    one, other = split(50), split(50, salt="another")
    same = sum(one.takes(user) == other.takes(user) for user in USERS)
    assert 0.48 < same / len(USERS) < 0.52


def test_another_process_says_the_same():
    code = (
        "from brains.tests.test_canary_split import USERS, split\n"
        "print([split(10).takes(user) for user in USERS[:200]])"
    )
    run = "import django; django.setup()\n" + code
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONHASHSEED": "7"}
    said = subprocess.run(
        [sys.executable, "-c", run],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.strip() == str([split(10).takes(user) for user in USERS[:200]])


@pytest.mark.parametrize("subject", ["", "\ud800", "é", "\0", "x" * 1_000_000])
def test_any_text_has_a_side(subject):
    assert split(50).takes(subject) in (True, False)


def test_a_salt_of_any_length_will_do():
    assert split(50, salt="x" * 200).takes("a") in (True, False)


@given(st.decimals())
def test_only_whole_and_half_percents_are_taken(percent):
    is_fine = percent.is_finite() and 0.5 <= percent <= 100 and percent * 2 % 1 == 0
    assert (problem_with_percent(percent) == "") == is_fine


@pytest.mark.parametrize(
    ("text", "percent"),
    [("10", "10"), (" 2.5 ", "2.5"), ("7 %", "7"), ("0,5", "0.5"), ("x", None)],
)
def test_percentages_are_read_as_people_write_them(text, percent):
    assert percent_from(text) == (None if percent is None else Decimal(percent))


@pytest.mark.parametrize(
    ("percent", "shown"), [("10.0", "10 %"), ("100", "100 %"), ("2.50", "2.5 %")]
)
def test_percentages_are_shown_without_noughts(percent, shown):
    assert shown_percent(Decimal(percent)) == shown


@pytest.mark.parametrize("text", ["x", "0", "NaN", "101"])
def test_a_kept_percentage_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="cannot be one"):
        kept_percent(text)


def test_vectors_of_one_model_and_length_may_be_split():
    assert may_split_vectors(selection(l1_model="a/b"), selection())
    assert not may_split_vectors(selection(embedding_model="a/b"), selection())
    assert not may_split_vectors(selection(embedding_dimension="8"), selection())
