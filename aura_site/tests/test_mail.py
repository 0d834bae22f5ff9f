"""E-mail is sent as EMAIL_URL says."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from aura_site.mail import MailServer, mail_server


def test_without_a_url_it_is_the_server_on_this_machine():
    assert mail_server("") == MailServer()


def test_a_server_with_a_password_and_tls():
    found = mail_server("smtp+tls://ann:p%40ss@mail.example.com:587")
    assert (found.host, found.port) == ("mail.example.com", 587)
    assert (found.user, found.password) == ("ann", "p@ss")
    assert (found.uses_starttls, found.uses_tls) == (True, False)
    assert "p@ss" not in repr(found)


def test_a_server_that_speaks_tls_from_the_start():
    found = mail_server("smtp+ssl://mail.example.com:465")
    assert (found.uses_starttls, found.uses_tls) == (False, True)


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://a:secret@b", "smtp://a:b@c:port"]
)
def test_what_cannot_be_read_is_refused_without_its_password(url):
    with pytest.raises(
        ImproperlyConfigured, match="EMAIL_URL cannot be read"
    ) as refusal:
        mail_server(url)
    assert "secret" not in str(refusal.value)
