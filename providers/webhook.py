"""A signed message to an address that the operator chose. Signed as Standard Webhooks says
(https://github.com/standard-webhooks/standard-webhooks), for which receivers have libraries."""

import base64
import hashlib
import hmac
import time

import requests

CONNECT_S, READ_S = 5.0, 10.0
SECRET_PREFIX = "whsec_"  # noqa: S105 - what such secrets begin with


class NotDelivered(Exception):
    """Nobody took the message; the text is a sentence without address and secret."""


def deliver(url: str, secret: str, message_id: str, body: bytes) -> None:
    """Post a JSON body. Raises NotDelivered.

    No redirect is followed and no proxy setting is read; the answer's body is not.
    """
    headers = {"Content-Type": "application/json", "User-Agent": "aura"}
    headers |= signature(secret, message_id, int(time.time()), body)
    with requests.Session() as session:
        session.trust_env = False
        try:
            with session.post(
                url,
                data=body,
                headers=headers,
                timeout=(CONNECT_S, READ_S),
                allow_redirects=False,
                stream=True,
            ) as answer:
                status = answer.status_code
        except (requests.RequestException, OSError, UnicodeError) as error:
            raise NotDelivered(
                f"The webhook could not be reached ({type(error).__name__})."
            ) from None
    if not 200 <= status < 300:
        raise NotDelivered(f"The webhook answered with status {status}.")


def signature(
    secret: str, message_id: str, sent_at: int, body: bytes
) -> dict[str, str]:
    """Return the headers that name and sign a message that was sent at a Unix time; those
    of an unsigned one where there is no secret."""
    headers = {"webhook-id": message_id, "webhook-timestamp": str(sent_at)}
    if not secret:
        return headers
    signed = b"%b.%d.%b" % (message_id.encode(), sent_at, body)
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return {**headers, "webhook-signature": "v1," + base64.b64encode(digest).decode()}


def _key(secret: str) -> bytes:
    """Return the bytes of a secret: base64 after whsec_, else the text itself."""
    if secret.startswith(SECRET_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        except ValueError:
            pass
    return secret.encode()
