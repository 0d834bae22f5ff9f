"""The data folder: made when new, and refused with a sentence when it cannot be used."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from aura_site.data_folder import data_folder


def test_a_new_folder_is_for_its_owner_alone(tmp_path):
    folder = data_folder(tmp_path / "a" / "data")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_is_there_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o755)
    assert data_folder(str(tmp_path)) == tmp_path
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_file_in_its_place_is_named(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(ImproperlyConfigured, match="AURA_DATA_DIR .* cannot be made"):
        data_folder(tmp_path / "data")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(ImproperlyConfigured, match="cannot be written to"):
        data_folder(tmp_path)
