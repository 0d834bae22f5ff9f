"""Figures of several workers: each tells of all, and those of a worker outlive it."""

import fcntl
import os
import subprocess
import sys
import threading

import pytest

from gateway.metrics import endpoint
from gateway.metrics import files as metric_files
from gateway.metrics.endpoint import Metrics
from gateway.metrics.files import Snapshot, WorkerFiles, remove_left
from gateway.tests.figures import Figures, call
from tests.waiting import wait_until

REFUSED = "aura_refused_total"
HOUR_S = 3600
WORKER = """
import os, sys, time
from pathlib import Path
from gateway.metrics.files import Snapshot, WorkerFiles
files = WorkerFiles(Path(sys.argv[1]))
gauges = {"aura_in_flight": {(): [7.0]}, "aura_revision": {(): [3.0]}}
counts = {"aura_refused_total": {("not_found",): [5.0]}}
files.publish(Snapshot(os.getpid(), counts, gauges))
print("published", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch):
    monkeypatch.setattr(endpoint, "FRESH_S", -1.0)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "aura-metrics-mine"


@pytest.fixture
def started(folder):
    """Return a function that gives the metrics of one more worker, here in this process."""
    every = []

    def start():
        own = Metrics()
        own.share(folder)
        own.start()
        every.append(own)
        return own

    yield start
    for own in every:
        own.stop()


@pytest.fixture
def other_worker(folder):
    """A worker process that has published its figures."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "published\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def refused(own):
    return Figures(own.text())(REFUSED, code="not_found")


def snapshot(count, **changes):
    return Snapshot(os.getpid(), {REFUSED: {("not_found",): [count]}}, **changes)


def total_of(files):
    seen = [other.counts.get(REFUSED, {}) for other in files.others()]
    return sum(rows[("not_found",)][0] for rows in seen if rows)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_worker_tells_of_all_workers(started, other_worker):
    own = started()
    own.count_refused("not_found")
    own.register("aura_in_flight", lambda: 2)
    own.register("aura_revision", lambda: 4)
    seen = Figures(own.text())
    assert seen(REFUSED, code="not_found") == 6
    assert seen("aura_in_flight") == 9
    assert seen("aura_revision", pid=str(os.getpid())) == 4
    assert seen("aura_revision", pid=str(other_worker.pid)) == 3


def test_the_worst_breaker_is_told(started):
    one, two = started(), started()
    one.register("aura_breaker_state", lambda: {("p", "a"): 0.0, ("p", "b"): 2.0})
    two.register("aura_breaker_state", lambda: {("p", "a"): 1.0})
    two.text()
    seen = Figures(one.text())
    assert seen("aura_breaker_state", provider="p", model="a") == 1
    assert seen("aura_breaker_state", provider="p", model="b") == 2


def test_counts_of_a_killed_worker_stay_and_its_gauges_go(started, other_worker):
    own = started()
    assert refused(own) == 5
    other_worker.kill()
    other_worker.wait()
    seen = Figures(own.text())
    assert seen(REFUSED, code="not_found") == 5
    assert seen("aura_in_flight") is None
    assert seen.labels("aura_revision", "pid") == set()


def test_who_starts_after_a_death_keeps_the_counts_and_removes_the_files(
    started, other_worker, folder
):
    other_worker.kill()
    other_worker.wait()
    for _ in range(3):
        own = started()
        assert refused(own) == 5
        own.stop()
    last = started()
    assert refused(last) == 5
    assert sum(name.endswith(".json") for name in names_in(folder)) == 2
    assert sum(name.endswith(".lock") for name in names_in(folder)) == 2


def test_a_living_worker_is_not_buried(started, other_worker, folder):
    started()
    assert any(name.startswith(f"{other_worker.pid}-") for name in names_in(folder))


def test_histograms_of_the_dead_stay(started):
    one = started()
    one.observe([call(input_tokens=16)])
    one.stop()
    two = started()
    two.observe([call(input_tokens=20)])
    seen = Figures(two.text())
    labels = next(
        dict(labels)
        for name, labels in seen
        if name == "gen_ai_client_token_usage_count"
        and ("gen_ai_token_type", "input") in labels
    )
    assert seen("gen_ai_client_token_usage_sum", **labels) == 36
    assert seen("gen_ai_client_token_usage_bucket", **labels, le="16.0") == 1
    assert seen("gen_ai_client_token_usage_bucket", **labels, le="64.0") == 2


