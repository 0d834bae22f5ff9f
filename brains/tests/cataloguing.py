"""A catalogue for tests: rows as a refresh writes them, without a provider."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from brains.catalogue.models import CatalogueModel, CatalogueSource
from providers.listed_model import Kind, ListedModel
from providers.registry import Registry
from providers.shipped import local, named, offline, openrouter

KEY = "sk-or-canary-0123456789"


def providers(url: str = "", groq_url: str = "http://127.0.0.1:9/v1") -> Registry:
    """Return OpenRouter (itself, unless there is a URL), groq, local and offline."""
    servers = (
        openrouter(url, KEY),
        named("groq", groq_url, KEY),
        local("http://127.0.0.1:9/v1", "", "", {}),
        offline("http://127.0.0.1:9/v1", ""),
    )
    return Registry({server.name: server for server in servers})


def listed(model_id: str, **facts: Any) -> ListedModel:
    """Return a model of a list."""
    kind = facts.pop("kind", Kind.CHAT)
    return ListedModel(model_id, facts.pop("name", model_id), kind, **facts)


def read(
    *models: str | ListedModel, provider: str = "openrouter", days_ago: float = 0
) -> None:
    """Let a provider have been read, so many days ago, with these models by their ids."""
    now = timezone.now() - timedelta(days=days_ago)
    CatalogueSource.objects.update_or_create(
        provider=provider,
        defaults={"read_at": now, "tried_at": now, "trouble": ""},
    )
    for each in models:
        model = listed(each) if isinstance(each, str) else each
        model_id = settings.AURA_PROVIDERS[provider].prefix + model.id
        CatalogueModel.objects.filter(model_id=model_id).delete()
        CatalogueModel.of(model_id, provider, model, seen_at=now).save()
