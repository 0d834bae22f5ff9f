"""Scripts that call `/api/`, for tests: a person with permissions, a key of theirs, and what
comes back. No request has a session or a CSRF token."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from brains import staff_keys
from brains.staff_keys import Scope, StaffKey

ALL_SCOPES = ",".join(Scope.values)
ALL_PERMISSIONS = (
    "view_modelpreset",
    "add_modelpreset",
    "change_modelpreset",
    "delete_modelpreset",
    "activate_modelpreset",
    "confirm_modelpreset",
    "roll_back_modelpreset",
    "probe_modelpreset",
    "view_activation",
    "view_schedule",
    "add_schedule",
    "delete_schedule",
)


def person(*codenames: str, name: str = "ann") -> User:
    """Make a member of staff with these permissions of this room, or find them again."""
    user, _ = User.objects.get_or_create(username=name, is_staff=True)
    wanted = Permission.objects.filter(
        content_type__app_label="brains", codename__in=codenames
    )
    user.user_permissions.set(wanted)
    return user


class Script:
    """Calls with a key of its own."""

    def __init__(self, scopes: str = ALL_SCOPES, user: User | None = None) -> None:
        owner = user or person(*ALL_PERMISSIONS)
        self.row = StaffKey(name="ci", scopes=scopes, created_by=owner)
        self.key = staff_keys.make(self.row)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        kind: str = "application/json",
        **headers: str,
    ) -> Any:
        """Return the answer. A body that is a dict is sent as JSON."""
        sent = {"Authorization": f"Bearer {self.key}", **headers}
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        if body is None:
            return client.generic(method, path, headers=sent)
        if isinstance(body, dict):
            request = getattr(client, method.lower())
            return request(path, body, content_type=kind, headers=sent)
        return client.generic(method, path, body, content_type=kind, headers=sent)

    def get(self, path: str, **headers: str) -> Any:
        """GET."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST JSON."""
        return self.ask("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        """PUT JSON."""
        return self.ask("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """PATCH JSON."""
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        """DELETE."""
        return self.ask("DELETE", path, body, **headers)

    def give(self, text: str | bytes, query: str = "") -> Any:
        """Import a file."""
        return self.ask("POST", f"/api/import{query}", text, "application/yaml")


def failure(answer: Any) -> tuple[int, str]:
    """Return the status and the code of an error, which has a sentence beside it."""
    error = answer.json()["error"]
    assert set(error) == {"message", "code"} and error["message"]
    return answer.status_code, str(error["code"])
