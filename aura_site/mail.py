"""How e-mail is sent, as EMAIL_URL says."""

from dataclasses import dataclass, field

from django.core.exceptions import ImproperlyConfigured
from environ import Env  # type: ignore[import-untyped]

KINDS = ("smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail")


@dataclass(frozen=True)
class MailServer:
    """Django's EMAIL_... settings."""

    backend: str = "django.core.mail.backends.smtp.EmailBackend"
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    uses_starttls: bool = False
    uses_tls: bool = False


def mail_server(url: str) -> MailServer:
    """Return the server of a URL such as smtp+tls://USER:PASSWORD@HOST:587; of "" the one on
    this machine. Raises ImproperlyConfigured, without the URL (it holds a password)."""
    if not url:
        return MailServer()
    try:
        if url.partition("://")[0] not in KINDS:
            raise ValueError
        config = Env.email_url_config(url)
        return MailServer(
            backend=config["EMAIL_BACKEND"],
            host=config["EMAIL_HOST"] or "localhost",
            port=int(config["EMAIL_PORT"] or 25),
            user=config["EMAIL_HOST_USER"] or "",
            password=config["EMAIL_HOST_PASSWORD"] or "",
            uses_starttls=bool(config.get("EMAIL_USE_TLS")),
            uses_tls=bool(config.get("EMAIL_USE_SSL")),
        )
    except (ValueError, KeyError, TypeError):
        raise ImproperlyConfigured(
            "EMAIL_URL cannot be read. Write smtp+tls://USER:PASSWORD@HOST:587, with special "
            "characters of the password percent-encoded."
        ) from None
