"""The figures for Prometheus: a scripted batch of calls gives the values that it should, in a
format that Prometheus' own parser reads."""

import asyncio
import threading

import pytest

from gateway.budgets import BUDGET_S
from gateway.metrics import calls as metric_calls
from gateway.metrics import endpoint, tables
from gateway.metrics.calls import CallFigures
from gateway.metrics.endpoint import Metrics
from gateway.metrics.names import METRICS, OVERHEAD, TOKENS
from gateway.metrics.text import CONTENT_TYPE, labels_of
from gateway.records.finished import FinishedCall
from gateway.records.prices import cost_of
from gateway.tests.conftest import CHAT, KEY, PATH
from gateway.tests.figures import Figures, call

SERVED = {
    "layer": "l3",
    "gen_ai_operation_name": "chat",
    "gen_ai_provider_name": "openrouter",
    "gen_ai_request_model": "aura/l3",
    "gen_ai_response_model": "a/one",
}
NO_PRICE = "nobody/knows-this-model"


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch):
    monkeypatch.setattr(endpoint, "FRESH_S", -1.0)


@pytest.fixture
def figures():
    """Return a function that gives the figures of calls."""

    def figures(*calls, own=None):
        own = own or Metrics()
        own.observe(calls)
        return Figures(own.text())

    return figures


def test_a_call_is_counted_with_all_that_it_took(figures):
    seen = figures(
        call(input_tokens=100, output_tokens=7, first_chunk_s=0.3, is_streamed=True)
    )
    where = {"layer": "l3", "model": "a/one", "provider": "openrouter"}
    assert seen("aura_requests_total", **where, preset="Budget", status="200") == 1
    assert seen("aura_cost_usd_total", **where) == 0.25
    assert seen("aura_cost_unknown_total", **where) == 0
    for kind, tokens in (("input", 100), ("output", 7)):
        labels = SERVED | {"gen_ai_token_type": kind}
        assert seen("gen_ai_client_token_usage_sum", **labels) == tokens
        assert seen("gen_ai_client_token_usage_count", **labels) == 1
    duration = "gen_ai_client_operation_duration_seconds"
    assert seen(f"{duration}_sum", **SERVED, error_type="") == 1.5
    assert seen("gen_ai_server_time_to_first_token_seconds_sum", **SERVED) == 0.3
    assert seen("aura_overhead_seconds_sum", layer="l3") == 0.25
    assert seen("aura_overhead_seconds_count", layer="l3") == 1


def test_batches_add_up(figures):
    own, labels = Metrics(), SERVED | {"gen_ai_token_type": "input"}
    figures(call(input_tokens=1), call(input_tokens=2), own=own)
    seen = figures(call(input_tokens=3, layer="l3"), own=own)
    assert seen("gen_ai_client_token_usage_sum", **labels) == 6
    assert seen("gen_ai_client_token_usage_count", **labels) == 3


@pytest.mark.parametrize(
    ("tokens", "edge", "below"),
    [(16, "16.0", "4.0"), (17, "64.0", "16.0"), (0, "1.0", None)],
)
def test_a_value_on_an_edge_is_in_the_bucket_below(figures, tokens, edge, below):
    seen = figures(call(input_tokens=tokens))
    labels = SERVED | {"gen_ai_token_type": "input"}
    assert seen("gen_ai_client_token_usage_bucket", **labels, le=edge) == 1
    assert not below or (
        seen("gen_ai_client_token_usage_bucket", **labels, le=below) == 0
    )


def test_a_value_beyond_all_edges_is_counted(figures):
    seen = figures(call(input_tokens=4**13 + 1))
    labels = SERVED | {"gen_ai_token_type": "input"}
    last = str(TOKENS.edges[-1])
    assert seen("gen_ai_client_token_usage_bucket", **labels, le=last) == 0
    assert seen("gen_ai_client_token_usage_bucket", **labels, le="+Inf") == 1


def test_buckets_are_those_of_opentelemetry_and_ours(figures):
    seen = figures(call(input_tokens=1))
    edges = seen.labels("gen_ai_client_token_usage_bucket", "le") - {"+Inf"}
    assert sorted(map(float, edges)) == [4**power for power in range(14)]
    assert OVERHEAD.edges[0] == 0.0001


