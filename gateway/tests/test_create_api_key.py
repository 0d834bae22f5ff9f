"""`create_api_key` makes a key that works, and shows it once."""

from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from brains.models import ChangeCounter
from gateway import keys
from gateway.limits.values import NO_LIMITS
from gateway.models import ApiKey
from tests.own_database import own_database

pytestmark = pytest.mark.django_db


def made(*arguments):
    output, beside = StringIO(), StringIO()
    call_command("create_api_key", *arguments, stdout=output, stderr=beside)
    return output.getvalue(), beside.getvalue()


def test_key_is_printed_alone_and_only_its_digest_is_kept():
    output, beside = made("web app")

    key, row = output.removesuffix("\n"), ApiKey.objects.get()
    assert key.startswith("aura_") and len(key.split()) == 1
    assert (row.name, row.sha256) == ("web app", keys.digest_of(key))
    assert key not in beside and "shown this once" in beside


def test_every_worker_is_told_of_the_key():
    before = ChangeCounter.objects.get().value

    made("web app")

    assert ChangeCounter.objects.get().value > before


def test_key_does_not_expire_unless_told_to():
    made("web app")

    assert ApiKey.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2999-01-31", datetime(2999, 1, 31, 23, 59, 59, 999999, UTC)),
        ("2999-01-31T18:00:00", datetime(2999, 1, 31, 18, tzinfo=UTC)),
        ("2999-01-31T18:00:00+02:00", datetime(2999, 1, 31, 16, tzinfo=UTC)),
    ],
)
def test_key_expires_after_its_last_day_or_at_its_moment(text, expected):
    made("web app", "--expires", text)

    assert ApiKey.objects.get().expires_at == expected


@pytest.mark.parametrize("text", ["tomorrow", "2999-02-30", "2999-01-31T99:00", ""])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(CommandError, match="is no date: write it as"):
        made("web app", "--expires", text)

    assert not ApiKey.objects.exists()


def test_expiry_in_the_past_is_refused():
    with pytest.raises(CommandError, match="is in the past"):
        made("web app", "--expires", "2020-01-01")


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_name_that_cannot_be_used_is_refused(name):
    with pytest.raises(CommandError, match="The name cannot be used"):
        made(name)

    assert not ApiKey.objects.exists()


def test_key_has_no_limit_unless_told_to():
    made("web app")

    assert ApiKey.objects.get().limits == NO_LIMITS


def test_limits_are_kept():
    made(
        *("web app", "--rpm", "60", "--tpm", "10000"),
        *("--usd-per-day", "2.50", "--usd-per-month", "50", "--layers", "l3, L1"),
    )

    row = ApiKey.objects.get()
    assert (row.requests_per_minute, row.tokens_per_minute) == (60, 10_000)
    assert (row.usd_per_day, row.usd_per_month) == (Decimal("2.5"), Decimal(50))
    assert row.layers == "l1,l3"


@pytest.mark.parametrize("option", ["--rpm", "--tpm"])
@pytest.mark.parametrize("text", ["0", "-1", "1.5", "1,000", "many", "1000000001"])
def test_what_is_no_number_of_a_minute_is_refused(option, text):
    with pytest.raises(CommandError, match=f"^{option}: .* is no limit. Give a whole"):
        made("web app", f"{option}={text}")

    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("option", ["--usd-per-day", "--usd-per-month"])
@pytest.mark.parametrize("text", ["0", "-1", "0.00001", "5$", "NaN", "inf", "1e9"])
def test_what_is_no_amount_is_refused(option, text):
    with pytest.raises(CommandError, match=f"^{option}: .* is no limit. Give an amo"):
        made("web app", f"{option}={text}")

    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("text", ["l9", "l1,l9", "l1 l2", "l1,,l2"])
def test_what_names_no_layers_is_refused(text):
    with pytest.raises(CommandError, match="^--layers: .*out of l1, l2, l3, embedding"):
        made("web app", "--layers", text)

    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("option", "text"),
    [("--rpm", ""), ("--usd-per-day", ""), ("--layers", "l1,l2,l3,embedding")],
)
def test_limit_that_is_none_is_to_be_left_out(option, text):
    with pytest.raises(CommandError, match=f"^{option}: leave it out for no limit."):
        made("web app", option, text)


def test_help_names_each_limit(capsys):
    with pytest.raises(SystemExit):
        call_command("create_api_key", "--help")

    told = capsys.readouterr().out
    for option in ("--rpm", "--tpm", "--usd-per-day", "--usd-per-month", "--layers"):
        assert option in told


def test_database_without_tables_is_told_in_a_sentence(tmp_path):
    with (
        own_database("", tmp_path),
        pytest.raises(CommandError, match="could not be used .*manage.py migrate"),
    ):
        made("web app")
