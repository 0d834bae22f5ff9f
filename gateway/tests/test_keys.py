"""A key lets in who has it, only while it is valid, and is never kept itself. Its limits
travel with it."""

import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from brains.models import ChangeCounter
from gateway import keys
from gateway.keys import RING, KeyInfo, KeyPart, KeyRing, digest_of
from gateway.limits.key_limits import LIMITS, Limits
from gateway.models import ApiKey
from gateway.tests.asgi_client import timed
from gateway.tests.conftest import KEY, PATH

MODELS = "/v1/models"
BAD = {
    "none": None,
    "blank": "",
    "no scheme": KEY,
    "no key": "Bearer",
    "only a space": "Bearer ",
    "another scheme": f"Basic {KEY}",
    "scheme run together": f"Bearer{KEY}",
    "wrong": "Bearer aura_wrong-key-0123456789012345",
    "cut": f"Bearer {KEY[:-1]}",
    "longer": f"Bearer {KEY}x",
    "other case": f"Bearer {KEY.upper()}",
    "non-ASCII": f"Bearer {KEY}ü",
    "all non-ASCII": "Bearer \xff\xfe",
    "NUL": f"Bearer {KEY}\x00",
    "two": f"Bearer {KEY}, Bearer {KEY}",
    "its hash": f"Bearer {digest_of(KEY)}",
    "1 MB": "Bearer " + "a" * 1_000_000,
}


def ring_of(**fields):
    ring = KeyRing()
    ring.replace({digest_of(KEY): KeyInfo(**{"id": 1, "name": "n", **fields})})
    return ring


def counter():
    return ChangeCounter.objects.values_list("value", flat=True).first() or 0


async def test_valid_key_is_let_in(client):
    assert (await client.get(MODELS)).status == 200


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer  "])
async def test_scheme_is_read_without_regard_to_case_and_spaces(client, scheme):
    answer = await client.get(MODELS, {"authorization": scheme + KEY})
    assert answer.status == 200


@pytest.mark.fault("C13")
@pytest.mark.parametrize("case", BAD)
async def test_anything_else_is_401_of_one_shape(client, case):
    headers = {"authorization": BAD[case]}
    answer, took_s = await timed(lambda: client.get(MODELS, headers))
    assert took_s < 0.02
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.error == {
        "message": answer.error["message"],
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_api_key",
    }
    assert "create_api_key" in answer.error["message"]
    assert KEY not in answer.body.decode()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", PATH),
        ("POST", "/v1/embeddings"),
        ("GET", MODELS),
        ("GET", "/v1/models/l1"),
    ],
)
async def test_each_door_asks_for_a_key_before_anything_else(
    client, upstream, method, path
):
    exchange = client.open(
        method, path, pieces=[b"{bad"], headers={"authorization": ""}
    )
    assert (await exchange.answer()).status == 401
    assert upstream.requests == []


async def test_other_headers_are_no_way_in(client):
    answer = await client.get(MODELS, {"authorization": None, "x-api-key": KEY})
    assert answer.status == 401


async def test_key_beside_a_wrong_one_is_not_taken(client):
    answer = await client.get(
        MODELS, {"authorization": "Bearer wrong", "x-api-key": KEY}
    )
    assert answer.status == 401


@pytest.mark.fault("C13")
def test_key_is_valid_until_its_expiry():
    assert ring_of(expires_at=time.time() + 60).find(KEY)
    assert ring_of(expires_at=None).find(KEY)
    assert ring_of(expires_at=time.time()).find(KEY) is None
    assert ring_of(expires_at=time.time() - 60).find(KEY) is None


def test_use_of_a_key_is_noted_once_and_that_of_a_dead_one_is_not():
    ring = ring_of(expires_at=None)
    ring.find(KEY)
    ring.find("another")
    used = ring.take_used()
    assert list(used) == [1] and time.time() - used[1] < 5
    assert ring.take_used() == {}
    dead = ring_of(expires_at=1.0)
    dead.find(KEY)
    assert dead.take_used() == {}


async def test_key_that_leaves_the_ring_is_dead_at_once(client):
    RING.replace({})
    assert (await client.get(MODELS)).status == 401


def test_trusted_key_is_valid_before_any_was_loaded(ring):
    keys.trust("a-key-from-the-environment")
    info = RING.find("a-key-from-the-environment")
    assert info and info.name == "AURA_API_KEY"
    assert RING.find(KEY) is None


def test_new_keys_are_random_and_long():
    assert len({keys.new_key() for _ in range(100)}) == 100
    assert keys.new_key().startswith("aura_") and len(keys.new_key()) >= 48


def test_digest_takes_any_text():
    assert digest_of("\ud800") != digest_of("ü")


@pytest.fixture
def row(db, ring):
    yield keys.keep(ApiKey(name="web app"), KEY)
    LIMITS.forget()


def loaded():
    """Load the ring as a worker does."""
    part = KeyPart()
    part.install(part.read(), "database")
    return part


