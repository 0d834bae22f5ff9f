"""What the documents must know, and what they lack: each check takes the documents as texts
and returns what is missing or wrong in them, so that a broken copy can be checked too."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS = "docs/screenshots"
PLAIN = ("env.example", "docker-compose.yml")
NOT_OURS = ("node_modules", "data")

# Named by the user in AURA_PROVIDERS; these stand for any.
EXAMPLES = frozenset({"AURA_GROQ_BASE_URL", "AURA_GROQ_API_KEY"})
# Read by docker-compose.yml alone.
COMPOSE_ONLY = frozenset({"AURA_BIND", "AURA_PORT"})
# Read by no part of Aura: the clients in examples/, and a name that stands for any.
ELSEWHERE = frozenset({"AURA_BASE_URL", "AURA_X"})
NOT_IN_CONTAINERS = {
    "HOST": "fixed in the image; AURA_BIND says where it is published",
    "PORT": "fixed in the image; AURA_PORT says where it is published",
    "AURA_DATA_DIR": "a volume",
    "AURA_DATABASE_PASSWORD_FILE": "written by the service secrets",
    "AURA_OFFLINE": "the image has no embedded models",
    "AURA_ENV_FILE": "Compose reads .env by itself",
}

Documents = Mapping[str, str]


@dataclass(frozen=True)
class Facts:
    """What there is today. A preset is its fields that are not blank, by variable."""

    variables: frozenset[str]
    doors: frozenset[str]
    commands: frozenset[str]
    commands_of_django: frozenset[str]
    presets: Mapping[str, Mapping[str, str]]
    modules: frozenset[str]
    targets: frozenset[str]


Check = Callable[[Documents, Facts], list[str]]


def read_documents() -> Documents:
    """Return every document of the repository by its path."""
    pages = [path.relative_to(ROOT) for path in ROOT.rglob("*.md")]
    ours = [path for path in pages if not _is_foreign(path)]
    names = [*PLAIN, *(path.as_posix() for path in ours)]
    return {name: (ROOT / name).read_text() for name in sorted(names)}


def read_targets() -> frozenset[str]:
    """Return the targets of the Makefile that are for people."""
    makefile = (ROOT / "Makefile").read_text()
    return frozenset(re.findall(r"^([a-z][a-z-]*):.*##", makefile, re.M))


def read_modules(rooms: Iterable[str]) -> frozenset[str]:
    """Return the path of every module of the rooms that is no test and no migration."""
    paths = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    names = {path.relative_to(ROOT).as_posix() for path in paths}
    return frozenset(
        name
        for name in names
        if not re.search(r"/(tests|migrations)/|__init__\.py$", name)
    )


def variables_env_example_lacks(documents: Documents, facts: Facts) -> list[str]:
    """Find variables that are read and not described."""
    return sorted((facts.variables | COMPOSE_ONLY) - _described(documents))


def variables_nobody_reads(documents: Documents, facts: Facts) -> list[str]:
    """Find variables that are described and not read."""
    return sorted(_described(documents) - facts.variables - COMPOSE_ONLY - EXAMPLES)


def variables_compose_lacks(documents: Documents, facts: Facts) -> list[str]:
    """Find variables of env.example that do not reach the containers."""
    return sorted(_described(documents) - _passed(documents) - NOT_IN_CONTAINERS.keys())


def variables_compose_alone_knows(documents: Documents, facts: Facts) -> list[str]:
    """Find what is passed and not described, or passed although it is said not to be."""
    passed = _passed(documents)
    return sorted(
        (passed - _described(documents)) | (passed & NOT_IN_CONTAINERS.keys())
    )


def doors_readme_lacks(documents: Documents, facts: Facts) -> list[str]:
    """Find doors that the README does not name."""
    readme = documents["README.md"]
    return sorted(door for door in facts.doors if f"`{door}`" not in readme)


def commands_readme_lacks(documents: Documents, facts: Facts) -> list[str]:
    """Find commands that the README does not name."""
    readme = documents["README.md"]
    return sorted(c for c in facts.commands if not re.search(rf"`{c}[ `]", readme))


def targets_contributing_lacks(documents: Documents, facts: Facts) -> list[str]:
    """Find targets of the Makefile that CONTRIBUTING does not name."""
    page = documents["CONTRIBUTING.md"]
    return sorted(t for t in facts.targets - {"help"} if f"`make {t}`" not in page)


def presets_readme_lacks(documents: Documents, facts: Facts) -> list[str]:
    """Find presets that the README does not name."""
    readme = documents["README.md"]
    return sorted(p for p in facts.presets if not re.search(rf"\b{p}\b", readme))


def presets_quickstart_lacks(documents: Documents, facts: Facts) -> list[str]:
    """Find presets without their lines of .env, their click path or their command."""
    page = documents["QUICKSTART.md"]
    return sorted(
        name
        for name, values in facts.presets.items()
        if not _shows(_between(page, f"### {name}\n", "\n##"), name, values)
    )


def presets_env_example_lacks(documents: Documents, facts: Facts) -> list[str]:
    """Find presets without their lines to uncomment; those of Offline need none."""
    page = documents["env.example"]
    return sorted(
        name
        for name, values in facts.presets.items()
        if name != "Offline"
        and not values.items()
        <= _assigned(_between(page, f"# {name}:", "\n# ")).items()
    )


def modules_architecture_lacks(documents: Documents, facts: Facts) -> list[str]:
    """Find modules without a line of their own."""
    lines = set(re.findall(r"^- `(\S+\.py)`: \S", documents["ARCHITECTURE.md"], re.M))
    return sorted(facts.modules - lines)


def modules_that_are_gone(documents: Documents, facts: Facts) -> list[str]:
    """Find modules of a room or of its tests that a page names and that do not exist."""
    rooms = "|".join(sorted({module.partition("/")[0] for module in facts.modules}))
    named = re.compile(rf"\b(?:{rooms}|tests)/[\w/]+\.py\b")
    return _wrong_in_pages(
        documents,
        lambda text: {p for p in named.findall(text) if not (ROOT / p).exists()},
    )


def variables_that_do_not_exist(documents: Documents, facts: Facts) -> list[str]:
    """Find variables of ours that a page names and nobody reads."""
    known = facts.variables | COMPOSE_ONLY | EXAMPLES | ELSEWHERE
    return _wrong_in_pages(
        documents, lambda text: set(re.findall(r"\bAURA_[A-Z0-9_]+\b", text)) - known
    )


def targets_that_do_not_exist(documents: Documents, facts: Facts) -> list[str]:
    """Find `make ...` in the code of a page without such a target."""
    return _wrong_in_pages(
        documents,
        lambda text: (
            set(re.findall(r"\bmake ([a-z][a-z-]*)", _code(text))) - facts.targets
        ),
    )


def commands_that_do_not_exist(documents: Documents, facts: Facts) -> list[str]:
    """Find `manage.py ...` in the code of a page without such a command."""
    known = facts.commands | facts.commands_of_django
    return _wrong_in_pages(
        documents,
        lambda text: set(re.findall(r"manage\.py ([a-z_]+)", _code(text))) - known,
    )


def dead_links(documents: Documents, facts: Facts) -> list[str]:
    """Find relative links that lead to no file, or to no heading of a page."""
    return sorted(
        f"{name}: {link}"
        for name, link in _links(documents)
        if not _leads_somewhere(documents, name, link)
    )


CHECKS: tuple[Check, ...] = (
    variables_env_example_lacks,
    variables_nobody_reads,
    variables_compose_lacks,
    variables_compose_alone_knows,
    variables_that_do_not_exist,
    doors_readme_lacks,
    commands_readme_lacks,
    commands_that_do_not_exist,
    targets_contributing_lacks,
    targets_that_do_not_exist,
    presets_readme_lacks,
    presets_quickstart_lacks,
    presets_env_example_lacks,
    modules_architecture_lacks,
    modules_that_are_gone,
    dead_links,
)


def _is_foreign(path: Path) -> bool:
    return any(part.startswith(".") or part in NOT_OURS for part in path.parts)


def _described(documents: Documents) -> frozenset[str]:
    lines = re.findall(r"^#?([A-Z][A-Z_0-9]+)=", documents["env.example"], re.M)
    return frozenset(lines)


def _passed(documents: Documents) -> frozenset[str]:
    compose = documents["docker-compose.yml"]
    return frozenset(re.findall(r"\$\{([A-Z][A-Z_0-9]+)", compose))


def _wrong_in_pages(
    documents: Documents, wrong: Callable[[str], set[str]]
) -> list[str]:
    pages = [(name, text) for name, text in documents.items() if name not in PLAIN]
    return sorted(f"{name}: {word}" for name, text in pages for word in wrong(text))


def _between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]


def _assigned(text: str) -> dict[str, str]:
    return dict(re.findall(r"^[# ]*(AURA_\w+)=(.*)$", text, re.M))


def _shows(section: str, name: str, values: Mapping[str, str]) -> bool:
    has_values = values.items() <= _assigned(section).items()
    has_command = re.search(rf"activate_preset {name}$", section, re.M)
    return has_values and bool(has_command) and f"*Activate {name}*" in section


def _code(page: str) -> str:
    """Return the code of a page: what is in backticks, fenced or indented."""
    fenced = re.findall(r"^```.*?^```", page, re.M | re.S)
    indented = re.findall(r"^(?: {4}|\t).*$", page, re.M)
    return "\n".join((*fenced, *indented, *re.findall(r"`[^`\n]+`", page)))


def _links(documents: Documents) -> Iterator[tuple[str, str]]:
    for name, text in documents.items():
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" not in link:
                yield name, link


def _leads_somewhere(documents: Documents, name: str, link: str) -> bool:
    target, _, anchor = link.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    path = path if target else name
    if anchor:
        return anchor in _anchors(documents.get(path, ""))
    # Pictures are looked for as soon as there are any.
    is_awaited = path.startswith(SCREENSHOTS) and not (ROOT / SCREENSHOTS).exists()
    return is_awaited or (ROOT / path).exists()


def _anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page, re.M)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {text.strip().replace(" ", "-") for text in kept}
