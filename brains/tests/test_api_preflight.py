"""What becomes live over `/api/`, or by an import, goes through the check of its models."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from brains import activation
from brains.canary.models import Canary
from brains.models import Activation, ModelPreset
from brains.preflight import asking
from brains.tests.checking import L2, candidate
from brains.tests.records import everything, newest
from brains.tests.scripts import ALL_PERMISSIONS, Script, failure, person
from brains.tests.status_reader import registry

pytestmark = pytest.mark.django_db
WANTED = {"preset": "candidate"}
NEW = """version: 1
presets:
- name: New
  l1_model: test/l1
  l2_model: test/l2
  l3_model: test/l3
  embedding_model: test/embedding
"""


@pytest.fixture(autouse=True)
def chosen(settings, upstream, monkeypatch):
    monkeypatch.setattr(asking, "ANSWER_S", 5)
    settings.AURA_PREFLIGHT = True
    settings.AURA_PROVIDERS = registry(url=upstream.url)
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    return candidate()


@pytest.fixture
def script():
    return Script()


def test_models_that_answer_become_live(script, upstream):
    assert script.post("/api/activate", WANTED).json()["changed"] is True
    assert len(upstream.requests) == 8


def test_a_model_that_fails_is_told_and_nothing_changes(script, upstream):
    upstream.script(L2, status=404)

    answer = script.post("/api/activate", WANTED)

    assert failure(answer) == (422, "preflight_failed")
    assert "L2 (test/l2): OpenRouter answered 404" in answer.json()["error"]["message"]
    assert not Activation.objects.exists()


def test_where_the_check_is_off_no_model_is_asked(script, upstream, settings):
    settings.AURA_PREFLIGHT = False

    script.post("/api/activate", WANTED)

    assert upstream.requests == [] and newest().preset_name == "Candidate"


def test_what_is_live_already_asks_no_model(script, chosen, upstream):
    activation.activate(chosen, activation.Author("ann"))

    assert script.post("/api/activate", WANTED).json()["changed"] is False
    assert upstream.requests == []


def test_force_goes_past_the_check_and_the_history_says_so(upstream):
    script = Script(user=person(*ALL_PERMISSIONS, "force_modelpreset"))
    upstream.script(L2, status=404)

    script.post("/api/activate", {**WANTED, "force": True, "reason": "back soon"})

    assert newest().forced and newest().reason == "back soon"
    assert upstream.requests == []
    assert script.get("/api/history").json()["revisions"][0]["forced"] is True


def test_force_needs_the_permission_to(script):
    answer = script.post("/api/activate", {**WANTED, "force": True, "reason": "now"})

    assert failure(answer) == (403, "permission_missing")
    assert "brains.force_modelpreset" in answer.json()["error"]["message"]
    assert not Activation.objects.exists()


@pytest.mark.parametrize(
    "body", [{"force": True}, {"force": 1}, {"force": "yes", "reason": "x"}]
)
def test_force_is_true_and_has_a_reason(body):
    script = Script(user=person(*ALL_PERMISSIONS, "force_modelpreset"))

    answer = script.post("/api/activate", {**WANTED, **body})

    assert failure(answer) == (422, "invalid") and not Activation.objects.exists()


def test_a_preset_of_a_file_is_checked_before_it_is_live(script, upstream):
    report = script.give(NEW, "?activate=new").json()

    assert report["revision"] == 1 and newest().preset_name == "New"
    assert len(upstream.requests) == 8


def test_a_file_whose_models_fail_changes_nothing_at_all(script, upstream):
    upstream.script(L2, status=404)
    before = everything()

    answer = script.give(NEW, "?activate=new")

    assert failure(answer) == (422, "preflight_failed")
    assert everything() == before


def test_a_dry_run_and_a_refused_file_ask_no_model(script, upstream):
    script.give(NEW, "?activate=new&dry_run=1")
    script.give(f"{NEW}  x: y\n", "?activate=new")

    assert upstream.requests == []


def test_who_may_not_activate_lets_no_model_be_asked(upstream):
    script = Script("read,edit")

    assert failure(script.give(NEW, "?activate=new"))[0] == 403
    assert upstream.requests == []


def test_what_was_edited_while_its_models_were_asked_is_not_activated(
    script, chosen, monkeypatch
):
    def edit(selection):
        ModelPreset.objects.filter(pk=chosen.pk).update(l1_model="their/model")

    monkeypatch.setattr("brains.preflight.gate.admit", edit)

    answer = script.give("version: 1\npresets: []\n", "?activate=candidate")

    assert failure(answer) == (409, "preset_changed")
    assert not Activation.objects.exists()


def test_the_command_goes_through_the_check_too(upstream, tmp_path):
    upstream.script(L2, status=404)
    file = tmp_path / "presets.yaml"
    file.write_text(NEW)

    with pytest.raises(CommandError, match="Nothing was activated"):
        call_command(
            *("import_presets", str(file), "--activate", "New"), stdout=StringIO()
        )

    assert not ModelPreset.objects.filter(name="New").exists()


def test_the_lock_of_embeddings_holds_for_scripts_too(script, settings):
    settings.AURA_EMBEDDING_LOCK = True
    settings.AURA_PREFLIGHT = False

    answer = script.post("/api/activate", {"preset": "offline"})

    assert failure(answer) == (409, "embedding_locked")
    assert not Activation.objects.exists()


def test_an_import_that_breaks_the_lock_changes_nothing(script, chosen, settings):
    settings.AURA_PREFLIGHT = False
    activation.activate(chosen, activation.Author("ann"))
    settings.AURA_EMBEDDING_LOCK = True
    before = everything()
    text = "version: 1\npresets:\n- {name: Other}\n- {name: Candidate, embedding_model: a/b}\n"

    assert failure(script.give(text)) == (409, "embedding_locked")
    assert everything() == before


def test_the_models_of_a_preset_are_asked(script, upstream):
    upstream.script(L2, status=404)

    shown = script.post("/api/presets/candidate/preflight").json()

    assert (shown["is_over"], shown["has_passed"]) == (True, False)
    states = {f["layer"]: f["state"] for f in shown["findings"]}
    assert states == dict.fromkeys(("l1", "l3", "embedding"), "answers") | {
        "l2": "fails"
    }
    assert shown["refusals"][0].startswith("L2 (test/l2): OpenRouter answered 404")
    assert script.get("/api/presets/candidate/preflight").json() == shown
    assert not Activation.objects.exists()


def test_what_was_not_asked_lately_is_told(script):
    answer = script.get("/api/presets/candidate/preflight")

    assert failure(answer) == (404, "not_checked")


def test_a_candidate_is_asked_before_it_is_tried(script, upstream):
    upstream.script(L2, status=404)

    answer = script.post("/api/canary", {**WANTED, "percent": 10})

    assert failure(answer) == (422, "preflight_failed")
    assert not Canary.objects.exists()


def test_a_candidate_is_forced_with_a_reason_by_who_may(script, upstream):
    upstream.script(L2, status=404)
    body = {**WANTED, "percent": 10, "force": True}
    forcing = Script(user=person(*ALL_PERMISSIONS, "force_modelpreset", name="bob"))
    reasoned = {**body, "reason": "back soon"}

    assert failure(script.post("/api/canary", reasoned)) == (403, "permission_missing")
    assert failure(forcing.post("/api/canary", body)) == (422, "invalid")
    assert not Canary.objects.exists()
    told = forcing.post("/api/canary", reasoned).json()["canary"]

    assert Canary.objects.get().forced and upstream.requests == []
    assert (told["forced"], told["reason"]) == (True, "back soon")
    assert told["by"] == "bob (key ci)"


@pytest.fixture(params=["promote", "roll-back"])
def behind_the_gate(request, script, chosen, settings):
    """The door and the body of a change that goes through the check."""
    settings.AURA_PREFLIGHT = False
    if request.param == "promote":
        script.post("/api/canary", {**WANTED, "percent": 10})
        body = {}
    else:
        script.post("/api/activate", WANTED)
        script.post("/api/deactivate")
        body = {"revision": 1}
    settings.AURA_PREFLIGHT = True
    door = {"promote": "/api/canary/promote"}.get(request.param, "/api/roll-back")
    return door, body


def test_promoting_and_rolling_back_ask_the_models(script, upstream, behind_the_gate):
    door, body = behind_the_gate

    assert script.post(door, body).json()["changed"] is True
    assert len(upstream.requests) == 8 and newest().preset_name == "Candidate"
    assert not newest().forced


def test_what_is_promoted_or_comes_back_must_answer(script, upstream, behind_the_gate):
    door, body = behind_the_gate
    upstream.script(L2, status=404)
    before = everything()

    assert failure(script.post(door, body)) == (422, "preflight_failed")
    assert everything() == before


def test_both_can_be_forced_with_a_reason(upstream, behind_the_gate):
    door, body = behind_the_gate
    script = Script(user=person(*ALL_PERMISSIONS, "force_modelpreset"))

    assert failure(script.post(door, {**body, "force": True}))[1] == "invalid"
    script.post(door, {**body, "force": True, "reason": "soon"})

    assert newest().forced and newest().reason == "soon" and upstream.requests == []


def test_force_needs_a_scope_of_its_own(upstream):
    owner = person(*ALL_PERMISSIONS, "force_modelpreset")
    script = Script("read,edit,probe,activate", owner)

    answer = script.post("/api/activate", {**WANTED, "force": True, "reason": "now"})

    assert failure(answer) == (403, "scope_missing")
    assert not Activation.objects.exists()


LIVE = """version: 1
presets:
- {name: Candidate, l1_model: test/l1, l2_model: test/l2, l3_model: test/new}
"""


def edit(script, how, **force: Any):
    """Edit the live preset by a file or by PUT."""
    if how == "import":
        query = "&".join(f"{name}={value}" for name, value in force.items())
        return script.give(LIVE, f"?{query}")
    body: dict[str, Any] = {"name": "Candidate", "l2_model": L2}
    body["l3_model"] = "test/new"
    body |= {**force, "force": True} if force else {}
    return script.put("/api/presets/candidate", body)


EITHER = pytest.mark.parametrize("how", ["import", "put"])


@EITHER
def test_an_edit_of_the_live_preset_asks_its_models(script, chosen, upstream, how):
    activation.activate(chosen, activation.Author("ann"))

    assert edit(script, how).status_code == 200
    assert len(upstream.requests) == 8 and newest().action == "edit"
    assert not newest().forced


@EITHER
def test_an_edit_whose_models_fail_changes_nothing(script, chosen, upstream, how):
    activation.activate(chosen, activation.Author("ann"))
    upstream.script(L2, status=404)
    before = everything()

    assert failure(edit(script, how)) == (422, "preflight_failed")
    assert everything() == before


@EITHER
def test_an_edit_is_forced_with_a_reason(chosen, upstream, how):
    activation.activate(chosen, activation.Author("ann"))
    upstream.script(L2, status=404)
    script = Script(user=person(*ALL_PERMISSIONS, "force_modelpreset"))

    assert failure(edit(script, how, force=1, reason=""))[1] == "invalid"
    assert edit(script, how, force=1, reason="soon").status_code == 200
    assert newest().forced and newest().reason == "soon" and upstream.requests == []


@EITHER
def test_an_edit_is_not_forced_without_the_scope(script, chosen, upstream, how):
    activation.activate(chosen, activation.Author("ann"))
    before = everything()

    answer = edit(script, how, force=1, reason="soon")

    assert failure(answer) == (403, "permission_missing") and everything() == before


def test_an_edit_that_changes_no_model_asks_nobody(script, chosen, upstream):
    activation.activate(chosen, activation.Author("ann"))
    seen = script.get("/api/presets/candidate").json()

    seen["description"] = "For the night."
    assert script.put("/api/presets/candidate", seen).status_code == 200
    assert upstream.requests == [] and newest().revision == 1


def test_an_import_is_forced_with_a_reason(upstream):
    upstream.script(L2, status=404)
    script = Script(user=person(*ALL_PERMISSIONS, "force_modelpreset"))

    assert failure(script.give(NEW, "?activate=new&force=1")) == (422, "invalid")
    report = script.give(NEW, "?activate=new&force=1&reason=now").json()

    assert report["revision"] == 1 and newest().forced and newest().reason == "now"
    assert upstream.requests == []


def test_the_command_is_forced_with_a_reason(upstream, tmp_path):
    upstream.script(L2, status=404)
    file = tmp_path / "presets.yaml"
    file.write_text(NEW)
    words = ["import_presets", str(file), "--activate", "New", "--force"]

    with pytest.raises(CommandError, match="--force needs --reason"):
        call_command(*words, stdout=StringIO())
    call_command(*words, "--reason", "now", stdout=StringIO())

    assert newest().forced and newest().preset_name == "New"
