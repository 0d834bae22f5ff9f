"""`/health` says what serves each layer, from where, and what should be mended."""

import json
from pathlib import Path

import pytest

from aura_site.dotenv import DotenvFile
from aura_site.environment import SettingProblem
from brains import live, watcher
from brains.health import report
from brains.layers import FIELDS
from brains.watcher import SelectionPart
from providers.registry import Registry
from providers.shipped import local, offline, openrouter
from tests.waiting import wait_until

KEY = "sk-secret-key"


@pytest.fixture(autouse=True)
def _all_is_well(settings):
    """Let OpenRouter have a key, and let it be version 1.2.3."""
    use_providers(settings, key=KEY)
    settings.AURA_VERSION = "1.2.3"


def use_providers(settings, key="", local_url="", offline_url="http://127.0.0.1:1/v1"):
    three = (
        openrouter("", key),
        local(local_url, "", "", {}),
        offline(offline_url, "http://127.0.0.1:2/v1"),
    )
    settings.AURA_PROVIDERS = Registry({p.name: p for p in three})


def serve(revision=17, loaded_from="database", **values):
    """Make a preset with these values live."""
    preset = {
        "name": "Budget",
        "slug": "budget",
        "values": dict.fromkeys(FIELDS, "") | values,
    }
    payload = {"revision": revision, "preset": preset, "presets": [preset]}
    return live.install(payload, loaded_from)


def test_the_report_has_exactly_the_shape_that_is_documented(settings):
    settings.AURA_ENV_RUNG = {"AURA_L2_MODEL": "anthropic/claude-3-haiku"}
    settings.AURA_DOTENV_RUNG = {"AURA_L3_MODEL": "google/gemini-flash-1.5"}
    serve(l1_model="google/gemma-7b-it")

    assert json.loads(json.dumps(report())) == {
        "status": "ok",
        "version": "1.2.3",
        "revision": 17,
        "preset": "Budget",
        "loaded_from": "database",
        "models": {
            "l1": {
                "model": "google/gemma-7b-it",
                "source": "preset",
                "provider": "openrouter",
            },
            "l2": {
                "model": "anthropic/claude-3-haiku",
                "source": "env",
                "provider": "openrouter",
            },
            "l3": {
                "model": "google/gemini-flash-1.5",
                "source": "dotenv",
                "provider": "openrouter",
            },
            "embedding": {
                "model": "openai/text-embedding-3-small",
                "source": "default",
                "provider": "openrouter",
                "dimension": 1536,
                "dimension_source": "default",
            },
        },
        "problems": [],
    }


def test_with_no_preset_live_the_preset_is_null():
    live.install({"revision": 4, "preset": None, "presets": []}, "database")

    assert report()["preset"] is None
    assert report()["revision"] == 4


def test_before_anything_was_loaded_the_report_says_so():
    body = report()

    assert (body["revision"], body["preset"], body["loaded_from"]) == (
        0,
        None,
        "default",
    )


def test_a_report_can_be_of_what_a_request_took():
    taken = serve(revision=17)
    serve(revision=18)

    assert report(taken)["revision"] == 17
    assert report()["revision"] == 18


@pytest.mark.parametrize("source", ["database", "disk", "environment", "default"])
def test_the_report_says_where_the_selection_was_loaded_from(source):
    serve(loaded_from=source)

    assert report()["loaded_from"] == source
    assert report()["status"] == "ok"


def test_each_model_has_its_provider_and_the_dimension_its_own_source(settings):
    settings.AURA_ENV_RUNG = {"AURA_EMBEDDING_DIMENSION": "384"}
    serve(
        l1_model="local/phi-3-mini-4k",
        l3_model="offline/smollm2-135m",
        embedding_model="offline/multilingual-e5-small",
    )

    models = report()["models"]

    assert [models[name]["provider"] for name in models] == [
        "local",
        "openrouter",
        "offline",
        "offline",
    ]
    assert models["embedding"]["dimension"] == 384
    assert models["embedding"]["dimension_source"] == "env"


# What makes it degraded.


def only_problem():
    body = report()
    assert body["status"] == "degraded"
    (problem,) = body["problems"]
    assert set(problem) == {"source", "name", "reason", "hint"}
    assert all(problem.values())
    return problem


def test_a_refused_value_of_the_preset_is_a_problem_and_the_next_rung_serves(settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "env/one"}
    serve(l1_model="no model id")

    problem = only_problem()

    assert (problem["source"], problem["name"]) == ("preset", "Budget.l1_model")
    assert report()["models"]["l1"]["source"] == "env"


