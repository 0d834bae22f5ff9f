"""`manage.py run_tasks`: run the background tasks as they fall due, let schedules of presets
begin and end, and look after each change, until told to stop."""

import logging
import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django_tasks_db.compat import TASKS_LOGGER

from gateway.background.patient import AT_ONCE, PatientTasks
from gateway.background.turns import ScheduleTurns
from gateway.background.worker import TaskWorker
from gateway.guard.watch import Guard
from gateway.records.on_record import calls_on_record

# Measured, idle: 0.3 % of a core on either database; every second 0.6 to 0.8 %.
INTERVAL_S = 2.0
# Beside the server on the same machine: clients come first.
NICENESS = 5


class Command(BaseCommand):
    help = "Run the background tasks (roll-ups, retention) as they fall due, until stopped."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--interval",
            type=float,
            default=INTERVAL_S,
            help="Seconds between two looks at the queue (default: %(default)s).",
        )
        parser.add_argument(
            "--at-once",
            type=int,
            choices=range(1, 65),
            metavar="N",
            default=AT_ONCE,
            help="How many tasks may wait for models at a time, 1 to 64 "
            "(default: %(default)s).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        os.nice(NICENESS)
        # Two lines a minute for tasks that went well (those that fail are errors), and a
        # warning at every stop that speaks of Ctrl-C.
        logging.getLogger(TASKS_LOGGER).setLevel(logging.WARNING)
        logging.getLogger("django_tasks_db").setLevel(logging.ERROR)
        with calls_on_record(settings.AURA_DATA_DIR):
            _run(options["interval"], options["at_once"])


def _run(interval_s: float, at_once: int) -> None:
    guard = Guard(settings.AURA_AUTO_REVERT) if settings.AURA_AUTO_REVERT else None
    if guard:
        guard.start()
    patient, turns = PatientTasks(at_once), ScheduleTurns(interval_s)
    patient.start()
    turns.start()
    try:
        TaskWorker(interval_s).run()
    finally:
        turns.stop()
        patient.stop()
        if guard:
            guard.stop()