def test_unknown_cost_is_counted_and_is_not_zero_dollars(figures):
    unknown = call(model=NO_PRICE, cost_usd=None)
    where = {"layer": "l3", "model": NO_PRICE, "provider": "openrouter"}
    seen = figures(unknown, unknown._replace(status=499, error="client_gone"))
    assert seen("aura_cost_unknown_total", **where) == 2
    seen = figures(unknown._replace(status=502, error="upstream_unreachable"))
    assert seen("aura_cost_unknown_total", **where) == 0


def test_cost_that_makes_no_sense_is_unknown(figures):
    seen = figures(call(model=NO_PRICE, cost_usd=float("inf")))
    where = {"layer": "l3", "model": NO_PRICE, "provider": "openrouter"}
    assert seen("aura_cost_usd_total", **where) == 0
    assert seen("aura_cost_unknown_total", **where) == 1


def test_price_table_helps_where_the_provider_said_nothing(figures, monkeypatch):
    monkeypatch.setattr(
        metric_calls, "cost_of", lambda model, tokens_in, tokens_out: tokens_in / 1000
    )
    seen = figures(call(cost_usd=None, input_tokens=500))
    where = {"layer": "l3", "model": "a/one", "provider": "openrouter"}
    assert seen("aura_cost_usd_total", **where) == 0.5


def test_failures_are_counted_by_code(figures):
    seen = figures(
        call(status=502, error="upstream_unreachable"),
        call(status=200, error="upstream_truncated", is_streamed=True),
    )
    assert seen("aura_errors_total", code="upstream_unreachable", layer="l3") == 1
    assert seen("aura_errors_total", code="upstream_truncated", layer="l3") == 1
    name = "gen_ai_client_operation_duration_seconds_count"
    assert seen(name, **SERVED, error_type="upstream_unreachable") == 1


def test_a_call_without_error_or_fallback_counts_as_neither(figures):
    seen = figures(call())
    assert not seen.labels("aura_errors_total", "code")
    assert not seen.labels("aura_fallbacks_total", "reason")


def test_fallbacks_are_counted_by_reason(figures):
    seen = figures(call(fallback="budget"), call(fallback="upstream_timeout"))
    assert seen("aura_fallbacks_total", layer="l3", reason="budget") == 1
    assert seen("aura_fallbacks_total", layer="l3", reason="upstream_timeout") == 1


def test_budgets_that_were_broken_are_counted_and_none_is_zero(figures):
    late = {layer: budget_s + 0.001 for layer, budget_s in BUDGET_S.items()}
    streams = [
        call(layer=layer, first_chunk_s=first_s, is_streamed=True)
        for layer, first_s in [*late.items(), *BUDGET_S.items(), ("l2", 60.0)]
    ]
    name = "aura_first_chunk_over_budget_total"
    for layer in BUDGET_S:
        assert figures()(name, layer=layer) == 0
        assert figures(*streams)(name, layer=layer) == 1
    assert figures(*streams)(name, layer="l2") is None


def test_a_request_that_reached_no_model_is_counted_as_such(figures):
    early = FinishedCall("req_1", 1.0, 1, "tests", "chat", asked="gpt-5", status=404)
    seen = figures(early._replace(error="model_not_found"))
    labels = dict.fromkeys(("layer", "model", "provider", "preset"), "none")
    assert seen("aura_requests_total", **labels, status="404") == 1
    assert seen("aura_errors_total", code="model_not_found", layer="none") == 1
    for name in ("gen_ai_client_operation_duration_seconds", "aura_overhead_seconds"):
        assert seen(f"{name}_count", layer="none") is None
    assert not seen.labels("aura_cost_usd_total", "layer")


def test_a_call_that_asked_no_provider_has_no_duration(figures):
    paused = call(status=503, error="provider_paused", attempts=0)
    seen = figures(paused)
    name = "gen_ai_client_operation_duration_seconds_count"
    assert seen(name, **SERVED, error_type="provider_paused") == 0


