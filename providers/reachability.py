"""Does a provider answer, and does it take our key? Asked from the control plane, with one
small GET; never while a client waits."""

import time
from dataclasses import dataclass
from enum import StrEnum

import requests

from providers.guarded_get import answer_to, pieces
from providers.registry import Provider

CONNECT_S, READ_S, TOTAL_S = 3.0, 3.0, 6.0
BODY_MAX = 64 * 1024
# Where OpenRouter tells of the key itself: its list of models is open to anyone.
KEY_PATHS = {"openrouter": "/key"}


class State(StrEnum):
    """What a check found."""

    ANSWERS = "answers"
    KEY_REFUSED = "key refused"
    FAILING = "failing"
    UNREACHABLE = "not reached"
    NOT_SET_UP = "not set up"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a check found, and the HTTP status it got (0: none)."""

    state: State
    status: int = 0


def check(provider: Provider) -> Reach:
    """Ask a provider once. Never raises; sends nothing when the provider is not set up.

    Takes about 6 s at most, but longer with a server that drips the head of its answer."""
    if provider.problem:
        return Reach(State.NOT_SET_UP)
    try:
        status = _ask(provider)
    except (requests.RequestException, OSError, ValueError):
        return Reach(State.UNREACHABLE)
    if status in (401, 403):
        return Reach(State.KEY_REFUSED, status)
    # Any other refusal, such as a 404 for a server without this path, is an answer.
    return Reach(State.FAILING if status >= 500 else State.ANSWERS, status)


def _ask(provider: Provider) -> int:
    url = provider.base_url + KEY_PATHS.get(provider.name, "/models")
    with answer_to(provider, url, connect_s=CONNECT_S, read_s=READ_S) as answer:
        _read_some(answer)
        return answer.status_code


def _read_some(answer: requests.Response) -> None:
    """Read the body, so that a server that drips it is noticed, up to a size and a time."""
    ends, size = time.monotonic() + TOTAL_S, 0
    for part in pieces(answer):
        size += len(part)
        if size > BODY_MAX or time.monotonic() > ends:
            return
