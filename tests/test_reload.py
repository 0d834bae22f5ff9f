"""HUP: new workers with the new `.env`, and nothing lost meanwhile."""

import pytest
import requests

from tests.server import AuraServer
from tests.traffic import Traffic
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def server(upstream: FakeUpstream):
    environment = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "k"}
    server = AuraServer(environment)
    server.dotenv.write_text("AURA_L3_MODEL=before/model\n")
    with server:
        yield server


def test_a_hup_applies_the_env_file_and_loses_nothing(server: AuraServer, upstream):
    upstream.script("before/model", chunk_count=10, chunk_interval_s=0.05)
    with Traffic(server.url, server.key, streams=4, keep_alive=False) as traffic:
        wait_until(lambda: len(traffic.answers) > 20, "answers")
        server.dotenv.write_text("AURA_L3_MODEL=after/model  # from now on\n")
        server.reload()
        wait_until(lambda: _serves(server, "after/model"), "the new workers", 20)
        count = len(traffic.answers)
        wait_until(lambda: len(traffic.answers) > count + 20, "more answers")

    assert traffic.failures == []
    assert [a for a in traffic.answers if a.status != 200 or not a.is_complete] == []
    l3 = {a.model for a in traffic.answers if a.asked == "aura/l3"}
    assert l3 == {"before/model", "after/model"}


def _serves(server: AuraServer, model: str) -> bool:
    """Ask often enough to hear every worker."""
    answers = [
        requests.get(f"{server.url}/health", timeout=5).json() for _ in range(12)
    ]
    return all(answer["models"]["l3"]["model"] == model for answer in answers)
