"""A database with no tables yet."""

from aura_site.launch import preparation
from brains import activation
from tests.own_database import own_database


def test_tables_that_are_missing_are_made(tmp_path, django_db_blocker):
    said: list[str] = []
    with django_db_blocker.unblock(), own_database("", tmp_path):
        preparation.prepare(said.append)

        assert said[0] == "Preparing the database ..."
        assert activation.find_preset("Offline").slug == "offline"
