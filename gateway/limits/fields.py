"""Limits as people type them, in the admin and in a shell: each mistake is answered with one
sentence."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from brains.layers import LAYER_BY_NAME, LAYERS
from brains.values import shown
from gateway.limits.values import (
    LAYERS_HELP,
    PER_MINUTE_HELP,
    PER_MINUTE_MAX,
    USD_HELP,
    USD_MAX,
    USD_MIN,
    layers_text,
)


class PerMinuteField(forms.IntegerField):
    """A whole number, or nothing. Text, not type=number: a browser sends a bad number as
    nothing, and nothing means no limit."""

    widget = forms.TextInput

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False, min_value=1, max_value=PER_MINUTE_MAX, **options
        )

    def clean(self, value: Any) -> int | None:
        """Return the number; None for blank. Raises ValidationError with one sentence."""
        try:
            number: int | None = super().clean(_stripped(value))
        except ValidationError as error:
            raise _refused(value, PER_MINUTE_HELP) from error
        return number


class UsdField(forms.DecimalField):
    """An amount of money, or nothing."""

    widget = forms.TextInput

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            min_value=USD_MIN,
            max_value=USD_MAX,
            max_digits=12,
            decimal_places=4,
            **options,
        )

    def clean(self, value: Any) -> Decimal | None:
        """Return the amount; None for blank. Raises ValidationError with one sentence."""
        try:
            amount: Decimal | None = super().clean(_stripped(value))
        except ValidationError as error:
            raise _refused(value, USD_HELP) from error
        return amount

    def prepare_value(self, value: Any) -> Any:
        """Show an amount to the cent, and to more decimals only if it has them."""
        if not isinstance(value, Decimal):
            return value
        cents = value.quantize(Decimal("0.01"))
        return cents if cents == value else value.normalize()


class LayersField(forms.MultipleChoiceField):
    """The layers of a key, each with a box; none checked means all of them."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **options: Any) -> None:
        choices = [(layer.name, f"{layer.title} {layer.role}") for layer in LAYERS]
        super().__init__(required=False, choices=choices, **options)

    def clean(self, value: Any) -> str:
        """Return the layers as they are kept. Raises ValidationError."""
        return layers_text(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        """Return the names of the boxes that are checked."""
        return value.split(",") if isinstance(value, str) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Say whether other layers are meant than before."""
        return layers_text(self.prepare_value(initial) or ()) != layers_text(data or ())


def layers_typed(text: str) -> str:
    """Return layers as they are kept, from names with commas between.

    Raises ValidationError with one sentence.
    """
    names = {name.strip().lower() for name in text.split(",")}
    if not names <= LAYER_BY_NAME.keys():
        raise _refused(text, LAYERS_HELP)
    return layers_text(names)


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _refused(value: Any, mend: str) -> ValidationError:
    return ValidationError(f"{shown(str(value).strip())} is no limit. {mend}")