@pytest.mark.parametrize("asked", ["aura/l3", "aura-l3", "l3", "aura/l3@budget"])
def test_names_of_layers_are_told_as_asked(figures, asked):
    seen = figures(call(asked=asked))
    name = "gen_ai_client_operation_duration_seconds_count"
    assert seen.labels(name, "gen_ai_request_model") == {asked}


def test_an_alias_is_told_and_what_a_client_makes_up_is_other(figures):
    own = Metrics()
    own.start({"gpt-4o": "l3", "*": "l1"})
    seen = figures(
        call(asked="gpt-4o"), call(asked="made-up"), call(asked="*"), own=own
    )
    name = "gen_ai_client_operation_duration_seconds_count"
    assert seen.labels(name, "gen_ai_request_model") == {"gpt-4o", "other"}


def test_labels_are_bounded_whatever_comes(figures, monkeypatch):
    assert metric_calls.MODELS_MAX <= 200 and metric_calls.NAMES_MAX <= 100
    for name, most in (("KINDS_MAX", 50), ("MODELS_MAX", 20), ("NAMES_MAX", 10)):
        monkeypatch.setattr(metric_calls, name, most)
    calls = [
        call(
            model=f"a/{n}",
            asked=f"aura/l3@preset-{n}",
            error=f"code-{n}",
            fallback=f"reason-{n}",
            preset=f"p{n}",
            provider=f"provider-{n}",
        )
        for n in range(100)
    ]
    seen = figures(*calls)
    models = seen.labels("aura_requests_total", "model")
    assert len(models) == metric_calls.MODELS_MAX + 1 and "other" in models
    for label in ("preset", "provider"):
        values = seen.labels("aura_requests_total", label)
        assert len(values) == metric_calls.NAMES_MAX + 1
    assert len(seen.labels("aura_errors_total", "code")) <= metric_calls.NAMES_MAX + 1
    name = "gen_ai_client_operation_duration_seconds_count"
    asked = seen.labels(name, "gen_ai_request_model")
    assert len(asked) == metric_calls.MODELS_MAX + 1


