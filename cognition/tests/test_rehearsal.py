"""A rehearsal: each kept exchange is asked of the candidate as it was asked, once, within the
cap, and what a killed worker left is taken up."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from brains.admin.effective import selection_of
from cognition.rehearsal import asking, running, tasks, texts
from cognition.rehearsal.choosing import choose, estimate
from cognition.rehearsal.models import Rehearsal, RehearsedExchange
from gateway.kept.models import KeptExchange
from gateway.kept.retention import forget_all
from gateway.kept.sealing import key_file, seal_if_any
from gateway.records.finished import FinishedCall
from gateway.records.recorder import Recorder
from gateway.tests.kept import CANARY, MESSAGES, kept

pytest_plugins = ("cognition.tests.rehearsing",)

L1, L3 = "google/gemma-7b-it", "google/gemini-flash-1.5"
UNCOUNTED: dict[str, Any] = {"input_tokens": None, "output_tokens": None}
DEAR = {"choices": [{"message": {"content": "dear"}}], "usage": {"cost": 0.2}}
State, RowState = Rehearsal.State, RehearsedExchange.State


def run(rehearsal, times=50):
    """Run it to its end, as the worker does."""
    lease = rehearsal.leased_until
    while lease and times:
        lease, times = running.run_slice(rehearsal.pk, lease), times - 1
    rehearsal.refresh_from_db()
    return rehearsal


def rows_of(rehearsal):
    return list(rehearsal.exchanges.all())


def reply_of(row):
    return texts.opened(seal_if_any(), row.sealed, row.pk)


def test_each_exchange_is_asked_as_it_was_and_answered(begun, upstream):
    kept()
    kept(layer="l1", is_streamed=True, first_chunk_s=0.2)
    rehearsal = run(begun())
    assert rehearsal.state == State.DONE and rehearsal.ended_at
    newest, oldest = rows_of(rehearsal)
    assert (newest.model, oldest.model) == (L1, L3)
    assert reply_of(newest).startswith(f"{L1} says hello")
    assert newest.duration_s and newest.first_chunk_s
    assert oldest.duration_s and oldest.cost_usd and oldest.first_chunk_s is None
    sent = {request.body["model"]: request.body for request in upstream.requests}
    assert sent[L3] == {"model": L3, "messages": MESSAGES, "temperature": 0.5}
    assert sent[L1]["stream"] is True


def test_the_newest_of_a_layer_are_chosen_and_no_cut_one(begun, budget):
    old, new = kept(days=2), kept(days=1)
    kept(layer="l1")
    kept(asked={"messages": [{"role": "user", "content": "x" * 70_000}]})
    chosen = choose(selection_of(budget), 20, "l3")
    assert [each.exchange for each in chosen] == [new, old]
    assert len(choose(selection_of(budget), 1, "l3")) == 1


def test_the_estimate_goes_by_the_tokens_of_then_and_names_who_has_no_price(
    keeping, budget
):
    kept()
    kept(**UNCOUNTED)
    selection = selection_of(budget)
    found = estimate(choose(selection, 20, ""), selection)
    assert found.count == 2 and found.usd > 0 and found.unpriced == (L3,)


def test_a_failure_is_kept_as_one_and_the_others_go_on(begun, upstream):
    kept()
    kept(layer="l1")
    upstream.script(L3, status=400)
    rehearsal = run(begun())
    assert rehearsal.state == State.DONE
    by_layer = {row.exchange.layer: row for row in rows_of(rehearsal)}
    failed = by_layer["l3"]
    assert failed.state == RowState.FAILED and failed.error
    assert reply_of(failed)
    assert by_layer["l1"].state == RowState.ANSWERED


def test_the_cap_stops_it_before_the_next_goes_past_it(begun, upstream):
    for _ in range(3):
        kept()
    rehearsal = begun(cap_usd=0.5)
    rehearsal.exchanges.update(expected_usd=0.2)
    upstream.script(L3, body=DEAR)
    run(rehearsal)
    assert rehearsal.state == State.CAPPED
    assert len(upstream.requests) == 2


def test_what_the_provider_says_it_cost_counts_where_no_price_is_known(begun, upstream):
    for _ in range(3):
        kept(**UNCOUNTED)
    rehearsal = begun(cap_usd=0.2)
    upstream.script(L3, body=DEAR)
    run(rehearsal)
    assert rehearsal.state == State.CAPPED
    assert len(upstream.requests) == 1


def test_its_calls_are_on_record_by_a_name_of_their_own(begun, monkeypatch):
    noted: list[FinishedCall] = []
    recorder = Recorder()
    monkeypatch.setattr(recorder, "note", noted.append)
    monkeypatch.setattr("gateway.accounts.RECORDER", recorder)
    kept()
    run(begun())
    [call] = noted
    assert (call.key_name, call.preset, call.model) == ("Rehearsal", "Budget", L3)


def test_a_long_reply_of_the_candidate_is_cut(begun, upstream):
    kept()
    long = {"choices": [{"message": {"content": "x" * (texts.LENGTH_MAX + 1)}}]}
    upstream.script(L3, body=long)
    assert reply_of(rows_of(run(begun()))[0]).endswith("[cut]")


def test_who_answered_in_its_place_is_said(begun, budget, upstream):
    budget.l3_fallback = "deepseek/deepseek-chat"
    budget.save()
    kept()
    upstream.script(L3, status=400)
    [row] = rows_of(run(begun()))
    assert (row.state, row.model) == (RowState.FAILED, L3)
    upstream.script(L3, status=503)
    [row] = rows_of(run(begun()))
    assert (row.state, row.model) == (RowState.ANSWERED, "deepseek/deepseek-chat")
    assert row.fallback


def test_a_slice_ends_and_another_task_goes_on(begun, upstream, monkeypatch):
    monkeypatch.setattr(running, "SLICE_S", -1)
    monkeypatch.setattr(running, "AT_ONCE", 1)
    kept(), kept()
    rehearsal = begun()
    tasks.rehearse.call(rehearsal.pk, rehearsal.leased_until.isoformat())
    assert len(upstream.requests) == 1
    [going_on] = DBTaskResult.objects.all()
    tasks.rehearse.call(*going_on.args_kwargs["args"])
    assert len(upstream.requests) == 2


def test_only_one_is_at_it(begun, upstream):
    kept()
    rehearsal = begun()
    assert running.run_slice(rehearsal.pk, timezone.now()) is None
    assert upstream.requests == []


def test_what_a_killed_worker_left_is_taken_up_and_nothing_is_asked_twice(
    begun, upstream, monkeypatch
):
    monkeypatch.setattr(running, "AT_ONCE", 1)
    kept(), kept()
    rehearsal = begun()
    killed = running._Run(rehearsal.pk, rehearsal.leased_until)
    killed._ask(killed._batch())  # one has its answer, and then it was killed
    tasks.take_up_rehearsals.call()
    assert not DBTaskResult.objects.exists()  # its lease holds
    late = timezone.now() - timedelta(seconds=1)
    Rehearsal.objects.update(leased_until=late)
    tasks.take_up_rehearsals.call()
    [taken_up] = DBTaskResult.objects.all()
    tasks.rehearse.call(*taken_up.args_kwargs["args"])
    rehearsal.refresh_from_db()
    assert rehearsal.state == State.DONE
    assert len(upstream.requests) == 2
    with pytest.raises(running.LeaseLost):
        killed._renew()


def test_one_that_ends_its_worker_is_left_alone_after_three_times(begun, upstream):
    kept()
    rehearsal = begun()
    rehearsal.exchanges.update(attempts=running.ATTEMPTS_MAX)
    run(rehearsal)
    [row] = rows_of(rehearsal)
    assert (row.state, row.error) == (RowState.FAILED, "worker_died")
    assert upstream.requests == []


def test_one_that_a_person_stopped_asks_no_more(begun, upstream):
    kept()
    rehearsal = begun()
    assert running.stop(rehearsal.pk) and not running.stop(rehearsal.pk)
    run(rehearsal)
    assert rehearsal.state == State.STOPPED and upstream.requests == []


def test_answers_that_come_once_it_was_stopped_are_kept(begun, upstream, monkeypatch):
    monkeypatch.setattr(asking, "EVERY_S", 0.01)  # it is looked after while one is slow
    upstream.script(L3, latency_s=0.1)
    kept()
    rehearsal = begun()
    run = running._Run(rehearsal.pk, rehearsal.leased_until)
    batch = run._batch()
    running.stop(rehearsal.pk)
    with pytest.raises(running.LeaseLost):
        run._ask(batch)
    assert rows_of(rehearsal)[0].state == RowState.ANSWERED


def test_an_asking_that_breaks_off_says_so_and_is_counted(begun, monkeypatch):
    monkeypatch.setattr(asking, "stamp", lambda call: 1 / 0)
    kept()
    rehearsal = begun()
    with pytest.raises(RuntimeError, match="broke off"):
        running.run_slice(rehearsal.pk, rehearsal.leased_until)
    [row] = rows_of(rehearsal)
    assert (row.state, row.attempts) == (RowState.WAITING, 1)


def test_with_the_kept_exchange_goes_the_reply_to_it(begun):
    kept()
    rehearsal = run(begun())
    forget_all()
    assert rows_of(rehearsal) == []
    assert not KeptExchange.objects.exists()


def test_without_the_key_an_exchange_fails_and_says_so(begun, upstream):
    kept()
    rehearsal = begun()
    key_file().unlink()
    run(rehearsal)
    assert rows_of(rehearsal)[0].error == "unreadable"
    assert upstream.requests == []


def test_no_text_stands_in_the_tables(begun, upstream):
    kept(reply=CANARY)
    answer = {"choices": [{"message": {"content": CANARY}}]}
    upstream.script(L3, body=answer)
    rehearsal = run(begun())
    [row] = rows_of(rehearsal)
    assert reply_of(row) == CANARY
    everything = [
        *KeptExchange.objects.values_list(),
        *row._meta.model.objects.values_list(),
    ]
    found = [
        bytes(v) for r in everything for v in r if isinstance(v, bytes | memoryview)
    ]
    assert found and CANARY.encode() not in b"".join(found)
    assert CANARY not in str(everything)
