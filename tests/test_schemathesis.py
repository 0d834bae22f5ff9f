"""Aura does what its OpenAPI document says, whatever is asked: Schemathesis makes requests
that the document allows and requests that it does not, and checks every answer."""

import re
from typing import Any

import hypothesis
import pytest
import schemathesis

from gateway.openapi import SOURCE
from tests.server import AuraServer
from tests.upstream import FakeUpstream

pytestmark = pytest.mark.slow

EXAMPLES = 50
OF_A_LAYER = re.compile(r"(aura[/-])?(l[123]|embedding)(@.*)?")
schema = schemathesis.openapi.from_path(SOURCE)
schema.config.generation.update(deterministic=True)


@pytest.fixture(scope="module")
def server():
    """Aura before a provider that takes everything."""
    with FakeUpstream() as upstream:
        environment = {
            "OPENROUTER_BASE_URL": upstream.url,
            "OPENROUTER_API_KEY": "tests-only",
        }
        with AuraServer(environment) as server:
            yield server


@schema.hook
def map_body(ctx: schemathesis.HookContext, body: Any) -> Any:
    """Let half of the unknown names be one that leads somewhere, and whole numbers be what
    providers take for one: to JSON Schema 8.0 and 2 ** 99 are integers too."""
    body = with_plain_numbers(body)
    name = body.get("model") if isinstance(body, dict) else None
    if not isinstance(name, str) or not name or OF_A_LAYER.fullmatch(name):
        return body
    path = ctx.operation.path if ctx.operation else ""
    known = "aura/embedding" if path.endswith("embeddings") else "aura/l3"
    return body | {"model": known} if len(name) % 2 else body


def with_plain_numbers(value: Any) -> Any:
    """Return a JSON value with each 8.0 in it as 8, and no integer beyond 64 bits."""
    if isinstance(value, dict):
        return {name: with_plain_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [with_plain_numbers(item) for item in value]
    if type(value) is int or (isinstance(value, float) and value.is_integer()):
        return min(max(int(value), -(2**63)), 2**63 - 1)
    return value


@schema.parametrize()
@hypothesis.settings(max_examples=EXAMPLES, derandomize=True, database=None)
def test_answers_are_as_the_document_says(case, server):
    case.call_and_validate(
        base_url=server.url, headers={"Authorization": f"Bearer {server.key}"}
    )
