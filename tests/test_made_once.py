"""A folder that is made once is whole for whoever gets it, and made again after a failure."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import made_once as subject
from tests.made_once import made_once


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(subject.VARIABLE, str(tmp_path))


def test_of_many_who_need_it_one_makes_it_and_all_get_it_whole():
    made = []

    def make(folder):
        made.append(folder)
        (folder / "one").touch()
        (folder / "two").touch()

    def take(_number):
        return sorted(path.name for path in made_once("data", make).iterdir())

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(take, range(8))) == [["one", "two"]] * 8
    assert len(made) == 1


def test_what_could_not_be_made_is_not_there_half():
    def fail(folder):
        (folder / "half").touch()
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        made_once("data", fail)

    assert list(made_once("data", lambda folder: None).iterdir()) == []
