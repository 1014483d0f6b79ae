"""Reads what a Python file imports, without running it."""

import ast
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path


class When(Enum):
    """When an import is carried out."""

    START = auto()
    CALL = auto()  # it stands in a function
    NEVER = auto()  # for type checkers only


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: `from a.b import c` is `a.b.c`, which may be a module or something in the module `a.b`."""

    name: str
    line: int
    when: When

    def is_of(self, package: str) -> bool:
        return self.name == package or self.name.startswith(f"{package}.")


def module_name(path: Path, root: Path) -> str:
    """The dotted name under which `path` is imported when `root` is on the path."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_imports(source: str, package: str) -> list[Import]:
    """All imports of a module whose relative imports start at `package`."""
    reader = _Reader(package)
    reader.visit(ast.parse(source))
    return reader.found


def imports_of(path: Path, root: Path) -> list[Import]:
    name = module_name(path, root)
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    return read_imports(path.read_text(encoding="utf-8"), package)


class _Reader(ast.NodeVisitor):
    def __init__(self, package: str) -> None:
        self.found: list[Import] = []
        self._package = package
        self._when = When.START

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [Import(alias.name, node.lineno, self._when) for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        ancestors = self._package.split(".")
        base = ancestors[: len(ancestors) - node.level + 1] if node.level else []
        module = ".".join([*base, *([node.module] if node.module else [])])
        self.found += [Import(f"{module}.{alias.name}", node.lineno, self._when) for alias in node.names]

    def visit_If(self, node: ast.If) -> None:
        typing_only = ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        self._visit_all(node.body, When.NEVER if typing_only else self._when)
        self._visit_all(node.orelse, self._when)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_all(node.body, When.CALL)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_all(node.body, When.CALL)

    def _visit_all(self, nodes: list[ast.stmt], when: When) -> None:
        before, self._when = self._when, when
        for node in nodes:
            self.visit(node)
        self._when = before