def test_rows_are_bounded_and_nothing_is_lost(figures, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_MAX", 10)
    seen = figures(*(call(model=f"a/{n}") for n in range(100)))
    counts = [
        value for (name, _), value in seen.items() if name == "aura_requests_total"
    ]
    assert len(counts) == 11 and sum(counts) == 100


def test_refusals_are_counted_by_code():
    own = Metrics()
    for code in ("invalid_api_key", "invalid_api_key", "not_found"):
        own.count_refused(code)
    seen = Figures(own.text())
    assert seen("aura_refused_total", code="invalid_api_key") == 2
    assert seen("aura_refused_total", code="not_found") == 1


def test_gauges_are_read_when_the_text_is_asked_for():
    own = Metrics()
    states: dict[tuple[str, ...], float] = {("openrouter", "a/one"): 2.0}
    own.register("aura_in_flight", lambda: 3)
    own.register("aura_breaker_state", lambda: states)
    own.register("aura_records_dropped_total", lambda: 5)
    seen = Figures(own.text())
    assert seen("aura_in_flight") == 3
    assert seen("aura_breaker_state", provider="openrouter", model="a/one") == 2
    assert seen("aura_records_dropped_total") == 5
    states.clear()
    assert not Figures(own.text()).labels("aura_breaker_state", "model")


def test_a_gauge_that_fails_hides_no_other_and_is_logged_once(caplog):
    def failing():
        raise OSError("gone")

    own = Metrics()
    own.register("aura_spool_records", failing)
    own.register("aura_keys", lambda: 4)
    own.register("aura_in_flight", lambda: float("nan"))
    assert Figures(own.text())("aura_keys") == 4
    seen = Figures(own.text())
    assert seen("aura_spool_records") is None and seen("aura_in_flight") is None
    assert caplog.text.count("The metric aura_spool_records cannot be read.") == 1


def test_a_metric_nobody_knows_cannot_be_registered():
    with pytest.raises(KeyError):
        Metrics().register("aura_typo", lambda: 1)


def test_names_that_could_break_the_format_do_not(figures):
    nasty = 'a "preset"\\ of\ntwo lines'
    seen = figures(call(preset=nasty))
    assert seen.labels("aura_requests_total", "preset") == {nasty}


def test_every_metric_is_exposed_with_its_type_even_without_a_figure(figures):
    families = {family.name: family.type for family in figures().families}
    assert families == {m.name.removesuffix("_total"): m.kind for m in METRICS}


def test_labels_are_those_that_are_declared(figures):
    seen = figures(call(input_tokens=1, error="x", fallback="y"))
    declared = {metric.name: {*labels_of(metric)} for metric in METRICS}
    for name, labels in seen:
        name = next(n for n in (name, name.rpartition("_")[0]) if n in declared)
        assert {label for label, _ in labels} - {"le"} == declared[name]


def test_neither_prompt_nor_key_is_in_the_figures(figures):
    text = Metrics()
    text.observe([call(key_name="name-canary", asked="asked-canary", id="id-canary")])
    assert "canary" not in text.text()


def test_who_asks_without_pause_gets_the_text_of_a_moment_ago(monkeypatch):
    monkeypatch.setattr(endpoint, "FRESH_S", 60.0)
    own = Metrics()
    before = own.text()
    own.count_refused("not_found")
    assert own.text() is before


def test_figures_that_were_taken_do_not_change_with_later_calls():
    own = CallFigures()
    own.add([call()])
    taken = own.rows()["aura_overhead_seconds"][("l3",)]
    own.add([call()])
    assert taken[-1] == 0.25


def test_counting_and_telling_at_once_lose_nothing():
    own, texts = Metrics(), list[str]()
    batch = [call(input_tokens=1)] * 50

    def tell():
        texts.extend(own.text() for _ in range(30))

    threads = [
        *(threading.Thread(target=lambda: own.observe(batch * 10)) for _ in range(4)),
        *(threading.Thread(target=tell) for _ in range(2)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    labels = SERVED | {"gen_ai_token_type": "input"}
    assert Figures(own.text())("gen_ai_client_token_usage_sum", **labels) == 2000
    for text in texts:
        seen = Figures(text)
        total = seen("gen_ai_client_token_usage_sum", **labels)
        assert seen("gen_ai_client_token_usage_count", **labels) == total


async def test_the_door_wants_a_key(client):
    answer = await client.get("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"] == CONTENT_TYPE
    assert len(Figures(answer.body.decode()).families) == len(METRICS)
    for headers in ({"authorization": None}, {"authorization": "Bearer wrong"}):
        answer = await client.get("/metrics", headers)
        assert answer.status == 401 and answer.error["code"] == "invalid_api_key"
    answer = await client.post("/metrics", b"{}")
    assert answer.status == 405


@pytest.mark.parametrize(
    ("headers", "is_one"),
    [
        ({"accept": "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"}, True),
        ({}, True),
        ({"accept": "text/html,*/*;q=0.8"}, False),
        ({"accept": "text/html,*/*;q=0.8", "authorization": "Bearer x"}, True),
    ],
)
def test_programs_are_answered_here_and_browsers_elsewhere(headers, is_one):
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert endpoint.is_scrape({"path": "/metrics", "headers": raw}) is is_one
    assert not endpoint.is_scrape({"path": "/metrics/", "headers": raw})


async def test_scrapes_at_once_are_answered_alike(client):
    answers = await asyncio.gather(*(client.get("/metrics") for _ in range(10)))
    assert {answer.status for answer in answers} == {200}


async def test_the_door_tells_of_refusals_and_of_no_secret(client):
    await client.post(PATH, CHAT, {"authorization": "Bearer wrong-canary"})
    await client.post(PATH, CHAT)
    text = (await client.get("/metrics")).body.decode()
    assert "invalid_api_key" in Figures(text).labels("aura_refused_total", "code")
    assert "canary" not in text and KEY not in text


def test_prices_are_known_to_the_function_that_is_asked():
    assert cost_of(NO_PRICE, 1, 1) is None
