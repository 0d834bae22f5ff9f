"""A client's key opens `/v1/*` and no door of `/api/`; a staff key the other way round."""

import pytest
from django.test import Client

from brains import staff_keys
from brains.staff_keys import StaffKey
from brains.tests.scripts import Script
from gateway import keys
from gateway.keys import KeyPart, KeyRing
from gateway.models import ApiKey

pytestmark = pytest.mark.django_db


def test_the_key_of_a_client_does_not_open_the_api():
    key = keys.new_key()
    keys.keep(ApiKey(name="web app"), key)

    answer = Client().get("/api/presets", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 401 and staff_keys.find(key) is None


def test_a_staff_key_is_unknown_to_the_gateway():
    script = Script()
    client = keys.new_key()
    keys.keep(ApiKey(name="web app"), client)

    known = [sha256 for sha256, *_ in KeyPart().read()["keys"]]

    assert known == [keys.digest_of(client)]
    assert script.row.sha256 not in known
    assert KeyRing().find(script.key) is None


def test_the_two_kinds_can_be_told_apart():
    assert not keys.new_key().startswith(staff_keys.PREFIX)
    assert staff_keys.make(StaffKey(name="ci", scopes="read")).startswith("aura_staff_")
