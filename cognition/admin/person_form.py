"""Whose data it is about, as the admin's page asks for it."""

from typing import Any

from django import forms

from cognition import people

CLIENT, STAFF, CONVERSATION = "client", "staff", "conversation"
KINDS = (
    (CLIENT, "the user_id that an application sends to /chat"),
    (STAFF, "the user name of somebody who signs in here"),
    (CONVERSATION, "the id of a conversation whose user has no name"),
)


class PersonForm(forms.Form):
    """A name and what it is of. Once it is valid, `cleaned_data` has the `person`."""

    user = forms.CharField(
        label="User id",
        max_length=people.NAME_MAX,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "vTextField"}),
    )
    kind = forms.ChoiceField(label="That is", choices=KINDS, initial=CLIENT)

    def clean(self) -> dict[str, Any]:
        """Find the person; where nobody is called that, the field says so."""
        data = super().clean() or {}
        if "user" in data and "kind" in data:
            try:
                data["person"] = people.called(
                    data["user"],
                    is_staff=data["kind"] == STAFF,
                    is_conversation=data["kind"] == CONVERSATION,
                )
            except people.NoSuchPerson as error:
                self.add_error("user", str(error))
        return data
