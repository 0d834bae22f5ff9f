"""`manage.py run_redis_tasks`: do the tasks that wait in Redis, one at a time, until told to
stop. `run_tasks` puts them there as they fall due; as many of these as wanted may run."""

import logging
import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from django_tasks_db.compat import TASKS_LOGGER

from gateway.background.queues import QueueAway
from gateway.records.on_record import calls_on_record

# Beside the server on the same machine: clients come first.
NICENESS = 5


class Command(BaseCommand):
    help = (
        "Do the background tasks that wait in Redis (AURA_TASKS=redis), until stopped."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.RQ_QUEUES:
            raise CommandError(
                "Tasks wait in the database: set AURA_TASKS=redis first."
            )
        os.nice(NICENESS)
        logging.getLogger(TASKS_LOGGER).setLevel(logging.WARNING)
        try:
            with calls_on_record(settings.AURA_DATA_DIR):
                import_string("gateway.background.redis_queue.work")()
        except QueueAway as error:
            raise CommandError(f"{error} Is REDIS_URL right?") from None