def test_kept_key_is_known_by_its_hash_alone(row):
    loaded()
    info = RING.find(KEY)
    assert info == KeyInfo(row.pk, "web app", None)
    stored = " ".join(str(v) for v in ApiKey.objects.values_list().get())
    assert KEY not in stored and row.hint == f"…{KEY[-4:]}"


def test_expiry_of_a_row_reaches_the_ring(row):
    row.expires_at = timezone.now() - timedelta(seconds=1)
    keys.save(row)
    loaded()
    assert RING.find(KEY) is None


def test_revoked_key_is_dead_and_its_row_stays(row):
    keys.revoke(row)
    loaded()
    assert RING.find(KEY) is None
    assert ApiKey.objects.get().state == "revoked"


def test_each_change_moves_the_counter_that_workers_watch(row):
    before = counter()
    keys.keep(ApiKey(name="another"), keys.new_key())
    assert counter() == before + 1
    keys.save(row)
    assert counter() == before + 2
    keys.revoke(row)
    assert counter() == before + 3
    keys.revoke(row)
    assert counter() == before + 3


def test_flush_writes_when_keys_were_last_used(row):
    part = loaded()
    part.flush()
    assert ApiKey.objects.get().last_used_at is None
    RING.find(KEY)
    part.close()
    used = ApiKey.objects.get().last_used_at
    assert used and timezone.now() - used < timedelta(seconds=5)


def test_flush_leaves_the_counter_alone(row):
    part, before = loaded(), counter()
    RING.find(KEY)
    part.flush()
    assert counter() == before


def test_flush_of_a_trusted_key_changes_no_row(row):
    part = loaded()
    keys.trust(KEY)
    RING.find(KEY)
    part.flush()
    assert ApiKey.objects.get().last_used_at is None


def test_state_of_a_key_is_one_word(row):
    assert row.state == "valid" and str(row) == "web app"
    row.expires_at = timezone.now()
    assert row.state == "expired"
    row.revoked_at = timezone.now()
    assert row.state == "revoked"


EVERY_LIMIT = {
    "requests_per_minute": 60,
    "tokens_per_minute": 10_000,
    "usd_per_day": Decimal("2.5"),
    "usd_per_month": Decimal("50"),
    "layers": "l1,l3",
}


def found():
    info = RING.find(KEY)
    assert info
    return info


def set_limits(row, **limits):
    for name, value in limits.items():
        setattr(row, name, value)
    keys.save(row)


def test_limits_of_a_row_reach_the_ring(row):
    set_limits(row, **EVERY_LIMIT)
    loaded()
    assert found().limits == Limits(60, 10_000, 2.5, 50.0, frozenset({"l1", "l3"}))


def test_key_without_limits_is_one_that_is_never_counted(row):
    loaded()
    assert found().limits is None


def test_limits_that_were_removed_take_the_count_along(row):
    set_limits(row, requests_per_minute=1)
    loaded()
    LIMITS.admit(found())
    set_limits(row, requests_per_minute=None)
    loaded()
    assert found().limits is None
    assert LIMITS.take() is None


def test_revoked_key_takes_its_count_along(row):
    set_limits(row, requests_per_minute=1)
    loaded()
    LIMITS.admit(found())
    keys.revoke(row)
    loaded()
    assert LIMITS.take() is None


def test_what_was_used_of_a_new_limit_is_asked_for_at_once(row):
    set_limits(row, usd_per_day=Decimal(1))
    LIMITS.forget()
    loaded()
    assert LIMITS.used.is_set()


def test_change_of_limits_moves_the_counter_that_workers_watch(row):
    before = counter()
    set_limits(row, requests_per_minute=1)
    assert counter() == before + 1


def copied(payload):
    KeyPart().install(payload, "disk")


@pytest.mark.fault("D17")
def test_copy_of_a_version_without_limits_is_read(ring):
    copied({"keys": [[digest_of("aura_old"), 5, "old", None]]})
    assert RING.find("aura_old") == KeyInfo(5, "old", None)


@pytest.mark.fault("D17")
def test_version_without_limits_reads_this_copy(row):
    set_limits(row, **EVERY_LIMIT)
    assert KeyPart().read()["keys"] == [[row.sha256, row.pk, "web app", None]]


@pytest.mark.parametrize(
    "limits",
    [
        {"requests_per_hour": 5},
        {"requests_per_minute": "60"},
        {"requests_per_minute": 0},
        {"requests_per_minute": True},
        {"tokens_per_minute": 1.5},
        {"usd_per_day": "2.50"},
        {"usd_per_month": -1},
        {"layers": []},
        {"layers": ["l9"]},
        {"layers": "l1"},
        {"layers": 5},
        {"layers": [["l1"]]},
        [],
        "",
        None,
        5,
    ],
)
@pytest.mark.fault("D13")
def test_copy_with_limits_of_another_shape_is_refused_whole(ring, limits):
    with pytest.raises((KeyError, TypeError, ValueError)):
        copied({"keys": [[digest_of("aura_x"), 5, "x", None]], "limits": [[5, limits]]})
    assert RING.find("aura_x") is None and RING.find(KEY)
