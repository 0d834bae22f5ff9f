"""The OpenAPI document is valid, served, and says what there is: no door, failure, header or
field more or less."""

import json
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from brains import attention, health, live
from brains.attention import Attention
from gateway import errors
from gateway.application import ROUTES
from gateway.openapi import SOURCE
from gateway.request import REFUSED_FIELDS
from gateway.tests.conftest import BUDGET, CHAT, PATH, SINCE, payload

DOCUMENT: dict[str, Any] = json.loads(SOURCE.read_text())
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
RESPONSES: dict[str, Any] = DOCUMENT["components"]["responses"]
KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.GatewayError)
]


def refs(value):
    """Yield every $ref in a JSON value."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from refs(item)


def schema_of(name):
    return {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}


async def test_it_is_served_to_anyone_with_our_version(client, settings):
    answer = await client.get("/openapi.json", {"authorization": None})
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    version = {"version": settings.AURA_VERSION}
    assert answer.json() == DOCUMENT | {"info": DOCUMENT["info"] | version}


def test_it_is_valid():
    schemathesis.openapi.from_dict(DOCUMENT).validate()
    for schema in SCHEMAS.values():
        jsonschema_rs.meta.validate(schema)


def test_what_it_refers_to_exists_and_nothing_is_left_over():
    used = set(refs(DOCUMENT))
    components = DOCUMENT["components"]
    kinds = ("headers", "responses", "schemas")
    there = {
        f"#/components/{kind}/{name}" for kind in kinds for name in components[kind]
    }
    assert used == there


def test_it_has_each_door_with_its_method_and_no_other():
    described = {
        (path, method.upper())
        for path, item in DOCUMENT["paths"].items()
        for method in item
    }
    doors = {(path, method) for path, (method, _) in ROUTES.items()}
    assert described == doors | {("/v1/models/{id}", "GET")}


def test_only_doors_under_v1_and_metrics_want_a_key():
    assert DOCUMENT["security"] == [{"key": []}]
    for path, item in DOCUMENT["paths"].items():
        for operation in item.values():
            wants_key = path.startswith("/v1/") or path == "/metrics"
            assert ("security" in operation) is not wants_key
            assert operation.get("security", []) == []


def statuses():
    """Return every status of a failure that the gateway can send."""
    ours = {kind.status for kind in KINDS}
    theirs = set(errors._PASSED_ON.values())
    return ours | theirs | {status for status, _ in errors._BY_CLASS.values()}


@pytest.mark.parametrize("path", [PATH, "/v1/embeddings"])
def test_calls_describe_every_status_of_a_failure(path):
    described = {int(status) for status in DOCUMENT["paths"][path]["post"]["responses"]}
    assert described == statuses() | {200}


def test_every_code_of_a_failure_is_described():
    codes = {kind.code for kind in KINDS} | {c for _, c in errors._BY_CLASS.values()}
    codes |= {"upstream_error", "upstream_auth", "rate_limit_exceeded"}
    told = json.dumps(RESPONSES) + DOCUMENT["info"]["description"]
    assert {code for code in codes if code and f"`{code}`" not in told} == set()


def test_every_failure_has_the_shape_of_an_error():
    validator = jsonschema_rs.validator_for(schema_of("Error"))
    for kind in (errors.BadRequest, errors.Unauthorized, errors.ModelNotFound):
        validator.validate(kind("Why.").body())
    for name in RESPONSES.keys() - {"Alive", "Ready", "ShuttingDown"}:
        [media] = RESPONSES[name]["content"].values()
        assert media["schema"] == {"$ref": "#/components/schemas/Error"}


def test_refused_fields_are_those_that_are_refused():
    [refused] = SCHEMAS["NoRefusedFields"]["propertyNames"]["not"].values()
    assert sorted(REFUSED_FIELDS) == refused
    for name in ("ChatRequest", "EmbeddingsRequest"):
        used = {"$ref": "#/components/schemas/NoRefusedFields"}
        assert used in SCHEMAS[name]["allOf"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PATH, CHAT),
        ("/v1/embeddings", {"model": "embedding", "input": "Hello", "dimensions": 8}),
    ],
)
async def test_stamps_are_described(client, path, body):
    answer = await client.post(path, body)
    assert answer.status == 200
    described = DOCUMENT["paths"][path]["post"]["responses"]["200"]["headers"]
    stamps = {n for n in answer.headers if n.startswith(("x-aura-", "x-request-"))}
    headers = DOCUMENT["components"]["headers"]
    always = {name.lower() for name in described if headers[name].get("required")}
    assert always == stamps
    assert {name.lower() for name in described} - always == {"x-aura-canary"}


@pytest.mark.usefixtures("alive")
def test_report_of_health_is_described(monkeypatch):
    validator = jsonschema_rs.validator_for(schema_of("Health"))
    validator.validate(health.report())
    values = {"l1_model": "http://x", "l2_fallback": "b/one,b/two"}
    bad = {"name": "Bad", "slug": "bad", "values": values}
    live.install(payload(bad), "disk")
    report = health.report()
    assert report["problems"] and report["models"]["l2"]["fallbacks"]
    validator.validate(report)
    tried = {"percent": "2.5", "salt": "a", "since": SINCE, "by": "ann"}
    more = {"canary": {"preset": BUDGET, **tried}, "confirm_by": SINCE}
    live.install(payload() | more, "disk")
    report = health.report()
    assert report["trial"] == {"until": SINCE}
    assert report["canary"] == {"preset": "Budget", "percent": 2.5}
    validator.validate(report)
    slow = Attention("l1", "L1 is slow", "It takes 900 ms.", "Activate another.", False)
    monkeypatch.setattr(attention, "known", lambda now: [slow])
    report = health.report()
    assert report["attention"][0]["name"] == "l1"
    validator.validate(report)
