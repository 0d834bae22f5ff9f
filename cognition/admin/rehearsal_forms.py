"""The question before a rehearsal: how many exchanges, of which layer, for how much at most."""

from django import forms

from brains.layers import LAYER_BY_NAME
from cognition.rehearsal.choosing import COUNT_MAX, LAYERS

COUNT, CAP_USD = 20, 1.0


class StartForm(forms.Form):
    """How a rehearsal is to be."""

    count = forms.IntegerField(
        label="Exchanges",
        min_value=1,
        max_value=COUNT_MAX,
        initial=COUNT,
        help_text=f"The newest ones, at most {COUNT_MAX}.",
    )
    layer = forms.ChoiceField(
        label="Layer",
        required=False,
        choices=[("", "All"), *((n, LAYER_BY_NAME[n].title) for n in LAYERS)],
    )
    cap_usd = forms.FloatField(
        label="Cap in USD",
        min_value=0.01,
        max_value=1000,
        initial=f"{CAP_USD:.2f}",
        help_text="It is refused when the estimate is above, and stops when it is reached.",
        widget=forms.NumberInput(attrs={"step": "0.01"}),
    )
