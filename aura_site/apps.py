"""The room's Django configuration."""

from django.apps import AppConfig


class AuraSiteConfig(AppConfig):
    name = "aura_site"
    verbose_name = "Aura"
