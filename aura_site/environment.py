"""The settings as read from the process environment, then from the .env file.

Each value is typed and has a source; a bad one gives way to its default and is
reported. What the settings mean is not known here (see `settings`).
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from environ import Env  # type: ignore[import-untyped]

from aura_site.dotenv import DotenvFile, clean

Source = Literal["env", "dotenv", "default"]
Value = TypeVar("Value")
Number = TypeVar("Number", int, float)

TRUE_WORDS = frozenset({"true", "on", "ok", "y", "yes", "1"})
FALSE_WORDS = frozenset({"false", "off", "n", "no", "0"})
SHOWN_CHARACTERS = 80

_PLACES: Mapping[Source, str] = {"env": "the environment", "dotenv": "the .env file"}
_SECRET_NAME = re.compile("KEY|PASSWORD|SECRET|TOKEN|(DATABASE|EMAIL|WEBHOOK)_URL")


@dataclass(frozen=True)
class SettingProblem:
    """A value that was refused: why, and how to mend it."""

    name: str
    source: Source
    reason: str
    hint: str


class Environment:
    """Typed reads of `environ` over `dotenv`; a blank value is unset on each."""

    problems: list[SettingProblem]

    def __init__(self, environ: Mapping[str, str], dotenv: DotenvFile) -> None:
        self.problems = []
        self._rungs: dict[Source, dict[str, str]] = {
            "env": _filled((name, clean(value)) for name, value in environ.items()),
            "dotenv": _filled((k, v.strip()) for k, v in dotenv.values.items()),
        }
        self._cut = {name for name, value in environ.items() if _is_cut(value)}
        self._merged = self._rungs["dotenv"] | self._rungs["env"]
        self._reader = _literal_reader(self._merged)

    def source(self, name: str) -> Source:
        """Return where `name` is set, also when its value is refused."""
        rungs: tuple[Source, ...] = ("env", "dotenv")
        return next((rung for rung in rungs if name in self._rungs[rung]), "default")

    def rung(self, source: Source, names: Iterable[str]) -> dict[str, str]:
        """Return the values that one source alone gives for these names."""
        values = self._rungs.get(source, {})
        return {name: values[name] for name in names if name in values}

    def text(self, name: str, default: str = "") -> str:
        """Return the value as written; a `$` in it is only a character."""
        return str(self._reader.str(name)) if name in self._merged else default

    def secret(self, name: str) -> str:
        """Return a secret, past every reader that could change or quote it.

        What follows " #" in a real variable is a comment here as everywhere; in a secret
        it may have been meant, so it is reported.
        """
        if name in self._cut:
            self._report_cut(name)
        return self._merged.get(name, "")

    def integer(
        self,
        name: str,
        default: int,
        *,
        minimum: int | None = None,
        maximum: int | None = None,
    ) -> int:
        """Return a whole number within the bounds, both included."""

        def cast() -> int:
            return _bounded(int(self._reader.int(name)), minimum, maximum)

        wanted = "a whole number" + _bounds(minimum, maximum)
        return self._read(name, default, cast, wanted)

    def number(self, name: str, default: float, *, maximum: float) -> float:
        """Return a number from 0 to `maximum`."""

        def cast() -> float:
            number = float(self.text(name))
            if not 0 <= number <= maximum:  # said so that NaN fails it
                raise ValueError
            return number

        return self._read(name, default, cast, f"a number from 0 to {maximum:g}")

    def numbers(
        self, name: str, names: Collection[str], *, above: float, maximum: float
    ) -> dict[str, float]:
        """Return the numbers of `a=2,b=0.5` for some of `names`, such as of seconds. One
        bad pair refuses them all."""

        def cast() -> dict[str, float]:
            pairs = [_pair(item) for item in self._listed(name)]
            numbers = {key: float(text) for key, text in pairs}
            # Said so that NaN fails it.
            if not all(above < number <= maximum for number in numbers.values()):
                raise ValueError
            if not numbers.keys() <= set(names):
                raise ValueError
            return numbers

        some = ", ".join(names)
        wanted = f"a list such as {next(iter(names))}=2 of {some}, each above {above} and up to {maximum}"
        return self._read(name, {}, cast, wanted)

    def boolean(self, name: str, default: bool) -> bool:
        """Return a yes or no; a word that is neither is refused, not False."""

        def cast() -> bool:
            if self.text(name).lower() not in TRUE_WORDS | FALSE_WORDS:
                raise ValueError
            return bool(self._reader.bool(name))

        return self._read(name, default, cast, "true or false")

    def word(self, name: str, default: str, words: Mapping[str, str]) -> str:
        """Return what one of `words` (in any case) stands for."""

        def cast() -> str:
            if self.text(name).lower() not in words:
                raise ValueError
            return words[self.text(name).lower()]

        return self._read(name, default, cast, f"one of {', '.join(words)}")

    def items(self, name: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        """Return comma-separated items, stripped, without blank ones."""
        return self._read(
            name, tuple(default), lambda: self._listed(name), "a list such as one,two"
        )

    def mapping(self, name: str) -> dict[str, str]:
        """Return the pairs of `a=b,c=d`; one bad pair refuses them all."""

        def cast() -> dict[str, str]:
            return dict(_pair(item) for item in self._listed(name))

        return self._read(name, {}, cast, "a list of pairs such as a=b,c=d")

    def _listed(self, name: str) -> tuple[str, ...]:
        items = [str(item).strip() for item in self._reader.list(name)]
        if not any(items):
            raise ValueError
        return tuple(item for item in items if item)

    def _read(
        self, name: str, default: Value, cast: Callable[[], Value], wanted: str
    ) -> Value:
        if name not in self._merged:
            return default
        try:
            return cast()
        except ValueError:
            self._refuse(name, wanted)
            return default

    def _report_cut(self, name: str) -> None:
        reason = f"{name} in the environment was cut at ' #': a comment begins there."
        hint = f"Set {name} without a space before #, or without the comment."
        problem = SettingProblem(name, "env", reason, hint)
        if problem not in self.problems:
            self.problems.append(problem)

    def _refuse(self, name: str, wanted: str) -> None:
        source = self.source(name)
        is_secret = _SECRET_NAME.search(name.upper())
        shown = "" if is_secret else f" ({_shown(self._merged[name])})"
        reason = (
            f"{name} in {_PLACES[source]}{shown} is not {wanted}; its default is used."
        )
        hint = f"Set {name} to {wanted}, or remove it."
        problem = SettingProblem(name, source, reason, hint)
        if problem not in self.problems:
            self.problems.append(problem)


def _is_cut(value: str) -> bool:
    return bool(clean(value)) and clean(value) != value.strip()


def _filled(values: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in values if value}


def _literal_reader(values: Mapping[str, str]) -> Env:
    # django-environ takes a leading `$` for a reference. Escaped here and
    # unescaped by `escape_proxy`, every `$` arrives as it was written.
    reader = Env()
    reader.escape_proxy = True
    reader.ENVIRON = {k: v.replace("$", r"\$") for k, v in values.items()}
    return reader


def _bounded(number: Number, minimum: Number | None, maximum: Number | None) -> Number:
    if minimum is not None and number < minimum:
        raise ValueError
    if maximum is not None and number > maximum:
        raise ValueError
    return number


def _bounds(minimum: float | None, maximum: float | None) -> str:
    if minimum is None and maximum is None:
        return ""
    if maximum is None:
        return f" of at least {minimum}"
    if minimum is None:
        return f" of at most {maximum}"
    return f" from {minimum} to {maximum}"


def _pair(item: str) -> tuple[str, str]:
    key, _, value = (part.strip() for part in item.partition("="))
    if not (key and value):
        raise ValueError
    return key, value


def _shown(value: str) -> str:
    shown = repr(value)
    if len(shown) > SHOWN_CHARACTERS:
        return shown[: SHOWN_CHARACTERS - 1] + "…"
    return shown
