"""Fallbacks of a layer: chosen on the ladder as models are, kept with what was activated,
and not there at all for those who set none."""

import hashlib
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from brains import activation, live
from brains.layers import EMBEDDING, FALLBACKS, FIELDS, LAYERS, VALUES
from brains.models import Activation, ModelPreset
from brains.selection import Ladder, Rung, Snapshot, Source, resolve
from brains.tests.records import ANN, newest, preset, revisions


def mine(**values):
    return Snapshot("Mine", "mine", dict.fromkeys(FIELDS, "") | values)


def of_l1(in_preset="", in_env="", in_dotenv=""):
    """Return the selection in which only L1's fallbacks are set, on these rungs."""
    ladder = Ladder({"AURA_L1_FALLBACK": in_env}, {"AURA_L1_FALLBACK": in_dotenv})
    return resolve(mine(l1_fallback=in_preset), ladder)


def test_fallbacks_are_tried_in_the_order_in_which_they_are_written():
    selection = of_l1(in_env=" z/last , a/first,z/last,  m/middle ")

    assert selection.fallbacks("l1") == ("z/last", "a/first", "m/middle")
    choice = selection.choices["l1_fallback"]
    assert (choice.value, choice.source) == ("z/last,a/first,m/middle", Source.ENV)
    assert selection.fallbacks("l2") == selection.fallbacks("l3") == ()


def test_with_nothing_set_there_are_none():
    selection = resolve(None, Ladder())

    assert [selection.fallbacks(layer.name) for layer in LAYERS] == [()] * 4
    for value in FALLBACKS:
        choice = selection.choices[value.field]
        assert (choice.value, choice.source, choice.hidden) == ("", Source.DEFAULT, ())


def test_each_layer_of_text_has_fallbacks_and_the_embedding_layer_has_none():
    assert [value.field for value in FALLBACKS] == [
        "l1_fallback",
        "l2_fallback",
        "l3_fallback",
    ]
    assert EMBEDDING.fallback is None
    env = {"AURA_EMBEDDING_FALLBACK": "a/b"}
    selection = resolve(mine(embedding_fallback="a/b"), Ladder(env))
    assert selection.fallbacks("embedding") == ()


def test_fallbacks_and_model_of_a_layer_come_from_rungs_of_their_own():
    ladder = Ladder({"AURA_L1_FALLBACK": "env/two"}, {"AURA_L1_MODEL": "file/one"})

    selection = resolve(mine(), ladder)

    assert selection.choice("l1").source is Source.DOTENV
    assert selection.choices["l1_fallback"].source is Source.ENV


@pytest.mark.parametrize("word", ["none", " None ", "NONE"])
def test_none_on_a_rung_hides_the_fallbacks_below_it(word):
    selection = of_l1(word, "a/b,c/d", "e/f")

    assert selection.fallbacks("l1") == ()
    choice = selection.choices["l1_fallback"]
    assert (choice.value, choice.source) == ("", Source.PRESET)
    assert choice.hidden == (Rung(Source.ENV, "a/b,c/d"), Rung(Source.DOTENV, "e/f"))
    assert selection.problems == ()


def test_one_bad_id_refuses_the_whole_list_and_the_next_rung_is_used():
    selection = of_l1("good/one,no model id", "env/one", "e/f")

    assert selection.fallbacks("l1") == ("env/one",)
    (problem,) = selection.problems
    assert (problem.source, problem.name) == ("preset", "Mine.l1_fallback")
    assert "'no model id' is not a model id" in problem.reason
    assert problem.hint.startswith("Edit the field in the preset Mine")


def test_a_bad_list_in_the_environment_names_the_variable_to_change():
    (problem,) = of_l1(in_env="a,b,c,d,e,f").problems

    assert (problem.source, problem.name) == ("env", "AURA_L1_FALLBACK")
    assert problem.reason == "At most 5 fallbacks can be named, this has 6."
    assert "Change AURA_L1_FALLBACK in the environment" in problem.hint


def test_a_model_is_no_fallback_of_itself():
    env = {"AURA_L1_FALLBACK": "a/b,c/d", "AURA_L2_FALLBACK": "a/b"}

    selection = resolve(mine(l1_model="a/b", l2_model="a/b"), Ladder(env))

    assert selection.fallbacks("l1") == ("c/d",)
    assert selection.choices["l1_fallback"].value == "c/d"
    assert selection.fallbacks("l2") == ()


def test_fallbacks_are_worked_out_once_per_selection():
    selection = of_l1("a/b")

    assert selection.fallbacks("l1") is selection.fallbacks("l1")


def test_the_digest_tells_fallbacks_apart():
    digests = {
        of_l1().digest,
        of_l1("a/b").digest,
        of_l1("a/b,c/d").digest,
        of_l1("c/d,a/b").digest,
        of_l1(in_env="a/b").digest,
        resolve(mine(l2_fallback="a/b"), Ladder()).digest,
    }

    assert len(digests) == 6


