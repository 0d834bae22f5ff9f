"""What Aura says of itself, from memory alone: `/health` and the status page show the same
report, and neither asks the database or a model."""

from typing import Any

from django.conf import settings

from brains import attention, live, watcher
from brains.layers import DIMENSION, EMBEDDING, LAYERS, Layer
from brains.live import Live
from brains.selection import Problem, Selection
from brains.serving import provider_of, serving, standing_by
from brains.wording import listed


def report(now: Live | None = None) -> dict[str, Any]:
    """Return the body of `GET /health`; `status` is "ok" or "degraded".

    Degraded means that people should look: a value was refused, the database is away, or
    a serving provider cannot be called. Requests are answered all the same.
    """
    now = now or live.current()
    problems = all_problems(now)
    return {
        "status": "degraded" if problems else "ok",
        "version": settings.AURA_VERSION,
        "revision": now.selection.revision,
        "preset": now.selection.preset,
        "loaded_from": now.loaded_from,
        **_trial(now),
        **_canary(now),
        **_attention(now),
        "models": models(now.selection),
        "problems": [_shape(problem) for problem in problems],
    }


def _shape(problem: Problem) -> dict[str, str]:
    return {
        "source": problem.source,
        "name": problem.name,
        "reason": problem.reason,
        "hint": problem.hint,
    }


def _trial(now: Live) -> dict[str, Any]:
    return {"trial": {"until": now.confirm_by.isoformat()}} if now.confirm_by else {}


def _canary(now: Live) -> dict[str, Any]:
    if (canary := now.canary) is None:
        return {}
    share = {"preset": canary.candidate.preset, "percent": float(canary.percent)}
    return {"canary": share}


def _attention(now: Live) -> dict[str, Any]:
    """Return what this process last saw go badly: models and loads change by the minute, so
    that alone is no degraded Aura."""
    found = [_shape(each.problem) for each in attention.known(now)]
    return {"attention": found} if found else {}


def explained(now: Live) -> dict[str, Any]:
    """Return the report, and what each value hides on the rungs below it."""
    hidden = {
        field: [{"source": rung.source, "value": rung.value} for rung in choice.hidden]
        for field, choice in now.selection.choices.items()
    }
    return {**report(now), "hidden": hidden}


def models(selection: Selection) -> dict[str, dict[str, Any]]:
    """Return, per layer, the model, its source and its provider; the fallbacks, when there
    are some, and their source; for the embedding layer the dimension and its source."""
    shown: dict[str, dict[str, Any]] = {}
    for layer in LAYERS:
        choice = selection.choice(layer.name)
        shown[layer.name] = {
            "model": choice.value,
            "source": str(choice.source),
            "provider": provider_of(selection, layer).name,
            **_fallbacks(selection, layer),
        }
    shown[EMBEDDING.name] |= {
        "dimension": selection.dimension,
        "dimension_source": str(selection.choices[DIMENSION.field].source),
    }
    return shown


def _fallbacks(selection: Selection, layer: Layer) -> dict[str, Any]:
    fallbacks = selection.fallbacks(layer.name)
    if layer.fallback is None or not fallbacks:
        return {}
    source = selection.choices[layer.fallback.field].source
    return {"fallbacks": list(fallbacks), "fallbacks_source": str(source)}


def all_problems(now: Live) -> list[Problem]:
    """Return what should be mended, most pressing first."""
    return [
        *_database_problems(),
        *_provider_problems(now.selection),
        *now.selection.problems,
        *(
            Problem(p.source, p.name, p.reason, p.hint)
            for p in settings.AURA_SETTING_PROBLEMS
        ),
        *_dotenv_problems(),
    ]


def _database_problems() -> list[Problem]:
    running = watcher.running()
    if running is None or (running.is_connected() and not running.trouble):
        return []
    hint = "Aura goes on with what it loaded last; start the database again."
    return [Problem("database", "DATABASE_URL", running.trouble or _SILENT, hint)]


_SILENT = "The database has not answered for some seconds."


def _provider_problems(selection: Selection) -> list[Problem]:
    """Name each provider that is needed and cannot be called as it is set up: those that
    serve a layer, then those that only have fallbacks."""
    hint = "Set it in the environment or .env and restart, or {}."
    needed = [(p, "", "activate another preset") for p, _ in serving(selection)]
    needed += [
        (p, f" Fallbacks of {_titles(layers)} need it.", "name other fallbacks")
        for p, layers in standing_by(selection)
    ]
    return [
        Problem(
            source="env",
            name=p.key_variable or p.url_variable,
            reason=f"{p.problem}{what_for}",
            hint=hint.format(instead),
        )
        for p, what_for, instead in needed
        if p.problem
    ]


def _titles(layers: list[Layer]) -> str:
    return listed([layer.title for layer in layers])


def _dotenv_problems() -> list[Problem]:
    dotenv = settings.AURA_DOTENV
    unreadable = [dotenv.reason] if dotenv.state == "unreadable" else []
    hint = "Write one NAME=value on a line, as in env.example."
    return [
        Problem("dotenv", ".env", reason, hint)
        for reason in (*unreadable, *dotenv.problems)
    ]
