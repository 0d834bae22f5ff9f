"""The tables of the catalogue: the models that providers listed, and when each was read."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from brains.values import MODEL_ID_LENGTH
from providers.listed_model import NAME_MAX, WORD_MAX, Kind, ListedModel


class CatalogueSource(models.Model):
    """A provider, when its list was read last, and what was wrong when it could not be."""

    provider = models.CharField(max_length=100, unique=True)
    read_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField()
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("provider",)
        default_permissions = ()

    def __str__(self) -> str:
        return self.provider

    def is_due(self, every: timedelta, again: timedelta) -> bool:
        """Say whether it should be asked: `every` so often, `again` so long after a failure."""
        return timezone.now() - self.tried_at >= (again if self.trouble else every)


class CatalogueModel(models.Model):
    """One model by the id that a preset names it with. It is listed while `seen_at` is the
    time at which its provider was read last; one that is gone is kept for a while."""

    model_id = models.CharField(max_length=MODEL_ID_LENGTH, unique=True)
    provider = models.CharField(max_length=100, db_index=True)
    name = models.CharField(max_length=NAME_MAX)
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in Kind])
    price_in = models.CharField(
        max_length=WORD_MAX, blank=True, help_text="USD per token, a decimal."
    )
    price_out = models.CharField(
        max_length=WORD_MAX, blank=True, help_text="USD per token, a decimal."
    )
    context_length = models.PositiveIntegerField(null=True)
    input_modalities = models.JSONField(default=list)
    output_modalities = models.JSONField(default=list)
    supported_parameters = models.JSONField(default=list)
    expires_on = models.DateField(null=True)
    slug = models.CharField(max_length=NAME_MAX, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("model_id",)
        default_permissions = ()

    def __str__(self) -> str:
        return self.model_id

    @classmethod
    def of(
        cls, model_id: str, provider: str, listed: ListedModel, *, seen_at: datetime
    ) -> "CatalogueModel":
        """Return the row of a model as it was listed; it is not saved."""
        price_in, price_out = listed.price or ("", "")
        return cls(
            model_id=model_id,
            provider=provider,
            name=listed.name,
            kind=listed.kind,
            price_in=price_in,
            price_out=price_out,
            context_length=listed.context_length,
            input_modalities=list(listed.input_modalities),
            output_modalities=list(listed.output_modalities),
            supported_parameters=list(listed.parameters),
            expires_on=listed.expires_on,
            slug=listed.slug,
            seen_at=seen_at,
        )

    def as_listed(self) -> ListedModel:
        """Return the model as its provider listed it."""
        return ListedModel(
            id=self.model_id,
            name=self.name,
            kind=Kind(self.kind),
            price=(self.price_in, self.price_out) if self.price_in else None,
            context_length=self.context_length,
            input_modalities=tuple(self.input_modalities),
            output_modalities=tuple(self.output_modalities),
            parameters=tuple(self.supported_parameters),
            expires_on=self.expires_on,
            slug=self.slug,
        )
