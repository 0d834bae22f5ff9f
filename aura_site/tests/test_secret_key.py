"""The key that signs sessions: given, or generated once."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from aura_site.secret_key import secret_key

GIVEN = "a-random-key-of-more-than-32-characters"


def test_a_given_key_is_used(tmp_path):
    assert secret_key(GIVEN, tmp_path) == GIVEN
    assert list(tmp_path.iterdir()) == []


@pytest.mark.fault("W4")
def test_a_missing_key_is_generated_once(tmp_path):
    first = secret_key("", tmp_path)
    assert len(first) > 50
    assert secret_key("", tmp_path) == first


@pytest.mark.fault("W4")
def test_the_file_is_for_its_owner_alone(tmp_path):
    secret_key("", tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_of_two_that_start_at_once_one_key_is_kept(tmp_path, monkeypatch):
    kept = secret_key("", tmp_path)
    answers = iter([False])
    exists = type(tmp_path).exists
    monkeypatch.setattr(
        type(tmp_path), "exists", lambda path: next(answers, None) or exists(path)
    )
    assert secret_key("", tmp_path) == kept
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.fault("W4")
@pytest.mark.parametrize(
    "known", ["django-insecure-" + GIVEN, "change-me" + GIVEN, "x"]
)
def test_a_key_that_others_know_is_refused_without_showing_it(known, tmp_path):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY") as caught:
        secret_key(known, tmp_path)
    assert GIVEN not in str(caught.value)
