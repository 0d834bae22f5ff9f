"""The providers on the status page: which serve a layer or stand behind one, whether their
key is set, and whether they answer, as the last check in the background found. Nothing is
asked here."""

from dataclasses import dataclass

from brains.layers import Layer
from brains.provider_watch import WATCH, Checked
from brains.selection import Problem, Selection
from brains.serving import serving, standing_by
from brains.status_facts import Fact
from brains.status_state import Level
from brains.wording import exact, listed
from providers.reachability import State
from providers.registry import Provider, address_problem


@dataclass(frozen=True, slots=True)
class ProviderFact:
    """A provider in use: where it is (never its key), and what for."""

    title: str
    origin: str
    purpose: str
    fact: Fact
    asked: str


def providers(selection: Selection) -> tuple[ProviderFact, ...]:
    """Return the providers that serve a layer now, each once, then those that only have
    fallbacks."""
    serve = [_shown(provider, "for", layers) for provider, layers in serving(selection)]
    others = standing_by(selection)
    return (*serve, *(_shown(p, "as fallback of", layers) for p, layers in others))


def provider_problems(selection: Selection) -> list[Problem]:
    """Return a problem for each provider in use that did not answer when last asked."""
    in_use = serving(selection) + standing_by(selection)
    found = [(provider, WATCH.latest.get(provider.name)) for provider, _ in in_use]
    return [
        Problem("provider", provider.url_variable, reason, provider.start_hint or HINT)
        for provider, checked in found
        if (reason := _trouble(provider, checked))
    ]


HINT = "Check its address and its own status page, or activate another preset."


def _shown(provider: Provider, role: str, layers: list[Layer]) -> ProviderFact:
    return ProviderFact(
        title=provider.title,
        origin=_origin(provider),
        purpose=f"{role} {listed([layer.title for layer in layers])}",
        fact=_fact(provider),
        asked=_asked(provider),
    )


def _origin(provider: Provider) -> str:
    # An address that cannot be read may hold a password anywhere: it is not shown.
    return "" if address_problem(provider.base_url) else provider.origin


def _fact(provider: Provider) -> Fact:
    if provider.needs_key and not provider.key:
        return Fact(Level.BROKEN, "No key set.")
    if provider.problem:
        return Fact(Level.BROKEN, provider.problem)
    key = "Key set" if provider.key else "Needs no key"
    checked = WATCH.latest.get(provider.name)
    if trouble := _trouble(provider, checked):
        return Fact(Level.ATTENTION, f"{key}. {trouble}")
    if checked is None:
        return Fact(Level.PLAIN, f"{key}, not asked yet.")
    return Fact(Level.GOOD, f"{key}, answers.")


def _asked(provider: Provider) -> str:
    checked = WATCH.latest.get(provider.name)
    return f"asked {exact(checked.at)}" if checked else ""


def _trouble(provider: Provider, checked: Checked | None) -> str:
    """Return what the last check found wrong, as a sentence; "" when nothing."""
    if checked is None:
        return ""
    return {
        State.UNREACHABLE: f"{provider.title} was not reached.",
        State.FAILING: f"{provider.title} answered {checked.reach.status} when asked.",
        State.KEY_REFUSED: f"{provider.title} refused the key of {provider.key_variable}.",
    }.get(checked.reach.state, "")
