"""Which index each query of a recorded run needs, and which queries the code holds.

https://firebase.google.com/docs/firestore/query-data/index-overview
"""

import ast
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from google.cloud.firestore_v1.services.firestore.client import FirestoreClient
from google.cloud.firestore_v1.types import RunAggregationQueryRequest, RunQueryRequest, StructuredQuery

from local.processes import ROOT

Operator = StructuredQuery.FieldFilter.Operator
_EQUAL = {Operator.EQUAL, Operator.IN}
_CONTAINING = {Operator.ARRAY_CONTAINS, Operator.ARRAY_CONTAINS_ANY}
_BETWEEN = {
    Operator.NOT_EQUAL,
    Operator.LESS_THAN,
    Operator.LESS_THAN_OR_EQUAL,
    Operator.GREATER_THAN,
    Operator.GREATER_THAN_OR_EQUAL,
}
_NAME = "__name__"


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """What a query asks of the indexes.

    Attributes:
        scope: The collection; `group:…` for all of that name.
        equal: Fields that must have a value, or hold one (`field[]`).
        order: Fields by which it goes through what it finds: `field`, or `-field` downwards.
    """

    scope: str
    equal: tuple[str, ...]
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indexes:
    """Indexes as terraform/firestore.tf writes them.

    Attributes:
        single: Of single fields, by scope.
        composite: Of several, by collection.
    """

    single: Mapping[str, frozenset[str]]
    composite: Mapping[str, frozenset[tuple[str, ...]]]

    def __iter__(self) -> Iterator[tuple[str, "Indexes"]]:
        """Each index's name, with all the others."""
        for scope, of in self.single.items():
            for index in of:
                yield f"{scope}: {index}", Indexes({**self.single, scope: of - {index}}, self.composite)
        for collection, several in self.composite.items():
            for each in several:
                rest = Indexes(self.single, {**self.composite, collection: several - {each}})
                yield f"{collection}: {', '.join(each)}", rest

    def serve(self, need: Need) -> bool:
        """Tells whether a query can be answered: by one index, or by several that go through the same order."""
        single = self.single.get(need.scope, frozenset())
        if not need.order:
            # By merging. An equality can be looked up in an index of either direction.
            return all(each in single or f"-{each}" in single for each in need.equal)
        if not need.equal and len(need.order) == 1:
            return need.order[0] in single
        several = self.composite.get(need.scope, frozenset())
        if not need.equal:
            return need.order in several
        ends = [(index[: -len(need.order)], index[-len(need.order) :]) for index in several]
        looked_up = {
            name for head, tail in ends if tail == need.order and set(head) <= set(need.equal) for name in head
        }
        return looked_up == set(need.equal)


def need_of(query: StructuredQuery) -> Need:
    """Reads what a query needs.

    Raises:
        ValueError: It is of a kind that is not known here.
    """
    [source] = query.from_
    equal, between = _filtered(query.where)
    orders = [(each.field.field_path, each.direction) for each in query.order_by]
    order = [f"-{name}" if direction == StructuredQuery.Direction.DESCENDING else name for name, direction in orders]
    # https://firebase.google.com/docs/firestore/query-data/multiple-range-fields
    order = order or sorted(between)
    if not between <= {each.lstrip("-") for each in order}:
        raise ValueError(f"ranges of {between}, in the order of {order}")
    # Every index ends with the documents' names, in the direction of its last field.
    names = [each for each in order if each.lstrip("-") == _NAME]
    if names and (order[-1] != names[0] or names[0].startswith("-") != order[-min(2, len(order))].startswith("-")):
        raise ValueError(f"names in the order of {order}")
    order = [each for each in order if each not in names]
    scope = f"group:{source.collection_id}" if source.all_descendants else source.collection_id
    return Need(scope, tuple(sorted(equal)), tuple(order))


