"""What the list of calls can be narrowed to: period, layer, outcome, key, preset."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from brains.layers import LAYERS
from brains.models import ModelPreset
from gateway.models import ApiKey
from gateway.records.models import CallRecord

CLIENT_GONE = 499

Calls = QuerySet[CallRecord]
Choices = list[tuple[str, str]]


class CallFilter(admin.SimpleListFilter):
    """One choice among some; an unknown one narrows nothing."""

    rank: ClassVar[int] = 0
    """The index that holds fewer calls has the higher one."""

    def condition(self) -> Q | None:
        """Return what the chosen calls have in common."""
        raise NotImplementedError

    def held(self) -> Q | None:
        """Return the part of the condition that an index holds; None for none."""
        return None

    def queryset(self, request: HttpRequest, queryset: Calls) -> Calls:
        """Narrow the calls to the chosen ones."""
        condition = self.condition()
        return queryset if condition is None else queryset.filter(condition)


class PeriodFilter(CallFilter):
    """Since when. Every index holds this: the time is a part of each."""

    title = "period"
    parameter_name = "period"
    _periods: ClassVar = {
        "hour": ("Last hour", timedelta(hours=1)),
        "day": ("Last 24 hours", timedelta(days=1)),
        "week": ("Last 7 days", timedelta(days=7)),
        "month": ("Last 30 days", timedelta(days=30)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(name, title) for name, (title, _) in self._periods.items()]

    def condition(self) -> Q | None:
        if period := self._periods.get(self.value() or ""):
            return Q(began_at__gte=timezone.now() - period[1])
        return None


class LayerFilter(CallFilter):
    """Which layer; calls that were refused before they came to one have none."""

    title = "layer"
    parameter_name = "layer"
    rank = 1

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [*((layer.name, layer.title) for layer in LAYERS), ("none", "None")]

    def condition(self) -> Q | None:
        names = {layer.name: layer.name for layer in LAYERS} | {"none": ""}
        value = self.value()
        return Q(layer=names[value]) if value in names else None

    def held(self) -> Q | None:
        return self.condition()


class OutcomeFilter(CallFilter):
    """How it ended. An answer that breaks off keeps the status it began with."""

    title = "outcome"
    parameter_name = "outcome"
    rank = 3
    _any_error = ~Q(error="")
    _outcomes: ClassVar = {
        "good": ("Good", Q(error="")),
        "error": ("Any error", _any_error),
        "4xx": ("Refused (4xx)", Q(status__gte=400, status__lt=CLIENT_GONE)),
        "499": ("Client hung up (499)", Q(status=CLIENT_GONE)),
        "5xx": ("Failed (5xx)", Q(status__gte=500)),
        "broken": ("Broke off", Q(status__lt=400)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(name, title) for name, (title, _) in self._outcomes.items()]

    def condition(self) -> Q | None:
        value = self.value()
        if value not in self._outcomes:
            return None
        condition = self._outcomes[value][1]
        return condition if value in ("good", "error") else self._any_error & condition

    def held(self) -> Q | None:
        return None if self.value() == "good" else self._any_error


class KeyFilter(CallFilter):
    """Whose key."""

    title = "key"
    parameter_name = "key"
    rank = 2

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        keys = ApiKey.objects.order_by("name", "id").values_list("id", "name", "hint")
        named = [(str(number), f"{name} {hint}") for number, name, hint in keys]
        return [*named, ("none", "AURA_API_KEY")]

    def condition(self) -> Q | None:
        value = self.value() or ""
        if value == "none":
            return Q(key=None)
        is_number = value.isascii() and value.isdigit() and len(value) < 19
        return Q(key_id=int(value)) if is_number else None

    def held(self) -> Q | None:
        return self.condition()


class PresetFilter(CallFilter):
    """Which preset was in effect, by its name of now."""

    title = "preset"
    parameter_name = "preset"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        names = ModelPreset.objects.order_by("name").values_list("name", flat=True)
        return [*((f"={name}", name) for name in names), ("none", "None")]

    def condition(self) -> Q | None:
        value = self.value() or ""
        if value == "none":
            return Q(preset="")
        return Q(preset=value[1:]) if value.startswith("=") else None


FILTERS = (PeriodFilter, LayerFilter, OutcomeFilter, KeyFilter, PresetFilter)
