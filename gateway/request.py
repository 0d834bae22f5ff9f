"""One request on the fast path: its id, its key, its parsed body, and the live state that
it took once at its edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from brains.live import Live, current
from gateway import calls
from gateway.errors import BadRequest, Unauthorized, UnsupportedMedia
from gateway.http import Header, Receive, Scope, Send, header, parse_object, read_body
from gateway.keys import RING, KeyInfo
from gateway.names import Target, find_target
from gateway.stamps import stamps
from providers.client import Client
from providers.registry import Registry

# Fields by which a client could make a gateway call elsewhere, with another key or model.
REFUSED_FIELDS = frozenset(
    {
        "api_base",
        "api_key",
        "api_version",
        "base_url",
        "custom_llm_provider",
        "extra_headers",
    }
    | {"fallbacks", "model_list", "models", "organization", "preset"}
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every request of this process shares."""

    client: Client
    registry: Registry
    aliases: Mapping[str, str]
    openapi: bytes


@dataclass(slots=True)
class Request:
    """A request and its way back. `headers` go onto its answer, whatever the answer is."""

    scope: Scope
    receive: Receive
    send: Send
    around: Surroundings
    id: str = field(default_factory=calls.new_id)
    live: Live = field(default_factory=current)
    headers: list[Header] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.headers.append((b"x-request-id", self.id.encode()))

    def authenticate(self) -> KeyInfo:
        """Return the client's key. Raises Unauthorized."""
        scheme, _, key = header(self.scope, b"authorization").partition(" ")
        if scheme.lower() == "bearer" and (info := RING.find(key.strip())):
            return info
        raise Unauthorized(
            "Send a valid Aura key as `Authorization: Bearer KEY`. Keys are made in the "
            "admin, or by `manage.py create_api_key NAME`."
        )

    async def json(self) -> dict[str, Any]:
        """Return the body. Raises BadRequest, BodyTooLarge or UnsupportedMedia."""
        media = header(self.scope, b"content-type").partition(";")[0].strip().lower()
        if media not in ("application/json", ""):
            raise UnsupportedMedia("Send the body as application/json.")
        body = parse_object(await read_body(self.scope, self.receive))
        if refused := REFUSED_FIELDS & body.keys():
            name = sorted(refused)[0]
            raise BadRequest(
                f"`{name}` is not for clients: Aura chooses the model, the provider and "
                "its key. Remove it.",
                param=name,
            )
        return body

    def target(self, body: dict[str, Any]) -> Target:
        """Return the layer and selection that the body asks for.

        Raises BadRequest or ModelNotFound.
        """
        return find_target(body.get("model"), self.live, self.around.aliases)

    def begin(self, target: Target) -> calls.Call:
        """Fix the model that serves this request, and stamp its answer."""
        call = calls.begin(target, self.around.registry, self.id)
        self.headers.extend(stamps(call))
        return call
