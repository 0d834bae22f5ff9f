"""The benchmark works from end to end, and what it says of its samples is right. No speed is
asserted here."""

import json
import subprocess
import sys

import pytest

from bench import lineup, machine
from bench.arguments import read
from bench.figures import Spread, percentile, ratio, spread
from bench.lineup import FERROGW, NGINX
from bench.rounds import best_of, in_turn
from bench.table import render
from tests.server import ROOT

TITLES = {"upstream": "upstream alone", "aura": "Aura", "nginx": "nginx"}


def chat(per_s, p50_ms, errors=0):
    return {"per_s": per_s, "p50_ms": p50_ms, "errors": errors}


SAMPLES = {
    "upstream": {"chat1": [chat(100_000, 0.010)]},
    "aura": {
        "chat1": [chat(6_000, 0.210), chat(4_000, 0.310), chat(5_000, 0.250, 3)],
        "memory": [{"requests": 100_100, "mib_0": 70.04}],
    },
    "nginx": {"chat1": [chat(10_000, 0.110), chat(10_000, 0.110)]},
}


def row(text, label):
    return next(line for line in text.splitlines() if line.startswith(f"| {label} |"))


def test_spread_is_the_median_with_its_range():
    samples = [{"per_s": 3.0}, {"per_s": 1.0}, {"other": 9.0}, {"per_s": 2.0}]

    assert spread(samples, "per_s") == Spread(median=2, low=1, high=3)
    assert spread(samples, "cpu_ms") is None


def test_spread_is_written_with_its_range_only_where_it_has_one():
    assert Spread(1_234.5, 1_000, 2_000).text(0) == "1,234 (1,000..2,000)"
    assert Spread(0.5, 0.5, 0.5).text(3) == "0.500"
    assert Spread(-0.0001, -0.0001, 0.0).text(2) == "0.00"


def test_ratio_is_ours_over_theirs():
    assert ratio(Spread(3, 1, 9), Spread(2, 1, 2)) == 1.5
    assert ratio(Spread(3, 1, 9), None) is None
    assert ratio(Spread(3, 1, 9), Spread(0, 0, 0)) is None


def test_percentile_is_one_of_the_values():
    assert percentile(list(range(100, 0, -1)), 50) == 51
    assert percentile(list(range(100)), 99) == 99
    assert percentile([7], 99) == 7


def test_table_has_medians_and_what_was_added_to_the_upstream():
    text = render(SAMPLES, TITLES)

    requests = row(text, "requests a second, 1 connection")
    assert requests == (
        "| requests a second, 1 connection | 100,000 | 5,000 (4,000..6,000) | 10,000 |"
    )
    added = row(text, "p50 ms added, 1 connection")
    assert added == "| p50 ms added, 1 connection | – | 0.240 (0.200..0.300) | 0.100 |"
    assert row(text, "errors") == "| errors | 0 | 3 | 0 |"


def test_table_compares_with_the_others_and_leaves_out_what_was_not_measured():
    text = render(SAMPLES, TITLES)
    head, _, compared = text.partition("| Aura ÷ theirs, medians | nginx |")

    assert "| requests a second, 1 connection | 0.5 × |" in compared
    assert "| p50 ms added, 1 connection | 2.4 × |" in compared
    assert "embeddings" not in text
    assert row(compared, "RSS of the worker before them, MiB").endswith("| 70.0 |")


def test_table_of_aura_alone_compares_with_nobody():
    text = render({"aura": SAMPLES["aura"]}, {"aura": "Aura"})

    assert "÷ theirs" not in text
    assert (
        row(text, "requests for the memory") == "| requests for the memory | 100,100 |"
    )


def test_every_other_round_goes_backwards():
    assert in_turn("abc", 0) == "abc"
    assert in_turn("abc", 1) == "cba"
    assert in_turn("abc", 2) == "abc"


def test_measurement_is_repeated_until_others_leave_the_core_alone():
    samples = [{"others": 0.5}, {"others": 0.1}, {"others": 0.0}]

    assert best_of(3, lambda: samples.pop(0)) == {"others": 0.1, "attempts": 2}


def test_least_disturbed_measurement_counts_where_none_was_quiet():
    samples = [{"others": 0.5}, {"others": 0.2}, {"others": 0.9}]

    assert best_of(3, lambda: samples.pop(0)) == {"others": 0.2, "attempts": 3}


def test_program_of_a_peer_is_what_was_said_before_what_is_found(monkeypatch):
    monkeypatch.setenv("BENCH_FERROGW", "/opt/ferrogw --fast")

    assert lineup.program_of(FERROGW, {}) == ["/opt/ferrogw", "--fast"]
    assert lineup.program_of(FERROGW, {"ferrogw": "/x/ferrogw"}) == ["/x/ferrogw"]
    assert lineup.program_of(NGINX, {"nginx": "/x/nginx"}) == ["/x/nginx"]


def test_peer_that_is_nowhere_is_not_found(monkeypatch):
    monkeypatch.delenv("BENCH_FERROGW", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")

    assert lineup.program_of(FERROGW, {}) == []


def test_options_are_read():
    options = read(
        ["--only=hold,chat1", "--gateways=aura,nginx", "--peer=nginx=/x/nginx -q"]
    )

    assert [scenario.name for scenario in options.scenarios] == ["hold", "chat1"]
    assert options.gateways == ["aura", "nginx"]
    assert options.peers == {"nginx": "/x/nginx -q"}


@pytest.mark.parametrize(
    ("argument", "complaint"),
    [
        ("--only=chat2", "chat2: not known; there are chat1,"),
        ("--gateways=kong", "kong: not known; there are aura,"),
        ("--peer=kong=/x/kong", "write NAME=COMMAND"),
        ("--peer=nginx", "write NAME=COMMAND"),
        ("--cores=one", "write two numbers"),
    ],
)
def test_option_that_makes_no_sense_is_refused(argument, complaint, capsys):
    with pytest.raises(SystemExit):
        read([argument])

    assert complaint in capsys.readouterr().err


def test_missing_programs_are_named_with_how_to_install_them(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    assert machine.problem().startswith("Missing: wrk, taskset, ")
    assert "apt-get install wrk gcc" in machine.problem()


@pytest.mark.slow
@pytest.mark.skipif(bool(machine.problem()), reason=machine.problem())
def test_one_small_round_measures_aura(tmp_path):
    out = tmp_path / "results.json"
    arguments = ["--gateways=aura", "--only=chat1,first_chunk,hold,swaps,memory"]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments]
        + ["--rounds=1", "--scale=0.02", "--patience=0", f"--out={out}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(out.read_text())
    aura = {name: samples[0] for name, samples in results["samples"]["aura"].items()}

    assert results["failures"] == []
    assert aura["chat1"]["per_s"] > 0
    assert aura["first_chunk"]["streams"] > 0
    assert aura["hold"]["open"] == 20
    assert aura["hold"]["sent"] > 0
    assert aura["swaps"]["swaps"] == 4
    assert aura["memory"]["requests"] >= 2_000
    assert aura["memory"]["hang_ups"] == 200
    assert all(sample.get("errors", 0) == 0 for sample in aura.values())
    assert "| upstream alone | Aura" in done.stdout
    assert f"Every sample: {out}" in done.stdout