@pytest.mark.parametrize("text", ["", "none"])
def test_without_fallbacks_the_digest_is_that_of_a_version_that_knows_none(text):
    selection = of_l1(text)

    five = {v.field: selection.choices[v.field] for v in VALUES}
    seen = {name: [choice.value, choice.source] for name, choice in five.items()}
    known = json.dumps([0, "Mine", seen], sort_keys=True)
    assert selection.digest == hashlib.sha256(known.encode()).hexdigest()


def test_the_log_says_what_stands_behind_a_model(caplog, settings):
    caplog.set_level("INFO", logger="brains")
    settings.AURA_ENV_RUNG = {"AURA_L1_FALLBACK": "a/b,c/d"}

    live.current()

    first, second = caplog.messages[:2]
    assert first.endswith(" layer=l1 source=default revision=0 fallbacks=a/b,c/d")
    assert second.endswith(" layer=l2 source=default revision=0")


# What is kept of them.


@pytest.fixture
def backed(budget):
    """Budget, live, with fallbacks for L1."""
    budget.l1_fallback = "first/model,second/model"
    budget.save()
    activation.activate(budget, ANN)
    return budget


def test_an_activation_keeps_fallbacks_as_written_and_as_resolved(backed):
    row = newest()

    assert row.snapshot is not None
    assert row.snapshot["values"]["l1_fallback"] == "first/model,second/model"
    assert row.resolved["l1_fallback"] == ["first/model,second/model", "preset"]
    assert row.resolved["l2_fallback"] == ["", "default"]
    selection = live.load().selection
    assert selection.fallbacks("l1") == ("first/model", "second/model")


def test_what_is_effective_is_the_snapshot_whatever_the_preset_says_now(backed):
    ModelPreset.objects.update(l1_fallback="other/model")

    selection = live.load().selection

    assert selection.fallbacks("l1") == ("first/model", "second/model")


def test_an_edit_of_the_live_preset_s_fallbacks_is_a_revision(backed):
    backed.l1_fallback = "none"
    backed.full_clean()

    assert activation.save_preset(backed, ANN).changed

    assert revisions()[-1] == (2, "edit", "Budget")
    assert live.load().selection.fallbacks("l1") == ()


def test_presets_that_are_not_live_have_theirs(backed):
    other = preset("Hybrid")
    other.l3_fallback = "x/y"
    activation.save_preset(other, ANN)

    assert live.load().presets["hybrid"].fallbacks("l3") == ("x/y",)


@pytest.fixture
def from_before(budget):
    """Budget, live since before there were fallbacks: neither the snapshot nor what it
    resolved to knows of any."""
    activation.activate(budget, ANN)
    row = newest()
    assert row.snapshot is not None
    for value in FALLBACKS:
        del row.snapshot["values"][value.field], row.resolved[value.field]
    Activation.objects.update(snapshot=row.snapshot, resolved=row.resolved)
    return budget


def test_an_activation_from_before_there_were_fallbacks_serves(from_before, settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_FALLBACK": "env/one"}

    selection = live.load().selection

    assert selection.choice("l1").value == "google/gemma-7b-it"
    assert selection.fallbacks("l1") == ("env/one",)


def test_a_preset_that_was_live_before_is_still_live_as_it_is_saved(from_before):
    from_before.description = "Another word."

    assert not activation.save_preset(from_before, ANN).changed
    assert not activation.activate(from_before, ANN).changed
    assert len(revisions()) == 1


# Versions that know no fallbacks, on the same database.


@pytest.fixture
def versions(database):
    """Return a function that migrates this test's own database to a migration, or to the
    newest, and gives the models of that time."""

    def migrate(name=None):
        executor = MigrationExecutor(connection)
        newest = executor.loader.graph.leaf_nodes("brains")
        targets = [("brains", name)] if name else newest
        executor.migrate(targets)
        return executor.loader.project_state(targets).apps

    yield migrate
    call_command("migrate", "brains", verbosity=0)


@pytest.mark.fault("D17")
def test_migrating_forth_and_back_keeps_every_preset_and_activation(versions):
    budget = preset("Budget")
    budget.l1_fallback = "a/b"
    activation.save_preset(budget, ANN)
    activation.activate(budget, ANN)

    old = versions("0002_shipped_presets")
    assert old.get_model("brains", "ModelPreset").objects.count() == 6
    versions()

    assert preset("Budget").l1_fallback == ""
    # What was live stays what is live: it is the snapshot that serves.
    assert live.load().selection.fallbacks("l1") == ("a/b",)


@pytest.mark.fault("D17")
def test_a_worker_of_the_version_before_can_write_presets(versions):
    old = versions("0002_shipped_presets")
    versions()

    stale = old.get_model("brains", "ModelPreset")
    stale.objects.create(name="Old", name_skeleton="old", slug="old", l1_model="a/b")
    stale.objects.filter(slug="budget").update(l1_model="c/d")

    assert preset("Old").l1_fallback == ""
    assert live.load().presets["budget"].choice("l1").value == "c/d"
