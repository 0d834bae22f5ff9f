"""The providers that Aura knows by itself, and the shape of those a user names. Values
come in as arguments: the environment is read elsewhere."""

from collections.abc import Mapping

from providers.registry import Provider

OPENROUTER_URL = "https://openrouter.ai/api/v1"
OLLAMA_PORT = 11434
LOCAL_MODELS: Mapping[str, str] = {"phi-3-mini-4k": "phi3:mini"}
APP_URL = "https://github.com/aura-brain/aura"


def openrouter(base_url: str, key: str) -> Provider:
    """Return OpenRouter: every model id without a registered prefix goes there."""
    return Provider(
        name="openrouter",
        title="OpenRouter",
        base_url=(base_url or OPENROUTER_URL).rstrip("/"),
        url_variable="OPENROUTER_BASE_URL",
        key_variable="OPENROUTER_API_KEY",
        key=key,
        headers={
            "HTTP-Referer": APP_URL,
            "X-OpenRouter-Title": "Aura",
            "X-Title": "Aura",
        },
    )


def local(
    base_url: str, ollama_host: str, key: str, model_names: Mapping[str, str]
) -> Provider:
    """Return the local server: Ollama, llama.cpp, vLLM or LM Studio. Its key is optional."""
    url = (base_url or ollama_url(ollama_host) + "/v1").rstrip("/")
    return Provider(
        name="local",
        title="Local",
        base_url=url,
        url_variable="AURA_LOCAL_BASE_URL",
        key_variable="AURA_LOCAL_API_KEY",
        prefix="local/",
        key=key,
        needs_key=False,
        model_names={**LOCAL_MODELS, **model_names},
        start_hint="Start it (for Ollama: `ollama serve`) or set AURA_LOCAL_BASE_URL.",
        is_presumed=not key and url == ollama_url("") + "/v1",
    )


def offline(
    chat_url: str, embedding_url: str, *, is_presumed: bool = False
) -> Provider:
    """Return the embedded models that `make run` starts on the CPU."""
    return Provider(
        name="offline",
        title="Offline",
        base_url=chat_url.rstrip("/"),
        url_variable="AURA_OFFLINE_CHAT_URL",
        key_variable="",
        prefix="offline/",
        needs_key=False,
        embedding_base_url=embedding_url.rstrip("/"),
        is_embedded=True,
        is_presumed=is_presumed,
        embedding_url_variable="AURA_OFFLINE_EMBEDDING_URL",
        start_hint="`make run` starts the embedded models when OPENROUTER_API_KEY is not set.",
    )


def named(name: str, base_url: str, key: str) -> Provider:
    """Return a provider of AURA_PROVIDERS. A key of "none" means that it takes none."""
    stem = f"AURA_{name.upper().replace('-', '_')}"
    return Provider(
        name=name,
        title=name,
        base_url=base_url.rstrip("/"),
        url_variable=f"{stem}_BASE_URL",
        key_variable=f"{stem}_API_KEY",
        prefix=f"{name}/",
        key="" if key.lower() == "none" else key,
        needs_key=key.lower() != "none",
    )


def ollama_url(host: str) -> str:
    """Return the address that OLLAMA_HOST means: it may be bare, `host:port` or a URL,
    and 0.0.0.0 (where Ollama listens) is reached at 127.0.0.1."""
    scheme, separator, rest = host.rpartition("://")
    place, slash, path = rest.rstrip("/").partition("/")
    has_port = ":" in place.rpartition("]")[2]
    name, _, port = place.rpartition(":") if has_port else (place, "", "")
    if name in ("", "0.0.0.0", "[::]"):  # noqa: S104 - not bound
        name = "127.0.0.1"
    if not port and not separator:
        port = str(OLLAMA_PORT)
    return f"{scheme or 'http'}://{name}{port and ':'}{port}{slash}{path}"
