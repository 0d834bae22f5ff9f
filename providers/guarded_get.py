"""One GET to a provider from the control plane: with its key, and without what `requests`
does of itself. Never while a client waits."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from urllib3.exceptions import HTTPError

from providers.registry import Provider

PIECE_MAX = 64 * 1024


@contextmanager
def answer_to(
    provider: Provider, url: str, *, connect_s: float, read_s: float
) -> Iterator[requests.Response]:
    """Ask `url`, one of the provider's own, and give the answer with its body unread.

    Raises what requests raises. A read timeout is no deadline: who reads the body, by
    `pieces`, also looks at the clock.
    """
    headers = {"Accept-Encoding": "identity", "User-Agent": "aura", **provider.headers}
    if provider.key:
        headers["Authorization"] = f"Bearer {provider.key}"
    with requests.Session() as session:
        session.trust_env = (
            False  # a .netrc or proxy variable would leak or replace the key
        )
        with session.get(
            url,
            headers=headers,
            timeout=(connect_s, read_s),
            allow_redirects=False,
            stream=True,
        ) as answer:
            yield answer


def pieces(answer: requests.Response) -> Iterator[bytes]:
    """Yield the body as it comes in, as it was sent: compressed is not what was asked for.

    `iter_content` would wait for a piece to be full, however slowly it is dripped. Raises
    requests.ConnectionError.
    """
    try:
        while piece := answer.raw.read1(PIECE_MAX, decode_content=False):
            yield piece
    except HTTPError as error:
        raise requests.ConnectionError(type(error).__name__) from None
