"""Tables are migrated forward and back with data in them, while workers serve: data stay,
and the code of the release before reads and writes the tables of this one."""

import shutil

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from brains import activation
from brains.models import Activation
from brains.tests.records import ANN, preset
from brains.tests.watching import serves
from brains.watcher import SelectionPart
from gateway.keys import RING, KeyPart, keep, new_key
from gateway.models import ApiKey
from tests.own_database import own_database
from tests.waiting import wait_until

# The tables of the release before, which was the first one.
BEFORE = [("brains", "0002_shipped_presets"), ("gateway", "0001_initial")]
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]


@pytest.fixture(params=KINDS)
def database(request, tmp_path, django_db_blocker):
    """A database of either kind, with the tables of this release."""
    url = ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        url = server.migrated(f"migrations_{request.node.name[:20]}")
    else:
        migrated = request.getfixturevalue("migrated_folder")
        shutil.copytree(migrated, tmp_path, dirs_exist_ok=True)
    with django_db_blocker.unblock(), own_database(url, tmp_path) as own:
        yield own


def migrate(target):
    for app, name in target:
        call_command("migrate", app, name, verbosity=0)


def newest():
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    return [leaf for leaf in leaves if leaf[0] in ("brains", "gateway")]


def data():
    """Return what both releases know of, as it stands in the database."""
    activations = Activation.objects.order_by("revision")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, l1_model, l3_model FROM brains_modelpreset ORDER BY 1"
        )
        presets = cursor.fetchall()
        cursor.execute("SELECT name, sha256 FROM gateway_apikey ORDER BY 1")
        keys = cursor.fetchall()
    return list(activations.values_list("revision", "by_name")), presets, keys


@pytest.mark.fault("D17")
def test_data_stay_and_workers_serve_while_tables_go_back_and_forward(
    database, watch, measured
):
    key = new_key()
    keep(ApiKey(name="tests"), key)
    activation.activate(preset("Budget"), ANN)
    running = watch(SelectionPart(), KeyPart())
    wait_until(running.is_connected, "the first look to end")
    before, after = data(), newest()

    migrate(BEFORE)
    assert data() == before
    assert serves("Budget") and RING.find(key)
    migrate(after)
    assert data() == before

    activation.activate(preset("Hybrid"), ANN)
    wait_until(lambda: serves("Hybrid"), "the change after it all")
    wait_until(lambda: not running.trouble, "all to be well")
    assert RING.find(key)
    steps = sum(int(name[:4]) for _, name in after) - 3
    measured(f"{connection.vendor}: {steps} migrations back and forward")


@pytest.mark.fault("D17")
def test_the_code_of_the_release_before_reads_and_writes_these_tables(
    database, watch, measured
):
    old = MigrationExecutor(connection).loader.project_state(BEFORE).apps.get_model
    watch()
    now = timezone.now()

    budget = old("brains", "ModelPreset").objects.get(name="Budget")
    budget.l1_model = "old/one"
    budget.save()
    old("brains", "ModelPreset").objects.create(
        name="Old", slug="old", name_skeleton="old"
    )
    values = {"name": "Budget", "slug": "budget", "values": {"l1_model": "old/one"}}
    old("brains", "Activation").objects.create(
        revision=1, action="activate", preset=budget, snapshot=values, resolved={}
    )
    old("brains", "ChangeCounter").objects.update(value=9, token="theirs")
    old("brains", "Worker").objects.create(
        node="n", pid=1, started_at=now, seen_at=now, switched_at=now, revision=1
    )
    key = old("gateway", "ApiKey").objects.create(name="k", sha256="0" * 64, hint="…k")

    wait_until(lambda: serves("Budget"), "their change to be served")
    assert preset("Old").l1_model == ""
    assert ApiKey.objects.get(pk=key.pk).name == "k"
    measured(f"{connection.vendor}: reads and writes of each table")
