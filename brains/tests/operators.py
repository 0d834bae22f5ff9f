"""People who work in the admin, for tests: who they are, what they press, what they read."""

import re
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

UNDO = re.compile(r' <a class="aura-undo" href="([^"]+)"[^>]*>Undo</a>')


def member(*codenames: str, name: str = "member") -> Client:
    """Return the browser of a member of staff who has these permissions and no others."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def fields_of(response: Any) -> dict[str, Any]:
    """Return what the form of a question would send."""
    form = response.context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def answer(client: Client, url: str, **changes: Any) -> Any:
    """Open a question, fill in `changes`, press its button, and return the next page."""
    data = fields_of(client.get(url)) | changes
    return client.post(url, data, follow=True)


def told(response: Any) -> list[str]:
    """Return the messages on a page, without the link to undo what they tell of."""
    return [UNDO.sub("", str(message)) for message in response.context["messages"]]


def undo_of(response: Any) -> str | None:
    """Return where the page's Undo leads to; None when it has none."""
    found = UNDO.search(" ".join(str(m) for m in response.context["messages"]))
    return found[1] if found else None


def read(response: Any) -> str:
    """Return a page as text, with single spaces."""
    html = response.content.decode().replace("<wbr>", "")
    text = re.sub(r"\s+([,.])", r"\1", re.sub("<[^>]+>", " ", html))
    return " ".join(text.split())