@pytest.mark.parametrize(
    ("rung", "source"), [("AURA_ENV_RUNG", "env"), ("AURA_DOTENV_RUNG", "dotenv")]
)
def test_a_refused_value_of_a_rung_is_a_problem(settings, rung, source):
    setattr(settings, rung, {"AURA_EMBEDDING_DIMENSION": "many"})
    serve()

    problem = only_problem()

    assert (problem["source"], problem["name"]) == (source, "AURA_EMBEDDING_DIMENSION")
    assert "'many' is not a dimension" in problem["reason"]


def test_a_provider_without_its_key_is_one_problem_for_all_its_layers(settings):
    use_providers(settings, key="")
    serve()

    problem = only_problem()

    assert problem["name"] == "OPENROUTER_API_KEY"
    assert "set OPENROUTER_API_KEY" in problem["reason"]


def test_a_provider_that_serves_no_layer_is_no_problem(settings):
    use_providers(settings, key=KEY, local_url="nowhere")
    serve()

    assert report()["status"] == "ok"


def test_a_provider_whose_address_cannot_be_used_is_named_by_its_variable(settings):
    use_providers(settings, key=KEY, offline_url="nowhere")
    serve(l3_model="offline/smollm2-135m")

    assert only_problem()["name"] == "AURA_OFFLINE_CHAT_URL"


def test_another_setting_that_was_refused_is_a_problem(settings):
    settings.AURA_SETTING_PROBLEMS = (
        SettingProblem("PORT", "dotenv", "PORT is not a number.", "Set it."),
    )
    serve()

    assert only_problem() == {
        "source": "dotenv",
        "name": "PORT",
        "reason": "PORT is not a number.",
        "hint": "Set it.",
    }


@pytest.mark.parametrize(
    ("state", "reason", "problems", "expected"),
    [
        ("found", "", ("Line 2 is skipped.",), ["Line 2 is skipped."]),
        ("unreadable", "It is a folder.", (), ["It is a folder."]),
        ("missing", "There is none.", (), []),
    ],
)
def test_what_is_wrong_with_dotenv_is_a_problem(
    settings, state, reason, problems, expected
):
    settings.AURA_DOTENV = DotenvFile(Path(".env"), state, reason, {}, problems, "")
    serve()

    body = report()

    assert [problem["reason"] for problem in body["problems"]] == expected
    assert {problem["source"] for problem in body["problems"]} <= {"dotenv"}
    assert body["status"] == ("degraded" if expected else "ok")


def test_no_key_is_ever_in_the_report(settings):
    use_providers(settings, key=f"{KEY}\u00e9", local_url=f"http://u:{KEY}@host/v1")
    serve(l1_model="local/phi-3-mini-4k", l2_model="no model id")

    assert len(report()["problems"]) == 3
    assert KEY not in json.dumps(report())


# The database, as the watcher of this process knows it.


@pytest.fixture
def running(database, tmp_path, monkeypatch):
    """A watcher of this process, on a database of its own."""
    monkeypatch.setattr(watcher, "_running", None)
    monkeypatch.setattr(watcher, "POLL_S", 0.01)
    monkeypatch.setattr(watcher, "RETRY_S", 0.01)
    monkeypatch.setattr(watcher, "SILENT_AFTER_S", 0.1)
    running = watcher.start([SelectionPart()], tmp_path)
    wait_until(running.is_connected, "the first look to end")
    yield running
    database.mend()
    running.stop()


def test_a_database_that_answers_is_no_problem(running):
    assert report()["status"] == "ok"
    assert report()["loaded_from"] == "database"


def test_a_database_that_fails_is_the_first_problem_with_its_cause(
    running, database, settings
):
    settings.AURA_SETTING_PROBLEMS = (SettingProblem("PORT", "env", "Bad.", "Mend."),)
    database.fail()
    wait_until(lambda: not running.is_connected(), "the outage to be noticed")

    body = report()

    assert body["status"] == "degraded"
    assert body["loaded_from"] == "database"
    assert [problem["name"] for problem in body["problems"]] == ["DATABASE_URL", "PORT"]
    assert "the server went away" in body["problems"][0]["reason"]

    database.mend()
    wait_until(lambda: not running.trouble, "the end of the outage")
    assert [problem["name"] for problem in report()["problems"]] == ["PORT"]


def test_a_database_that_is_silent_is_a_problem(running, database):
    database.hang()
    wait_until(lambda: not running.is_connected(), "the silence to be noticed")

    assert only_problem()["reason"] == "The database has not answered for some seconds."
