"""Providers that serve a layer are checked in the background, and the page tells of it."""

import threading

import pytest
from django.utils import timezone

from brains import live, provider_watch
from brains.provider_watch import WATCH, Checked, ProviderWatch
from brains.status_providers import provider_problems, providers
from providers.reachability import Reach, State
from providers.registry import Registry
from providers.shipped import local, offline, openrouter
from tests.waiting import wait_until

KEY = "sk-provider-canary"


@pytest.fixture(autouse=True)
def _set_up(settings):
    """OpenRouter serves everything, and is set up."""
    shipped = [
        openrouter("", KEY),
        local("", "", "", {}),
        offline("http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
    ]
    settings.AURA_PROVIDERS = Registry({p.name: p for p in shipped})
    settings.AURA_ENV_RUNG, settings.AURA_DOTENV_RUNG = {}, {}
    live.forget()
    yield
    WATCH.latest = {}
    live.forget()


@pytest.fixture
def asked(monkeypatch):
    """The names of the providers that were asked; none is asked for real."""
    names: list[str] = []

    def note(provider):
        names.append(provider.name)
        return Reach(State.UNREACHABLE if provider.name == "local" else State.ANSWERS)

    monkeypatch.setattr(provider_watch, "check", note)
    return names


def test_a_provider_is_asked_at_once_and_then_about_every_minute(asked):
    watch = ProviderWatch(at_once)
    for now_s in (1000.0, 1001.0, 1040.0, 1100.0, 1101.0):
        watch.look(now_s)
    assert asked == ["openrouter", "openrouter"]
    assert watch.latest["openrouter"].reach.state is State.ANSWERS


def test_one_in_trouble_is_asked_again_soon(asked, settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "local/a"}
    live.forget()
    watch = ProviderWatch(at_once)
    for now_s in (1000.0, 1000.1, 1007.0, 1013.0):
        watch.look(now_s)
    assert sorted(asked) == ["local", "local", "openrouter"]


def test_a_provider_that_serves_nothing_any_more_is_forgotten(asked, settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "local/a"}
    live.forget()
    watch = ProviderWatch(at_once)
    watch.look(1000.0)
    watch.look(1000.1)
    assert set(watch.latest) == {"openrouter", "local"}
    settings.AURA_ENV_RUNG = {}
    live.forget()
    watch.look(1001.0)
    assert set(watch.latest) == {"openrouter"}


@pytest.mark.usefixtures("asked")
def test_the_thread_checks_and_outlives_a_failure(monkeypatch):
    failures = [RuntimeError("once")]

    def begin(work):
        if failures:
            raise failures.pop()
        work()

    monkeypatch.setattr(provider_watch, "LOOK_S", 0.001)
    watch = ProviderWatch(begin)
    watch._due["openrouter"] = 0.0
    watch.start()
    try:
        wait_until(lambda: not failures, "the failure")
        watch._due = {}
        wait_until(lambda: "openrouter" in watch.latest, "the check")
    finally:
        watch.stop()


def test_a_provider_that_drips_delays_no_other(monkeypatch, settings):
    settings.AURA_ENV_RUNG = {"AURA_L1_MODEL": "local/a"}
    live.forget()
    drips = threading.Event()

    def slow(provider):
        if provider.name == "local":
            drips.wait(5)
        return Reach(State.ANSWERS)

    monkeypatch.setattr(provider_watch, "check", slow)
    watch = ProviderWatch()
    try:
        wait_until(lambda: _seen(watch) == {"openrouter"}, "the other's news")
    finally:
        drips.set()
    wait_until(lambda: _seen(watch) == {"openrouter", "local"}, "all news")


def _seen(watch):
    watch.look(1000.0)
    return set(watch.latest)


def at_once(work):
    work()


@pytest.mark.parametrize(
    ("reach", "said"),
    [
        (Reach(State.UNREACHABLE), "OpenRouter was not reached."),
        (Reach(State.FAILING, 503), "OpenRouter answered 503 when asked."),
        (
            Reach(State.KEY_REFUSED, 401),
            "OpenRouter refused the key of OPENROUTER_API_KEY.",
        ),
    ],
)
def test_the_page_says_what_a_check_found(reach, said):
    WATCH.latest = {"openrouter": Checked(reach, timezone.now())}
    selection = live.current().selection
    (problem,) = provider_problems(selection)
    assert problem.reason == said
    assert said in providers(selection)[0].fact.text


def test_the_page_says_that_a_provider_answers_and_when_it_was_asked():
    WATCH.latest = {"openrouter": Checked(Reach(State.ANSWERS, 200), timezone.now())}
    (shown,) = providers(live.current().selection)
    assert (shown.fact.text, provider_problems(live.current().selection)) == (
        "Key set, answers.",
        [],
    )
    assert shown.asked.startswith("asked 2")
