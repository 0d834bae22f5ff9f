"""A canary on four workers under load, on either database: its share, who is in, and its end
by a click."""

import asyncio
import re
from collections import Counter
from typing import Any

import aiohttp
import pytest
import requests

from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

WORKERS = 4
CALLS = 2_000
USERS = 1_000
ASKED_AGAIN = 300  # of them, after the restart
PERCENT = 10
AT_ONCE = 32
# With a salt that is always the same: luck decides nothing here. That any salt draws a fair
# share is a matter of `brains/tests/test_canary_split.py`.
START = f"""
from decimal import Decimal
from types import SimpleNamespace
from brains.canary import changes as canary_changes
from brains import activation
from brains.canary import rows

rows.secrets = SimpleNamespace(token_hex=lambda size: "0123456789abcdef" * 2)
preset = activation.find_preset("Budget")
canary_changes.start(preset, Decimal({PERCENT}), activation.Author("tests"))
"""
Seen = list[tuple[str, str, str, str]]
"""User, side, preset, model of each answer."""


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request, upstream: FakeUpstream):
    environment = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "k"}
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres")
        environment["DATABASE_URL"] = postgres.begun("canary")
    is_set_up = "DATABASE_URL" in environment
    with AuraServer(environment, workers=WORKERS, is_set_up=is_set_up) as server:
        server.manage("activate_preset", "Performance")
        yield server


def test_a_canary_holds_its_share_and_every_user_stays(server: AuraServer, measured):
    server.manage("shell", "-c", START)
    wait_until(lambda: _stamped(server) == {True}, "the canary to reach the workers")

    seen = asyncio.run(_calls(server, CALLS))

    sides = Counter(side for _, side, _, _ in seen)
    share = 100 * sides["candidate"] / CALLS
    assert sides.keys() == {"candidate", "control"}
    assert abs(share - PERCENT) < 2
    by_user: dict[str, set[str]] = {}
    for user, side, preset, model in seen:
        by_user.setdefault(user, set()).add(side)
        assert preset == {"candidate": "Budget", "control": "Performance"}[side]
        assert model == _model_of(preset)
    assert len(by_user) == USERS
    assert [user for user, its in by_user.items() if len(its) > 1] == []

    # Our own questions name no user, so their key decides: for the control.
    def is_on_record() -> bool:
        shown = _shown(server)
        return shown[1:] == [sides["candidate"]] and shown[0] >= sides["control"]

    wait_until(is_on_record, "the calls on record", 20, 0.5)
    server.restart()
    wait_until(lambda: _stamped(server) == {True}, "the canary after the restart")
    again = asyncio.run(_calls(server, ASKED_AGAIN))
    assert all({side} == by_user[user] for user, side, _, _ in again)

    server.manage("canary", "promote")
    wait_until(lambda: _stamped(server) == {False}, "the promotion")
    after = asyncio.run(_calls(server, 100))
    assert {(side, preset) for _, side, preset, _ in after} == {("", "Budget")}
    measured(
        f"{WORKERS} workers, {CALLS} calls at {PERCENT} %: {share:.1f} %; no user moved"
    )


def _model_of(preset: str) -> str:
    models = {
        "Budget": "google/gemini-flash-1.5",
        "Performance": "anthropic/claude-3.5-sonnet",
    }
    return models[preset]


def _stamped(server: AuraServer) -> set[bool]:
    """Say of many answers, so of each worker's, whether they have a side."""
    return {"X-Aura-Canary" in _asked(server) for _ in range(40)}


def _shown(server: AuraServer) -> list[int]:
    """Return the calls of control and candidate as the status page says them."""
    page = requests.get(f"{server.url}/?fragment", timeout=10).text
    row = page.partition('<th scope="row">Calls</th>')[2].partition("</tr>")[0]
    return [int(text.replace(",", "")) for text in re.findall(r">([0-9,]+) \(", row)]


def _asked(server: AuraServer) -> Any:
    body = {"model": "aura/l3", "messages": [{"role": "user", "content": "hello"}]}
    headers = {"Authorization": f"Bearer {server.key}"}
    # Each on a connection of its own, so that any worker may take it.
    url = f"{server.url}/v1/chat/completions"
    return requests.post(url, json=body, headers=headers, timeout=10).headers


async def _calls(server: AuraServer, count: int) -> Seen:
    """Return what each of so many calls was answered by, of so many users in turn."""
    room = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(limit=AT_ONCE, force_close=True)
    headers = {"Authorization": f"Bearer {server.key}"}
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:

        async def ask(number: int) -> tuple[str, str, str, str]:
            user = f"user-{number % USERS}"
            body = {
                "model": "aura/l3",
                "messages": [{"role": "user", "content": "hello"}],
                "user": user,
                "stream": number % 5 == 0,
            }
            async with (
                room,
                session.post(f"{server.url}/v1/chat/completions", json=body) as answer,
            ):
                text = await answer.text()
                stamp = answer.headers
                model = stamp["X-Aura-Model"]
                assert answer.status == 200 and f"{model} says hello" in text
                return (
                    user,
                    stamp.get("X-Aura-Canary", ""),
                    stamp["X-Aura-Preset"],
                    model,
                )

        return await asyncio.gather(*(ask(number) for number in range(count)))
