"""`manage.py refresh_prices`: fetch OpenRouter's prices for calls whose cost it does not say."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from gateway.records.price_table import write_table
from gateway.records.prices import fetched
from providers.price_list import NoPriceList, fetch
from providers.registry import DEFAULT


class Command(BaseCommand):
    help = "Fetch the prices of OpenRouter's models. Running workers take them at once."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        provider = settings.AURA_PROVIDERS[DEFAULT]
        try:
            found = fetch(provider)
            date = f"{datetime.now(UTC):%Y-%m-%d}"
            write_table(
                fetched(), date=date, source=provider.origin, prices=found.prices
            )
        except NoPriceList as error:
            raise CommandError(f"{error} The prices stay as they are.") from error
        except OSError as error:
            raise CommandError(
                f"{fetched()} cannot be written: {error.strerror}. The prices stay as they are."
            ) from error
        self.stdout.write(
            f"{len(found.prices)} prices from {provider.origin}, as of {date}."
        )
        if found.ignored:
            self.stdout.write(
                f"{found.ignored} models were left out: their price depends on the call, or "
                "is none."
            )
