"""What terraform/ says, read from its files: texts as they stand, expressions as `${…}`, blocks in lists."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import hcl2

from local.processes import ROOT

TERRAFORM = ROOT / "terraform"
_OPTIONS = hcl2.SerializationOptions(with_comments=False, explicit_blocks=False, strip_string_quotes=True)

Body = Mapping[str, Any]
"""A block's arguments, and the blocks in it. `Any`: HCL's values have no common type."""


@cache
def parsed(path: Path) -> Body:
    return hcl2.loads(path.read_text(encoding="utf-8"), serialization_options=_OPTIONS)


@cache
def _files() -> tuple[Body, ...]:
    return tuple(parsed(path) for path in sorted(TERRAFORM.glob("*.tf")))


@cache
def blocks(kind: str) -> Mapping[str, Body]:
    """All top-level blocks with one label, such as variables, by that label."""
    return {name: body for file in _files() for each in file.get(kind, ()) for name, body in each.items()}


@cache
def resources(kind: str = "resource") -> Mapping[str, Body]:
    """All resources (or `data`) by their address: `google_pubsub_topic.topic`."""
    return {
        f"{of}.{name}": body
        for file in _files()
        for each in file.get(kind, ())
        for of, named in each.items()
        for name, body in named.items()
    }


def of_type(wanted: str) -> Mapping[str, Body]:
    """The resources of a type, by name."""
    found = (address.split(".") for address in resources())
    return {name: resources()[f"{of}.{name}"] for of, name in found if of == wanted}


@cache
def local_values() -> Mapping[str, Any]:
    return {name: value for file in _files() for each in file.get("locals", ()) for name, value in each.items()}


def texts(value: object) -> Iterator[str]:
    """Every text in a value, keys included."""
    match value:
        case str():
            yield value
        case Mapping():
            for name, each in value.items():
                yield name
                yield from texts(each)
        case list():
            for each in value:
                yield from texts(each)


def functions() -> Mapping[str, Body]:
    """The map of all functions, by folder."""
    found: Mapping[str, Body] = local_values()["functions"]
    return found


def settings_wired(function: str) -> set[str]:
    """The environment variables that a function can get as its settings, secret ones included."""
    entry = functions()[function]
    audience = {"IAP_AUDIENCE"} if entry["invoker"] == "iap" else set()
    return {*entry["settings"], *entry["secrets"], *audience}


def archived(function: str) -> Mapping[str, Path]:
    """What Terraform puts into a function's archive of the repository's own files, by the path in the archive."""
    without = re.compile(local_values()["archive_without"])
    return {
        name: ROOT / name
        for pattern in local_values()["archive_patterns"]
        for name in _fileset(pattern.replace("FUNCTION", function))
        if not without.search(name)
    }


def _fileset(pattern: str) -> list[str]:
    """As Terraform's function: files only, and `**` goes through all folders."""
    pattern = f"{pattern}/*" if pattern.endswith("**") else pattern
    return sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern) if path.is_file())
