"""The providers as the environment describes them."""

import re

from aura_site.embedded_models import Ports
from aura_site.environment import Environment, SettingProblem
from providers.registry import Provider, Registry
from providers.shipped import local, named, offline, openrouter

OFFLINE_URLS = "http://127.0.0.1:18090/v1", "http://127.0.0.1:18091/v1"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def model_servers(env: Environment, started: Ports | None = None) -> Registry:
    """Return the registry: OpenRouter, local, offline, and those of AURA_PROVIDERS. Embedded
    models that were `started` are there, unless a variable says that they are elsewhere."""
    shipped = [
        openrouter(env.text("OPENROUTER_BASE_URL"), env.secret("OPENROUTER_API_KEY")),
        local(
            env.text("AURA_LOCAL_BASE_URL"),
            env.text("OLLAMA_HOST"),
            env.secret("AURA_LOCAL_API_KEY"),
            env.mapping("AURA_LOCAL_MODELS"),
        ),
        _offline(env, started.urls if started else OFFLINE_URLS),
    ]
    providers = {provider.name: provider for provider in shipped}
    for name in env.items("AURA_PROVIDERS"):
        if provider := _named(name.lower(), env, taken=providers):
            providers[provider.name] = provider
    return Registry(providers)


def _offline(env: Environment, started: tuple[str, str]) -> Provider:
    chat = env.text("AURA_OFFLINE_CHAT_URL", started[0])
    embedding = env.text("AURA_OFFLINE_EMBEDDING_URL", started[1])
    is_presumed = {chat, embedding} <= {*started, *OFFLINE_URLS}
    return offline(chat, embedding, is_presumed=is_presumed)


def _named(name: str, env: Environment, taken: dict[str, Provider]) -> Provider | None:
    if not _NAME.fullmatch(name) or name in taken:
        # Not the name: it may be a key, pasted into the wrong line.
        reason = "AURA_PROVIDERS has an item that cannot name a provider."
        hint = "Use letters, digits and '-', and no name that Aura or the list has already."
        problem = SettingProblem(
            "AURA_PROVIDERS", env.source("AURA_PROVIDERS"), reason, hint
        )
        env.problems.append(problem)
        return None
    stem = f"AURA_{name.upper().replace('-', '_')}"
    return named(name, env.text(f"{stem}_BASE_URL"), env.secret(f"{stem}_API_KEY"))
