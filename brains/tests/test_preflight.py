"""The check of models: a fixed number of small questions, all layers at once, each wait
bounded, and what the answers mean."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from brains.errors import PreflightFailed
from brains.preflight import asking, findings, gate
from brains.preflight.findings import State
from brains.preflight.models import Preflight
from brains.preflight.questions import TOKENS, TOTAL, digest_of, questions_of
from brains.tests.checking import EMBEDDING, L1, L2, L3, asked, checked, selection
from brains.tests.status_reader import CANARY, registry
from tests.upstream.hostile import HostileServer, drips, silent

pytestmark = pytest.mark.django_db

BOUND_S = 8.0
"""Less than a model is waited for outside of tests."""


@pytest.fixture(autouse=True)
def _served(settings, upstream):
    settings.AURA_PROVIDERS = registry(url=upstream.url)


def of(report, layer):
    return next(f for f in report.findings if f.layer == layer)


def test_models_that_all_answer_pass():
    report = checked()

    assert report.has_passed and report.refusals == [] and report.warnings == []
    assert [f.layer for f in report.findings] == ["l1", "l2", "l3", "embedding"]
    assert len(of(report, "l1").first_chunks_ms) == 5
    assert of(report, "l2").latency_ms is not None
    assert of(report, "embedding").length == 1536


def test_the_questions_are_few_and_small(upstream):
    checked(l3_fallback="test/behind")

    assert asked(upstream) == {L1: 5, L2: 1, L3: 1, EMBEDDING: 1}
    assert len(upstream.requests) == TOTAL == 8
    chats = [r for r in upstream.requests if r.path.endswith("/chat/completions")]
    assert {r.body["max_tokens"] for r in chats} == {TOKENS}
    assert [r.body["stream"] for r in chats if r.model == L1] == [True] * 5
    assert all("dimensions" not in r.body for r in upstream.requests)
    assert len(str(upstream.requests[0].body)) < 200


def test_fallbacks_are_named_and_not_asked(upstream):
    report = checked(l3_fallback="test/behind")

    assert of(report, "l3").fallbacks == ("test/behind",)
    assert "test/behind" not in asked(upstream)


def test_all_layers_are_asked_at_once(upstream):
    for model in (L1, L2, L3, EMBEDDING):
        upstream.script(model, latency_s=0.3, times=1)

    checked()

    first = {r.model: r.at for r in reversed(upstream.requests)}
    assert max(first.values()) - min(first.values()) < 0.25


REFUSALS = [
    (401, "upstream_auth"),
    (403, "upstream_auth"),
    (404, "upstream_error"),
    (429, "rate_limit_exceeded"),
    (500, "upstream_error"),
]


@pytest.mark.parametrize("model", [L1, L2, L3, EMBEDDING])
@pytest.mark.parametrize(("status", "code"), REFUSALS)
def test_a_model_that_is_refused_fails_alone(upstream, model, status, code):
    upstream.script(model, status=status)

    report = checked()

    [finding] = [f for f in report.findings if f.state is State.FAILS]
    assert (finding.model, finding.code) == (model, code)
    said = f"OpenRouter answered {status}: {model} answers {status} as scripted"
    assert report.refusals == [f"{finding.title} ({model}): {said}"]
    assert not report.has_passed


def test_a_layer_that_fails_is_not_asked_again(upstream):
    upstream.script(L1, status=500, times=1)

    assert not checked().has_passed
    assert asked(upstream)[L1] == 1


def test_a_model_that_knows_the_newer_name_of_the_limit_alone_is_asked_by_that(
    upstream,
):
    text = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    upstream.script(L2, status=400, body={"error": {"message": text}}, times=1)

    assert checked().has_passed
    refused, taken = [r.body for r in upstream.requests if r.model == L2]
    assert "max_tokens" in refused and "max_tokens" not in taken
    assert taken["max_completion_tokens"] == TOKENS


def test_a_vector_of_another_length_fails_with_its_true_length(upstream):
    upstream.script(EMBEDDING, dimension=768)

    finding = of(checked(), "embedding")

    assert (finding.code, finding.length) == ("embedding_dimension_mismatch", 768)
    assert "vectors of 768 numbers where the dimension is 1536" in finding.sentence
    assert "Set the embedding dimension to 768" in finding.sentence


def test_a_vector_in_base64_is_measured_too(upstream):
    body = {"data": [{"embedding": "AACAPwAAAEAAAEBA"}]}
    upstream.script(EMBEDDING, body=body)

    assert of(checked(embedding_dimension="3"), "embedding").state is State.ANSWERS


@pytest.mark.parametrize(
    "rows", [[], [[1.0], [2.0]], [[]], ["no base64"], [[1.0, "two"]], [[True]]]
)
def test_what_is_not_one_vector_fails(upstream, rows):
    body = {"data": [{"embedding": row} for row in rows]}
    upstream.script(EMBEDDING, body=body)

    finding = of(checked(), "embedding")

    assert finding.code == "upstream_invalid"
    assert finding.sentence == "OpenRouter sent something that is not one vector."


@pytest.mark.parametrize("body", [b"<html>", b"[]", {"choices": []}])
def test_what_is_no_answer_fails(upstream, body):
    upstream.script(L2, body=body)

    assert of(checked(), "l2").code == "upstream_invalid"


def test_a_stream_that_breaks_off_fails(upstream):
    upstream.script(L1, end_without_done=True)

    assert of(checked(), "l1").code == "upstream_truncated"


@pytest.mark.parametrize("model", [L1, L2, EMBEDDING])
def test_a_model_that_never_answers_costs_a_bounded_time(upstream, model, monkeypatch):
    monkeypatch.setattr(asking, "ANSWER_S", 0.3)
    upstream.script(model, stall=True)

    began = time.monotonic()
    report = checked()

    assert time.monotonic() - began < BOUND_S
    finding = next(f for f in report.findings if f.model == model)
    assert (finding.state, finding.code) == (State.FAILS, "upstream_timeout")
    assert finding.sentence == "OpenRouter did not answer in time."


@pytest.mark.parametrize(
    "script", [silent(b"HTTP/1.1 "), drips(b"HTTP/1.1 200 OK" * 99)]
)
def test_a_server_that_drips_costs_a_bounded_time(script, settings, monkeypatch):
    monkeypatch.setattr(asking, "ANSWER_S", 0.3)
    with HostileServer(script) as server:
        settings.AURA_PROVIDERS = registry(url=server.url)
        began = time.monotonic()
        report = checked()

    assert time.monotonic() - began < BOUND_S
    assert {f.code for f in report.findings} == {"upstream_timeout"}


def test_five_slow_streams_share_one_deadline(upstream, monkeypatch):
    monkeypatch.setattr(asking, "ANSWER_S", 0.4)
    upstream.script(L1, latency_s=0.15)

    assert of(checked(), "l1").code == "upstream_timeout"
    assert asked(upstream)[L1] < 5


def test_a_model_that_ignores_max_tokens_is_not_listened_to_for_ever(upstream):
    upstream.script(L1, chunk_count=200, hold_after=100)

    report = checked()
    upstream.release()

    assert of(report, "l1").state is State.ANSWERS


def test_a_slow_l1_is_a_warning_and_no_refusal(upstream, monkeypatch):
    monkeypatch.setattr(findings, "L1_BUDGET_MS", 20)
    upstream.script(L1, latency_s=0.05)

    report = checked()

    assert report.has_passed and report.refusals == []
    [warning] = report.warnings
    assert warning.startswith("L1 is slow: of 5 streams the p95") and "20 ms" in warning


def test_the_p95_of_five_is_the_slowest_of_them():
    found = findings.Finding("l1", "m", "P", (), first_chunks_ms=(9, 1, 7, 3, 5))

    assert found.p95_ms == 9


def test_a_provider_without_its_key_is_told_in_the_sentence_that_is_known(
    settings, upstream
):
    settings.AURA_PROVIDERS = registry(key="", url=upstream.url)

    report = checked()

    assert {f.code for f in report.findings} == {"provider_not_ready"}
    assert "No key for OpenRouter: set OPENROUTER_API_KEY" in report.refusals[0]
    assert upstream.requests == []


def test_a_server_that_is_not_there_fails(settings):
    report = checked(l1_model="offline/smollm2-135m")

    assert of(report, "l1").code == "provider_not_ready"
    assert "`make run` starts the embedded models" in of(report, "l1").sentence


def test_a_provider_that_repeats_our_key_does_not_get_it_into_the_findings(upstream):
    upstream.script(L2, status=401, body={"error": {"message": f"bad key {CANARY}"}})

    assert "bad key [key]" in of(checked(), "l2").sentence
    assert CANARY not in str(list(Preflight.objects.values()))


def test_findings_are_kept_as_they_were():
    report = checked(l3_fallback="test/behind")

    assert gate.newest(selection(l3_fallback="test/behind")) == report


def test_a_check_that_passed_holds_for_these_models_alone(upstream):
    gate.admit(selection())
    gate.admit(selection())
    assert len(upstream.requests) == 8

    gate.admit(selection(l2_model="test/other"))
    assert len(upstream.requests) == 16


def test_another_dimension_is_another_question(upstream):
    gate.admit(selection())

    with pytest.raises(PreflightFailed, match="1536 numbers where the dimension is 99"):
        gate.admit(selection(embedding_dimension="99"))


def test_a_check_that_failed_is_made_anew(upstream):
    upstream.script(L3, status=500, times=1)
    with pytest.raises(PreflightFailed, match="Nothing was activated. L3"):
        gate.admit(selection())

    assert gate.admit(selection()).has_passed
    assert asked(upstream)[L3] == 2


def test_a_check_holds_for_ten_minutes(upstream):
    gate.run(selection())
    Preflight.objects.update(created_at=timezone.now() - timedelta(minutes=9))
    assert gate.newest(selection()) is not None

    Preflight.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    assert gate.newest(selection()) is None
    gate.admit(selection())
    assert len(upstream.requests) == 16


def test_a_check_that_nobody_ended_is_no_news_after_a_minute():
    gate.run(selection())
    Preflight.objects.update(finished_at=None)
    left = gate.newest(selection())
    assert left and not left.is_over

    Preflight.objects.update(created_at=timezone.now() - timedelta(seconds=61))
    assert gate.newest(selection()) is None


def test_checks_are_forgotten_after_a_day():
    gate.run(selection())
    Preflight.objects.update(created_at=timezone.now() - timedelta(hours=25))

    gate.run(selection())

    assert Preflight.objects.count() == 1


def test_what_is_found_is_seen_while_the_check_goes_on(monkeypatch):
    seen = []
    ask = asking.ask

    def observed(questions):
        for finding in ask(questions):
            yield finding
            report = gate.newest(selection())
            assert report and not report.is_over and not report.has_passed
            seen.append(sum(f.state is State.ANSWERS for f in report.findings))

    monkeypatch.setattr(asking, "ask", observed)
    gate.run(selection())

    assert seen == [1, 2, 3, 4]


def test_the_digest_tells_servers_and_keys_apart_and_holds_no_key(settings, upstream):
    def digest(**given):
        settings.AURA_PROVIDERS = registry(**given)
        return digest_of(questions_of(selection()))

    with_key = digest(url=upstream.url)
    assert with_key == digest(url=upstream.url, key="another key")
    assert len({with_key, digest(url=upstream.url, key=""), digest()}) == 3


def test_a_fault_of_ours_is_raised_and_not_told_as_one_of_the_provider(monkeypatch):
    monkeypatch.setattr(asking, "answered", None)

    with pytest.raises(RuntimeError, match="broke off") as raised:
        checked()

    assert isinstance(raised.value.__cause__, ExceptionGroup)
