"""What the admin lists as personal data: no table of its own."""

from cognition.conversations.models import Conversation


class Person(Conversation):
    """Somebody of whom something is kept, as the admin's pages ask for them by name."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "person"
        verbose_name_plural = "personal data"
