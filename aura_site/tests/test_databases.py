"""Which database the settings lead to."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from aura_site.databases import POSTGRESQL, SQLITE, database

URL = "postgres://aura@db:5432/aura"


def test_nothing_set_means_sqlite_in_the_data_folder(tmp_path):
    config = database("", "", tmp_path)
    assert (config["ENGINE"], config["NAME"]) == (SQLITE, tmp_path / "aura.sqlite3")


def test_sqlite_takes_its_write_lock_at_begin(tmp_path):
    assert database("", "", tmp_path)["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_url_means_postgresql(tmp_path):
    config = database("postgres://aura:pw@db:5433/brain", "", tmp_path)
    assert config["ENGINE"] == POSTGRESQL
    assert (config["HOST"], config["PORT"], config["NAME"]) == ("db", 5433, "brain")
    assert config["PASSWORD"] == "pw"


def test_options_of_the_url_win_over_ours(tmp_path):
    config = database(URL + "?connect_timeout=9", "", tmp_path)
    assert config["OPTIONS"]["connect_timeout"] == 9
    assert config["OPTIONS"]["tcp_user_timeout"] == 10_000


def test_a_password_comes_from_its_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("from-file\n")
    assert database(URL, str(file), tmp_path)["PASSWORD"] == "from-file"


def test_a_password_in_the_url_wins_over_the_file(tmp_path):
    url = URL.replace("aura@", "aura:own@")
    assert database(url, str(tmp_path / "missing"), tmp_path)["PASSWORD"] == "own"


def test_a_password_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="AURA_DATABASE_PASSWORD_FILE"):
        database(URL, str(tmp_path / "missing"), tmp_path)


@pytest.mark.parametrize("url", ["mysql://a:canary@b/c", "canary", "postgres:/canary"])
def test_a_url_that_cannot_be_used_is_refused_without_showing_it(url, tmp_path):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must begin") as caught:
        database(url, "", tmp_path)
    assert "canary" not in str(caught.value)
