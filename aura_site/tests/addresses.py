"""Every address of Django's that there is, with something in each of its parts."""

from collections.abc import Iterable, Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from brains.admin.canary_pages import STEPS

# What stands for each part of an address that is no number.
STANDS_FOR = {
    "step": (*STEPS, "nonsense"),
    "slug": ("budget",),
    "app_label": ("brains", "gateway"),
}


def addresses() -> Iterator[str]:
    """Yield the addresses; those without a name lead on to one that has, but in `/api/`."""
    for path, pattern in _patterns(get_resolver().url_patterns):
        if pattern.name or path.startswith("api/"):
            yield from _filled_in(path, pattern)


def _patterns(
    patterns: Iterable[URLPattern | URLResolver], before: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, path)
        else:
            yield path, pattern


def _filled_in(path: str, pattern: URLPattern) -> list[str]:
    if pattern.name == "app_list":  # the one that is a regular expression
        return [f"/admin/{app}/" for app in STANDS_FOR["app_label"]]
    found = ["/" + path]
    for part, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        place = f"<{kind}:{part}>"
        values = STANDS_FOR.get(part, ("1",))
        found = [
            each.replace(place, value).replace(f"<{part}>", value)
            for each in found
            for value in values
        ]
    return found
