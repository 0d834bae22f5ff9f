"""Which providers there are and which of them a model id goes to. A provider is data:
adding one is an entry here (or `AURA_PROVIDERS` in the environment), no code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

DEFAULT = "openrouter"


@dataclass(frozen=True, slots=True)
class Provider:
    """A server we call, with OpenAI's protocol.

    Ids that begin with `prefix` go to it, with the prefix stripped and `model_names`
    (ours -> theirs) applied. `base_url` ends before `/chat/completions`. The key belongs
    to the origin of these addresses alone. One that `is_embedded` is started by Aura
    itself: when it is not there, it was not started. One that `is_presumed` was set up
    by nobody: it is looked for where such a server is by default.
    """

    name: str
    title: str
    base_url: str
    url_variable: str
    key_variable: str
    prefix: str = ""
    key: str = field(default="", repr=False)
    needs_key: bool = True
    embedding_base_url: str = ""
    embedding_url_variable: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    model_names: Mapping[str, str] = field(default_factory=dict)
    start_hint: str = ""
    is_embedded: bool = False
    is_presumed: bool = False

    @property
    def problem(self) -> str:
        """Why it cannot be called as it is set up, as a sentence; "" when it can."""
        for variable, url in self._addresses():
            if problem := address_problem(url):
                return f"{variable} {problem}"
        if self.needs_key and not self.key:
            return f"No key for {self.title}: set {self.key_variable} and restart."
        if not (self.key.isascii() and self.key.isprintable()):
            return (
                f"{self.key_variable} has characters that no key has: paste it again."
            )
        return ""

    @property
    def bills_calls(self) -> bool:
        """Whether a call may cost something: one that takes no key, such as a server of
        one's own, can bill nobody for it."""
        return self.needs_key

    @property
    def origin(self) -> str:
        """Scheme, host and port, without path or credentials, as it may be shown."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def _addresses(self) -> Iterator[tuple[str, str]]:
        yield self.url_variable, self.base_url
        if self.embedding_base_url:
            yield self.embedding_url_variable, self.embedding_base_url


@dataclass(frozen=True, slots=True)
class Route:
    """Where a model id goes: the provider, and the model's name there."""

    provider: Provider
    model: str


class Registry(Mapping[str, Provider]):
    """The providers by name, and the way from a model id to one of them."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = dict(providers)
        prefixed = [p for p in self._providers.values() if p.prefix]
        self._by_prefix = sorted(prefixed, key=lambda p: len(p.prefix), reverse=True)
        self.route = lru_cache(maxsize=4096)(self._route)

    def __getitem__(self, name: str) -> Provider:
        return self._providers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._providers)

    def __len__(self) -> int:
        return len(self._providers)

    def _route(self, model_id: str) -> Route:
        """Return the route of a model id: the longest prefix, else OpenRouter."""
        for provider in self._by_prefix:
            if model_id.startswith(provider.prefix):
                name = model_id.removeprefix(provider.prefix)
                return Route(provider, provider.model_names.get(name, name))
        return Route(self._providers[DEFAULT], model_id)


def address_problem(url: str) -> str:
    """Return what is wrong with a provider's address, to follow the variable's name."""
    if not url:
        return "is not set: give the address that ends before /chat/completions."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not an address such as http://127.0.0.1:11434/v1."
    if " " in url or not url.isprintable():
        return "has characters that no address has: paste it again."
    if parts.query or parts.fragment:
        return "must end before /chat/completions, with no ? or # in it."
    if parts.scheme not in ("http", "https") or not host:
        return "must be an http:// or https:// address with a host."
    if parts.username or parts.password:
        return "must not hold a user or password: use the key variable."
    return ""
