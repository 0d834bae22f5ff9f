"""The doors of `/api/users/`, and what each needs."""

from django.urls import re_path

from brains.api.door import Door, view
from cognition.personal_data import doors

urlpatterns = [
    # Whatever clients call their users: spaces, slashes and line ends too. So there is one
    # pattern, and `/export` is cut off by the door that wants it there.
    re_path(
        r"^users/(?P<user_id>(?s:.+))\Z",
        view(
            GET=Door(doors.export, doors.EXPORT),
            DELETE=Door(doors.forget, doors.FORGET),
        ),
    ),
]
