"""Every metric that Aura exposes: its name, labels and meaning. `gen_ai_...` are the names of
OpenTelemetry's GenAI conventions as Prometheus spells them. No figure is kept here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "histogram", "gauge"]
Merge = Literal["sum", "max", "each"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `edges` are a histogram's buckets, without the one beyond all edges;
    `merge` says what the workers' gauges give: one value, or one each with its `pid`."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    merge: Merge = "sum"


# As OpenTelemetry advises, each with its semantic convention's buckets; 2 s is L3's budget.
TOKEN_EDGES = tuple(float(4**power) for power in range(14))
DURATION_EDGES = tuple(round(0.01 * 2**power, 2) for power in range(14))
FIRST_TOKEN_EDGES = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.0),
    *(2.5, 5.0, 7.5, 10.0),
)
OVERHEAD_EDGES = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01),
    *(0.025, 0.05, 0.1, 0.25, 1.0),
)

SERVED = (
    "layer",
    "gen_ai_operation_name",
    "gen_ai_provider_name",
    "gen_ai_request_model",
    "gen_ai_response_model",
)

REQUESTS = Metric(
    "aura_requests_total",
    "counter",
    "Requests with a valid key, by what served them and the answer's status.",
    ("layer", "model", "provider", "preset", "status"),
)
REFUSED = Metric(
    "aura_refused_total",
    "counter",
    "Requests refused before a valid key was seen, by the error's code.",
    ("code",),
)
ERRORS = Metric(
    "aura_errors_total",
    "counter",
    "Requests with a valid key that failed, by the error's code.",
    ("code", "layer"),
)
FALLBACKS = Metric(
    "aura_fallbacks_total",
    "counter",
    "Calls that a fallback model served, by why the first model did not.",
    ("layer", "reason"),
)
OVER_BUDGET = Metric(
    "aura_first_chunk_over_budget_total",
    "counter",
    "Streams whose first chunk came after the layer's budget (l1 0.5 s, l3 2 s).",
    ("layer",),
)
COST = Metric(
    "aura_cost_usd_total",
    "counter",
    "Cost in USD: what the provider said, else by the price table.",
    ("layer", "model", "provider"),
)
COST_UNKNOWN = Metric(
    "aura_cost_unknown_total",
    "counter",
    "Calls that a model served and whose cost nobody knows; they are not in the cost.",
    ("layer", "model", "provider"),
)
TOKENS = Metric(
    "gen_ai_client_token_usage",
    "histogram",
    "Tokens of a call, in and out.",
    (*SERVED, "gen_ai_token_type"),
    TOKEN_EDGES,
)
DURATION = Metric(
    "gen_ai_client_operation_duration_seconds",
    "histogram",
    "Seconds from a request's first byte to its answer's last, of calls to a provider.",
    (*SERVED, "error_type"),
    DURATION_EDGES,
)
FIRST_TOKEN = Metric(
    "gen_ai_server_time_to_first_token_seconds",
    "histogram",
    "Seconds from a request's first byte to the first chunk of its stream.",
    SERVED,
    FIRST_TOKEN_EDGES,
)
OVERHEAD = Metric(
    "aura_overhead_seconds",
    "histogram",
    "Seconds that a call spent in Aura itself: its duration without the provider's time.",
    ("layer",),
    OVERHEAD_EDGES,
)
IN_FLIGHT = Metric(
    "aura_in_flight", "gauge", "Requests that are being answered, of all workers."
)
REVISION = Metric(
    "aura_revision",
    "gauge",
    "The revision that each worker serves.",
    merge="each",
)
BREAKER = Metric(
    "aura_breaker_state",
    "gauge",
    "A model's circuit breaker, the worst of all workers: 0 closed, 1 half open, 2 open.",
    ("provider", "model"),
    merge="max",
)
RECORDS_WAITING = Metric(
    "aura_records_waiting",
    "gauge",
    "Calls in memory whose record is not written yet, of all workers.",
)
RECORDS_DROPPED = Metric(
    "aura_records_dropped_total",
    "counter",
    "Calls whose record was lost: the queue or the spool was full.",
)
SPOOL = Metric(
    "aura_spool_records",
    "gauge",
    "Calls whose record waits on disk for the database.",
)
LOG_LINES_LOST = Metric(
    "aura_log_lines_lost_total",
    "counter",
    "Log lines that were lost: nobody read them in time.",
)
KEYS = Metric("aura_keys", "gauge", "Valid API keys.", merge="max")
INFO = Metric("aura_info", "gauge", "Always 1.", ("version",), merge="max")

METRICS: tuple[Metric, ...] = (
    *(REQUESTS, REFUSED, ERRORS, FALLBACKS, OVER_BUDGET, COST, COST_UNKNOWN),
    *(TOKENS, DURATION, FIRST_TOKEN, OVERHEAD),
    *(IN_FLIGHT, REVISION, BREAKER, RECORDS_WAITING, RECORDS_DROPPED, SPOOL),
    *(LOG_LINES_LOST, KEYS, INFO),
)
BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
