"""One request on the fast path: its id, its key, its parsed body, and the live state that
it took once at its edge."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from brains.live import Live, current
from gateway import accounts, canary, underway
from gateway.errors import BadRequest, Unauthorized, UnsupportedMedia
from gateway.http import (
    Header,
    Receive,
    Scope,
    Send,
    fields,
    parse_object,
    read_body,
    send_json,
    start_stream,
)
from gateway.keys import RING, KeyInfo
from gateway.limits.key_limits import LIMITS
from gateway.plans import Plan, Plans
from gateway.stamps import fallback_reason
from gateway.underway import Call, Operation
from gateway.upstream import Upstream

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

    upstream: Upstream
    plans: Plans
    aliases: Mapping[str, str]
    openapi: bytes


@dataclass(slots=True)
class Request:
    """A request and its way back. `headers` go onto its answer, whatever the answer is."""

    scope: Scope
    receive: Receive
    send: Send
    around: Surroundings
    id: str = field(default_factory=underway.new_id)
    live: Live = field(default_factory=current)
    began: float = field(default_factory=time.monotonic)
    headers: list[Header] = field(default_factory=list)
    fields: dict[bytes, bytes] = field(init=False)
    """The request's headers by name."""
    key: KeyInfo | None = None
    operation: Operation | None = None
    """What a request of a layer is for; None for every other."""
    length: int = 0
    """Of its body, in bytes, once it was read."""
    asked: str = ""
    call: Call | None = None
    has_begun: bool = False
    """Whether its answer has."""

    def __post_init__(self) -> None:
        self.headers.append((b"x-request-id", self.id.encode()))
        self.fields = fields(self.scope)

    def field(self, name: bytes) -> str:
        """Return a header of the request, or ""."""
        return self.fields.get(name, b"").decode("latin-1")

    def authenticate(self, operation: Operation | None = None) -> KeyInfo:
        """Return the client's key. Raises Unauthorized."""
        self.operation = operation
        scheme, _, key = self.field(b"authorization").partition(" ")
        if scheme.lower() == "bearer" and (info := RING.find(key.strip())):
            self.key = info
            return info
        raise Unauthorized(
            "Send a valid Aura key as `Authorization: Bearer KEY`. Keys are made in the "
            "admin, or by `manage.py create_api_key NAME`."
        )

    def admit(self) -> None:
        """Count the request against the limits of its key. Raises RateLimited."""
        if self.key and self.key.limits:
            self.headers.extend(LIMITS.admit(self.key))

    async def json(self) -> dict[str, Any]:
        """Return the body. Raises BadRequest, BodyTooLarge or UnsupportedMedia."""
        media = self.field(b"content-type")
        if media != "application/json" and not _is_json(media):
            raise UnsupportedMedia("Send the body as application/json.")
        length = self.fields.get(b"content-length", b"")
        data = await read_body(length, self.receive)
        self.length, body = len(data), parse_object(data)
        if refused := REFUSED_FIELDS & body.keys():
            name = sorted(refused)[0]
            raise BadRequest(
                f"`{name}` is not for clients: Aura chooses the model, the provider and "
                "its key. Remove it.",
                param=name,
            )
        return body

    def plan(self, body: dict[str, Any]) -> Plan:
        """Return who may serve what the body asks for.

        Raises BadRequest, ModelNotFound or LayerNotAllowed.
        """
        asked = body.get("model")
        self.asked = asked if isinstance(asked, str) else ""
        split = self.live.canary
        is_candidate = split is not None and canary.takes(split, body, self.key)
        plan = self.around.plans.find(asked, self.live, is_candidate)
        if self.key and self.key.limits:
            LIMITS.check_layer(self.key, plan.target.layer)
        return plan

    def begin(self, plan: Plan, *, is_streamed: bool = False) -> Call:
        """Begin the call that serves this request."""
        self.call = underway.begin(
            plan,
            self.operation or "chat",
            key=self.key,
            call_id=self.id,
            is_streamed=is_streamed,
            began=self.began,
        )
        return self.call

    async def answer(
        self, status: int, body: Any, headers: Iterable[Header] = ()
    ) -> None:
        """Answer with JSON, stamped with what served it."""
        self.has_begun = True
        await send_json(self.send, status, body, (*self._stamped(), *headers))

    async def start_stream(self) -> None:
        """Begin an answer of server-sent events, stamped with what serves it."""
        self.has_begun = True
        await start_stream(self.send, self._stamped())

    def refuse(self, error: BaseException) -> None:
        """Put a request with a key on record that ended before it became a call."""
        if self.key and self.operation and self.call is None:
            accounts.refuse(
                self.key,
                self.operation,
                error,
                call_id=self.id,
                asked=self.asked,
                began=self.began,
            )

    def _stamped(self) -> list[Header]:
        if self.call is None:
            return self.headers
        stamped = [*self.headers, *self.call.served.stamps]
        if self.call.fallback:
            stamped.append(fallback_reason(self.call.fallback))
        return stamped


def _is_json(media: str) -> bool:
    return media.partition(";")[0].strip().lower() in ("application/json", "")