def _filtered(where: StructuredQuery.Filter) -> tuple[set[str], set[str]]:
    """Gives the fields that are compared with values, and those that lie between some."""
    match StructuredQuery.Filter.pb(where).WhichOneof("filter_type"):
        case None:
            return set(), set()
        case "field_filter":
            name, operator = where.field_filter.field.field_path, where.field_filter.op
            if operator in _EQUAL:
                return {name}, set()
            if operator in _CONTAINING:
                return {f"{name}[]"}, set()
            if operator in _BETWEEN:
                return set(), {name}
        case "composite_filter" if where.composite_filter.op == StructuredQuery.CompositeFilter.Operator.AND:
            parts = [_filtered(each) for each in where.composite_filter.filters]
            return {name for equal, _ in parts for name in equal}, {name for _, between in parts for name in between}
    raise ValueError(f"a filter of a kind that is not known here: {where}")


@dataclass(frozen=True, slots=True)
class Record:
    """What a run asked, and which functions of the project took part: `(path, qualified name)`."""

    needs: set[Need]
    called: set[tuple[str, str]]


@contextmanager
def recording(patch: pytest.MonkeyPatch, folders: Iterable[str]) -> Iterator[Record]:
    """Records every query that Firestore's client sends, whichever thread asks, and which of the folders' code runs."""
    record, ours = Record(set(), set()), tuple(f"{ROOT}/{folder}/" for folder in folders)
    run_query, run_aggregation = FirestoreClient.run_query, FirestoreClient.run_aggregation_query

    def query(self: FirestoreClient, request: Any, **more: Any) -> Any:  # noqa: ANN401  # passed on as it comes
        record.needs.add(need_of(RunQueryRequest(request).structured_query))
        return run_query(self, request, **more)

    def aggregation(self: FirestoreClient, request: Any, **more: Any) -> Any:  # noqa: ANN401  # as above
        asked = RunAggregationQueryRequest(request).structured_aggregation_query
        record.needs.add(need_of(asked.structured_query))
        return run_aggregation(self, request, **more)

    def note(frame: FrameType, _event: str, _more: object) -> None:
        if frame.f_code.co_filename.startswith(ours):
            record.called.add((frame.f_code.co_filename.removeprefix(f"{ROOT}/"), frame.f_code.co_qualname))

    patch.setattr(FirestoreClient, "run_query", query)
    patch.setattr(FirestoreClient, "run_aggregation_query", aggregation)
    before = sys.gettrace(), threading.gettrace()
    # Of a tracer that gives none for the frame itself, Python asks nothing but the calls.
    threading.settrace(note)
    sys.settrace(note)
    try:
        yield record
    finally:
        sys.settrace(before[0])
        threading.settrace(before[1])


def askers(folders: Iterable[str]) -> set[tuple[str, str]]:
    """Which functions begin a query, or run one: `(path, qualified name)`."""
    found: set[tuple[str, str]] = set()
    for path in (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {(path.relative_to(ROOT).as_posix(), name) for name in _asking(tree, ())}
    return found


def _asking(node: ast.AST, within: Sequence[str]) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.ClassDef():
                yield from _asking(child, (*within, child.name))
            case ast.FunctionDef():
                yield from _asking(child, (*within, child.name, "<locals>"))
            case ast.Call(func=ast.Attribute(attr="collection" | "collection_group" | "stream")):
                yield ".".join(within[:-1])
                yield from _asking(child, within)
            case _:
                yield from _asking(child, within)


def collections(folder: Path) -> set[str]:
    """The collections of whose documents a folder's code makes paths: `"tickets/{…}"`, `"counters/tickets"`."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.JoinedStr():
                    parts = [str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values]
                case ast.Constant(value=str()):
                    parts = [str(node.value)]
                case _:
                    continue
            # What stands before a collection in a document is that document's path.
            names = "".join(parts).removeprefix("{}/").split("/")
            if len(names) % 2 == 0 and all(part == "{}" or part.isidentifier() for part in names):
                found.add(names[-2])
    return found - {"{}"}
