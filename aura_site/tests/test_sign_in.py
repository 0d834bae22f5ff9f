"""Passwords cannot be guessed at the door of the admin."""

import pytest
from axes.models import AccessAttempt
from django.urls import reverse
from django.utils import timezone

LOGIN = reverse("admin:login")
WRONG_ONES = 10


@pytest.fixture
def ann(django_user_model):
    return django_user_model.objects.create_user("ann", password="right", is_staff=True)


@pytest.fixture
def sign_in(client, ann):
    """Return a function that tries a password and gives the answer."""

    def sign_in(password="wrong", name="ann", address="192.0.2.1"):
        fields = {"username": name, "password": password}
        return client.post(LOGIN, fields, REMOTE_ADDR=address)

    return sign_in


def test_who_knows_the_password_signs_in(sign_in):
    assert sign_in("right").status_code == 302


@pytest.mark.fault("W9")
def test_after_ten_wrong_passwords_even_the_right_one_is_refused(sign_in):
    answers = [sign_in() for _ in range(WRONG_ONES)]
    assert [a.status_code for a in answers] == [200] * (WRONG_ONES - 1) + [429]
    answer = sign_in("right")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "300"
    assert "Too many wrong passwords" in answer.content.decode()


@pytest.mark.fault("W9")
def test_other_names_and_other_addresses_are_not_locked_out(sign_in, django_user_model):
    django_user_model.objects.create_user("bob", password="his", is_staff=True)
    for _ in range(WRONG_ONES):
        sign_in()
    assert sign_in("right", address="192.0.2.2").status_code == 302
    assert sign_in("his", name="bob").status_code == 302


def test_a_right_password_forgives_those_before(sign_in):
    for _ in range(WRONG_ONES - 1):
        sign_in()
    assert sign_in("right").status_code == 302
    assert sign_in().status_code == 200


@pytest.mark.fault("W9")
def test_it_ends_after_five_minutes(sign_in, settings):
    for _ in range(WRONG_ONES):
        sign_in()

    AccessAttempt.objects.update(
        attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME
    )
    assert sign_in("right").status_code == 302


@pytest.mark.fault("W9")
def test_no_password_is_kept(sign_in):
    sign_in("a-wrong-password")

    assert "a-wrong-password" not in str(AccessAttempt.objects.values())