def test_a_worker_that_stops_publishes_its_last_figures(started):
    one, two = started(), started()
    one.count_refused("not_found")
    one.stop()
    assert refused(two) == 1


def test_figures_are_published_without_being_asked_for(started, monkeypatch):
    monkeypatch.setattr(endpoint, "PUBLISH_S", 0.01)
    one, two = started(), started()
    one.count_refused("not_found")
    wait_until(lambda: refused(two) == 1, "the other worker's figures")


def test_a_burial_that_was_cut_short_counts_nothing_twice(folder, monkeypatch):
    dead = WorkerFiles(folder)
    dead.publish(snapshot(5))
    dead.close()
    own = WorkerFiles(folder)
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", lambda *_, **__: None)
        own.bury()  # writes the sum, and ends before it removes what is in it
    assert total_of(own) == 5
    own.bury()
    assert total_of(own) == 5 and len(names_in(folder)) == 3
    own.close()


def test_two_workers_do_not_bury_at_once(folder):
    dead = WorkerFiles(folder)
    dead.publish(snapshot(5))
    dead.close()
    own = WorkerFiles(folder)
    with (folder / "ended.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        own.bury()
        assert "ended.json" not in names_in(folder)
    own.bury()
    assert "ended.json" in names_in(folder)
    own.close()


def test_a_count_never_goes_back_while_workers_come_and_go(folder):
    watcher, seen, done = WorkerFiles(folder), [0], threading.Event()

    def watch():
        while not done.is_set():
            seen.append(total_of(watcher))

    thread = threading.Thread(target=watch)
    thread.start()
    for _ in range(150):
        worker = WorkerFiles(folder)
        worker.bury()
        worker.publish(snapshot(1))
        worker.publish(snapshot(2))
        worker.close()
    done.set()
    thread.join()
    watcher.bury()
    assert total_of(watcher) == 300
    assert seen == sorted(seen) and len(set(seen)) > 2
    watcher.close()


def test_figures_of_an_older_version_are_left_out(folder, monkeypatch):
    old = WorkerFiles(folder)
    with monkeypatch.context() as patch:
        patch.setattr(metric_files, "LAYOUT", "older")
        old.publish(snapshot(5))
    own = WorkerFiles(folder)
    assert total_of(own) == 0
    old.close()
    own.bury()
    assert total_of(own) == 0
    own.close()


def test_a_folder_that_is_tidied_away_comes_back(started, folder):
    one, two = started(), started()
    one.count_refused("not_found")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert refused(one) == 1
    assert refused(two) == 1


def test_a_full_disk_leaves_the_own_figures(started, caplog, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    own = started()
    own.count_refused("not_found")
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", full)
        assert refused(own) == refused(own) == 1
    assert caplog.text.count("Metrics cannot be shared: No space left") == 1
    assert refused(own) == 1


def test_without_a_folder_a_worker_tells_of_itself():
    own = Metrics()
    own.start()
    own.count_refused("not_found")
    assert refused(own) == 1
    own.stop()


def test_a_folder_that_cannot_be_used_is_logged(tmp_path, caplog):
    place = tmp_path / "a file"
    place.touch()
    own = Metrics()
    own.share(place / "folder")
    own.start()
    assert "Metrics are of this worker only" in caplog.text
    assert Figures(own.text()).families
    own.stop()


def test_what_killed_servers_left_is_removed(tmp_path, folder):
    left, alive, foreign = (
        tmp_path / name for name in ("aura-metrics-left", "aura-metrics-new", "x-old")
    )
    for place in (left, alive, foreign, folder):
        place.mkdir()
        (place / "1-1.json").touch()
    for place in (left, foreign, folder):
        os.utime(place, (1, place.stat().st_mtime - HOUR_S - 1))
    remove_left(folder)
    assert names_in(tmp_path) == ["aura-metrics-mine", "aura-metrics-new", "x-old"]
