"""Who thinks: a client with a key, for the person whom it names, or a member of the staff who
is signed in, for himself alone."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from cognition import people
from gateway.errors import INVALID_REQUEST, GatewayError, Unauthorized
from gateway.keys import RING, KeyInfo

PERMISSION = "cognition.use_playground"
"""What staff need to talk to the mind."""


class NotSameSite(GatewayError):
    """A signed-in browser was made to send this by another site, or without its token."""

    status, type, code = 403, INVALID_REQUEST, "csrf_failed"

    def __init__(self) -> None:
        super().__init__(
            "Send the token of the cookie `csrftoken` as X-CSRFToken, from a page of Aura; "
            "or a key as `Authorization: Bearer KEY`."
        )


class NotAllowed(GatewayError):
    """A member of the staff who may look, but not spend what conversations cost."""

    status, type, code = 403, INVALID_REQUEST, "permission_denied"

    def __init__(self) -> None:
        super().__init__(
            "You may not talk to the mind: that costs money. An admin can give you the "
            "permission to use the playground."
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. `person` is set for staff; for a client it is whom the body names."""

    key: KeyInfo
    person: str | None

    def person_for(self, user_id: str) -> str | None:
        """Return the person whose turn this is; None is nobody by name."""
        if self.person:
            return self.person
        return people.of_client(user_id) if user_id else None


async def caller_of(request: HttpRequest) -> Caller:
    """Return who calls. Raises Unauthorized, NotSameSite and NotAllowed."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        info = RING.find(key.strip()) if scheme.lower() == "bearer" else None
        if info is None:
            raise Unauthorized(
                "Send a valid Aura key as `Authorization: Bearer KEY`. Keys are made in "
                "the admin, or by `manage.py create_api_key NAME`."
            )
        return Caller(info, None)
    user = await request.auser()
    if not (user.is_active and user.is_staff):
        raise Unauthorized(
            "Send an Aura key as `Authorization: Bearer KEY`, or sign in at /admin/."
        )
    _check_token(request)
    if not await user.ahas_perm(PERMISSION):
        raise NotAllowed
    return Caller(
        KeyInfo(0, f"staff {user.get_username()}", None), people.of_staff(user)
    )


class _Check(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


def _check_token(request: HttpRequest) -> None:
    """Raise NotSameSite: these doors are exempt for clients, which have no cookies."""
    check = _Check(_nothing)
    check.process_request(request)
    if check.process_view(request, _nothing, (), {}):
        raise NotSameSite


def _nothing(_: HttpRequest) -> HttpResponse:
    return HttpResponse()
