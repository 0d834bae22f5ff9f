"""/metrics of a real server: any worker tells of all, and no count is lost with a worker."""

import os
import re
import signal
import tempfile
import time
from pathlib import Path

import pytest
import requests

from gateway.tests.figures import Figures
from tests.server import AuraServer
from tests.upstream import FakeUpstream
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

CHAT = {"model": "aura/l3", "messages": [{"role": "user", "content": "Hello"}]}
CALLS = 12
# Longer than the second after which each worker has told the others what it counted.
LOOKS, EVERY_S = 6, 0.25


@pytest.fixture(scope="module")
def server():
    with FakeUpstream() as upstream:
        environment = {"OPENROUTER_BASE_URL": upstream.url, "OPENROUTER_API_KEY": "k"}
        with AuraServer(environment) as server:
            yield server


@pytest.fixture
def counted(server):
    """Some calls, and how many there were with them since the server's start."""
    counted = call(server)
    wait_until(lambda: counts(server, counted), "each worker to tell of every call", 10)
    return counted


def headers(server):
    return {"Authorization": f"Bearer {server.key}", "Connection": "close"}


def scrape(server):
    answer = requests.get(f"{server.url}/metrics", headers=headers(server), timeout=15)
    assert answer.status_code == 200, answer.text
    return Figures(answer.text)


def call(server):
    """Make calls, each on a connection of its own, and return how many there were so far."""
    before = int(scrape(server).sum("aura_requests_total"))
    for _ in range(CALLS):
        answer = requests.post(
            f"{server.url}/v1/chat/completions",
            json=CHAT,
            headers=headers(server),
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
    return before + CALLS


def counts(server, wanted):
    """Say whether several scrapes in a row, of whichever worker, give the same count."""
    for _ in range(LOOKS):
        if scrape(server).sum("aura_requests_total") != wanted:
            return False
        time.sleep(EVERY_S)
    return True


def revisions(server):
    return {int(pid) for pid in scrape(server).labels("aura_revision", "pid")}


def folders():
    places = {Path("/dev/shm"), Path(tempfile.gettempdir())}
    return {folder for place in places for folder in place.glob("aura-metrics-*")}


def test_every_worker_tells_of_all(server, counted):
    seen = scrape(server)
    assert revisions(server) == set(server.worker_pids())
    assert seen("aura_in_flight") == 0
    assert seen.sum("gen_ai_client_operation_duration_seconds_count") == counted
    assert seen.labels("aura_info", "version")


def test_counts_outlive_a_killed_worker_and_its_gauges_do_not(server, counted):
    killed = server.worker_pids()[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(
        lambda: killed not in server.worker_pids() and len(server.worker_pids()) == 2,
        "a new worker",
    )
    wait_until(lambda: revisions(server) == set(server.worker_pids()), "its gauges", 20)
    assert counts(server, counted)
    later = call(server)
    assert later == counted + CALLS
    wait_until(lambda: counts(server, later), "the calls since", 10)


def test_counts_go_on_after_a_reload(server, counted):
    before = set(server.worker_pids())
    server.reload()
    wait_until(
        lambda: not before & revisions(server) and len(revisions(server)) == 2,
        "new workers",
        20,
    )
    wait_until(lambda: counts(server, counted), "the counts of before", 10)


def test_a_server_that_ends_leaves_nothing_and_begins_at_zero(server, counted):
    pid = server.worker_pids()[0]
    (folder,) = (found for found in folders() if any(found.glob(f"{pid}-*")))
    server.stop()
    assert not folder.exists()
    server.start()
    assert scrape(server).sum("aura_requests_total") == 0


def test_no_line_of_a_call_is_lost_when_the_server_ends(server):
    before = lines_of_calls(server)
    call(server)
    server.stop()
    assert len(lines_of_calls(server) - before) == CALLS
    server.start()


def lines_of_calls(server):
    return set(re.findall(r"Using model: .* call=(req_\w+)", server.log()))


def test_who_has_no_key_and_no_session_sees_no_figure(server):
    answer = requests.get(f"{server.url}/metrics", timeout=5)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    answer = requests.get(
        f"{server.url}/metrics", headers={"Accept": "text/html"}, timeout=5
    )
    assert "/admin/login/" in answer.url
    answer = requests.get(
        f"{server.url}/metrics", headers={"Authorization": "Bearer wrong"}, timeout=5
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"


def test_staff_see_the_figures_in_their_session(server):
    with requests.Session() as session:
        session.headers["Accept"] = "text/html,*/*;q=0.8"
        login = f"{server.url}/admin/login/"
        session.get(login, timeout=5)
        form = {
            "username": "admin",
            "password": server.password,
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
        }
        session.post(login, data=form, headers={"Referer": login}, timeout=5)
        answer = session.get(f"{server.url}/metrics", timeout=5)
        assert answer.status_code == 200
        assert Figures(answer.text).families
