"""What a limit may be is checked wherever a key comes from."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from gateway import keys
from gateway.limits.values import NO_LIMITS, Limits, limits_from
from gateway.models import ApiKey


def key_with(**limits):
    return ApiKey(name="web app", sha256="0" * 64, hint="…0000", **limits)


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"requests_per_minute": 1, "tokens_per_minute": 1_000_000_000},
        {"usd_per_day": Decimal("0.0001"), "usd_per_month": Decimal(10_000_000)},
        {"layers": "l1"},
        {"layers": "l1,embedding"},
    ],
)
def test_good_limits_are_taken(limits):
    key_with(**limits).clean_fields(exclude=["created_by"])


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("requests_per_minute", 0, "Give a whole number from 1 to 1,000,000,000"),
        ("tokens_per_minute", 1_000_000_001, "Give a whole number from 1"),
        ("usd_per_day", Decimal(0), "Give an amount from 0.0001 to 10,000,000"),
        ("usd_per_month", Decimal(10_000_001), "Give an amount"),
        ("layers", "l9", "Give layers with commas between"),
        ("layers", "l1,", "Give layers"),
    ],
)
def test_a_bad_limit_is_refused_with_a_sentence(field, value, sentence):
    with pytest.raises(ValidationError) as refused:
        key_with(**{field: value}).clean_fields(exclude=["created_by"])
    (told,) = refused.value.message_dict[field]
    assert told.startswith(sentence)


@pytest.mark.parametrize(
    "limits",
    [
        NO_LIMITS,
        Limits(60, 1000, 2.5, 50, frozenset({"l1", "l3"})),
        Limits(layers=frozenset({"embedding"})),
    ],
)
def test_limits_come_back_from_json_as_they_were(limits):
    assert limits_from(limits.as_json()) == limits


@pytest.mark.fault("D17")
@pytest.mark.django_db
def test_version_without_limits_still_makes_keys():
    kept = keys.keep(ApiKey(name="web app"), "aura_some-key-of-a-client")
    columns = "name, sha256, hint, created_at"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO gateway_apikey ({columns}) SELECT name, 'other', hint, created_at"
            " FROM gateway_apikey WHERE id = %s",
            [kept.pk],
        )
    assert ApiKey.objects.get(sha256="other").limits == NO_LIMITS
