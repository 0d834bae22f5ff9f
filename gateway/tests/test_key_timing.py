"""Nothing tells a key with a valid beginning from a random one: each costs one hash of all of
it and one look for that hash. How long they take is noted, and no assertion."""

import hashlib
import statistics
import time
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from brains import key_record, staff_keys
from brains.staff_keys import StaffKey
from gateway import keys
from gateway.keys import KeyInfo, KeyRing
from gateway.tests.conftest import KEY

pytestmark = pytest.mark.fault("W12")
TIMES = 2000


def others_like(key: str) -> dict[str, str]:
    """Return wrong keys as long as this one, by what is right of them."""
    return {
        "all but the end": key[:-1] + "~",
        "half": key[: len(key) // 2] + "~" * (len(key) - len(key) // 2),
        "the first letters": key[:8] + "~" * (len(key) - 8),
        "the end": "~" * 8 + key[8:],
        "nothing": "~" * len(key),
    }


class Watched(dict[str, KeyInfo]):
    """A ring's keys, and what was looked for in them."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.looked_for: list[str] = []

    def get(self, sha256, *default):
        self.looked_for.append(sha256)
        return super().get(sha256, *default)

    def __getattribute__(self, name: str) -> object:
        if name in ("items", "keys", "values", "__iter__", "__contains__"):
            raise AssertionError(f"A key was looked for by {name}.")
        return super().__getattribute__(name)


@pytest.fixture
def hashed(monkeypatch):
    """How often each text was hashed."""
    count: Counter[str] = Counter()
    own = key_record.digest_of

    def digest_of(key):
        count[key] += 1
        return own(key)

    for module in (keys, staff_keys, key_record):
        monkeypatch.setattr(module, "digest_of", digest_of, raising=False)
    return count


@pytest.mark.parametrize("case", ["valid", *others_like(KEY)])
def test_a_key_of_a_client_costs_one_hash_and_one_look(hashed, case):
    ring, held = KeyRing(), Watched({key_record.digest_of(KEY): KeyInfo(1, "n", None)})
    ring.replace(held)
    hashed.clear()
    key = {"valid": KEY, **others_like(KEY)}[case]
    assert (ring.find(key) is not None) is (case == "valid")
    assert hashed == {key: 1}
    assert held.looked_for == [hashlib.sha256(key.encode()).hexdigest()]


@pytest.mark.django_db
def test_a_key_of_a_script_costs_one_hash_and_one_look(hashed, admin_user):
    key = staff_keys.make(StaffKey(name="ci", scopes="read", created_by=admin_user))
    for case, wrong in others_like(key).items():
        hashed.clear()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert staff_keys.find(wrong) is None, case
        assert hashed == {wrong: 1}
        [query] = queries.captured_queries
        assert hashlib.sha256(wrong.encode()).hexdigest() in query["sql"]
        assert wrong not in query["sql"] and wrong[:8] not in query["sql"]


async def test_how_long_they_take_is_noted(client, measured):
    cases = {"random": "~" * len(KEY), "valid but its end": KEY[:-1] + "~"}
    took: dict[str, list[float]] = {case: [] for case in cases}
    for _ in range(TIMES):
        for case, key in cases.items():
            began = time.perf_counter()
            answer = await client.get("/v1/models", {"authorization": f"Bearer {key}"})
            took[case].append(time.perf_counter() - began)
            assert answer.status == 401
    medians = {case: statistics.median(times) for case, times in took.items()}
    least, most = sorted(medians.values())
    told = ", ".join(f"{case} {m * 1e6:.0f} us" for case, m in medians.items())
    measured(
        f"medians of {TIMES:,} refusals each: {told} ({most / least - 1:.1%} apart)"
    )
