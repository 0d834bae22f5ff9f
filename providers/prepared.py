"""What is the same in every request to one address of a provider, made once: where it goes,
and its head with the key. No request is sent from here."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from providers.errors import ProviderNotReady
from providers.pool import Origin, Pool
from providers.registry import Provider

# Of a path, what may stand there as it is (RFC 3986, 3.3), and escapes that came as such.
PATH_SAFE = "/%:@!$&'()*+,;=~"
# RFC 9110, 5.1 and 5.5, without whitespace but the space and without what is not ASCII.
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
VALUE = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A provider's address, ready to be called. It holds the key: it is never shown."""

    provider: Provider
    origin: Origin
    _head: bytes = field(repr=False)

    def request(self, body: bytes) -> bytes:
        """Return a whole request as bytes."""
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)


def prepare(provider: Provider, url: str, pool: Pool) -> Prepared:
    """Return the address of a provider, ready to be called.

    Raises ProviderNotReady, or ValueError for a host that no name can be.
    """
    if problem := provider.problem:
        raise ProviderNotReady(problem, provider=provider.name)
    parts = urlsplit(url)
    lines = [f"POST {quote(parts.path, safe=PATH_SAFE)} HTTP/1.1"]
    for name, value in _headers(provider, parts.netloc).items():
        if not (NAME.fullmatch(name) and VALUE.fullmatch(value)):
            raise ProviderNotReady(
                f"{provider.title} has a header that cannot be sent.",
                provider=provider.name,
            )
        lines.append(f"{name}: {value}")
    head = "\r\n".join([*lines, "Content-Length: "])
    return Prepared(provider, pool.origin(parts), head.encode("ascii"))


def _headers(provider: Provider, place: str) -> dict[str, str]:
    headers = {
        "Host": place.encode("idna").decode("ascii"),
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "User-Agent": "aura",
        **provider.headers,
    }
    if provider.key:
        headers["Authorization"] = f"Bearer {provider.key}"
    return headers
