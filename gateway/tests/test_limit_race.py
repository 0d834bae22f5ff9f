"""Processes that ask at the same time hold one limit together."""

import os
import subprocess
import sys
from contextlib import ExitStack
from decimal import Decimal

import pytest
from django.db.models import Sum

from gateway.limits.models import KeyUsage
from gateway.limits.windows import DAY, SECOND
from gateway.tests.limited_process import COST_USD, EVERY_S, LIMIT, TIMES

pytestmark = pytest.mark.slow
pytest_plugins = ("gateway.tests.call_databases",)

PROCESSES = 4
ONE_SECONDS_WORTH = round(PROCESSES / EVERY_S)


@pytest.fixture
def environment(request, calls_database, tmp_path):
    KeyUsage.objects.all().delete()
    url = ""
    if "postgresql" in request.node.name:
        url = request.getfixturevalue("calls_postgres")
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "aura_site.settings",
        "AURA_DATA_DIR": str(tmp_path),
        "DATABASE_URL": url,
    }


def test_four_processes_accept_what_one_may_and_a_second_s_worth(environment, measured):
    with ExitStack() as stack:
        processes = [stack.enter_context(_process(environment)) for _ in range(4)]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        outputs = [process.communicate(timeout=60)[0] for process in processes]
    times = sorted(float(line) for output in outputs for line in output.split())
    late_s = times[-1] - times[LIMIT - 1]
    measured(
        f"{PROCESSES} processes, {PROCESSES * TIMES} requests, limit {LIMIT}: "
        f"{len(times)} accepted, the last {late_s:.2f} s after the limit was reached"
    )
    assert LIMIT <= len(times) <= LIMIT + ONE_SECONDS_WORTH
    assert _sum(SECOND, "requests") == len(times)
    assert _sum(SECOND, "tokens") == 10 * len(times)
    spent = Decimal(_sum(DAY, "cost_usd"))
    assert spent == len(times) * Decimal(str(COST_USD))


def _process(environment):
    return subprocess.Popen(
        [sys.executable, "-m", "gateway.tests.limited_process"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _sum(kind, field):
    return KeyUsage.objects.filter(kind=kind).aggregate(s=Sum(field))["s"]
