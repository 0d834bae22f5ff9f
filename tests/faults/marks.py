"""Which tests are marked as the proof of which row, read from their source: whatever part
of the tests a run selects, all of them are found."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("providers", "brains", "gateway", "cognition", "aura_site", "tests")


@dataclass(frozen=True)
class Marked:
    """A test and a row that it proves."""

    test: str
    row: str


def files_of_tests(root: Path = ROOT) -> list[Path]:
    """Return every file of tests."""
    return sorted(path for room in ROOMS for path in (root / room).rglob("test_*.py"))


def defined_in(paths: Iterable[Path], root: Path = ROOT) -> set[str]:
    """Return the tests that these files define, by file and name."""
    return {
        _name(path, root, function)
        for path in paths
        for function in _functions(ast.parse(path.read_text()))
    }


def marked_in(paths: Iterable[Path], root: Path = ROOT) -> list[Marked]:
    """Return each mark of these files.

    Raises ValueError for one that stands elsewhere than at a test or in `pytestmark`, or
    that names its row otherwise than in plain text: it would not be found here.
    """
    return [mark for path in paths for mark in _marked(path, root)]


def _marked(path: Path, root: Path) -> Iterator[Marked]:
    tree = ast.parse(path.read_text())
    of_all = [row for node in tree.body if _is_pytestmark(node) for row in _rows(node)]
    found = len(of_all)
    for function in _functions(tree):
        own = [row for node in function.decorator_list for row in _rows(node)]
        found += len(own)
        for row in dict.fromkeys([*of_all, *own]):
            yield Marked(_name(path, root, function), row)
    if found != len(list(_rows(tree))):
        raise ValueError(f"{path}: a fault mark that belongs to no test.")


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("test_"):
            yield node


def _rows(tree: ast.AST) -> Iterator[str]:
    """Yield the rows that the marks below a node name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_mark(node.func):
            for argument in node.args:
                if not isinstance(argument, ast.Constant):
                    raise ValueError(f"Line {node.lineno}: name the row in plain text.")
                yield str(argument.value)


def _is_mark(node: ast.AST) -> bool:
    """Say whether a node is `pytest.mark.fault`."""
    is_near = isinstance(node, ast.Attribute) and node.attr == "fault"
    return is_near and ast.unparse(node) == "pytest.mark.fault"


def _is_pytestmark(node: ast.AST) -> bool:
    names = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(n, ast.Name) and n.id == "pytestmark" for n in names)


def _name(path: Path, root: Path, function: ast.AST) -> str:
    name = getattr(function, "name", "")
    return f"{path.relative_to(root).as_posix()}::{name}"
