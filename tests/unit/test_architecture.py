"""Who may import whom, and what no file may hold."""

import ast
import re
import subprocess
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from local.processes import ROOT
from tests.imports import Import, When, imports_of, module_name, read_imports

DEPLOYED = ("functions", "shared")
NOT_DEPLOYED = ("local", "ops", "tests")
MOST_LINES = 300

# What reaches outside, knows the machine, or brings in time and chance.
NOT_IN_THE_DOMAIN = frozenset(
    {
        *("flask", "functions_framework", "google", "grpc", "requests", "sendgrid", "werkzeug"),
        *("http", "io", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "subprocess", "sys"),
        *("tempfile", "time", "urllib", "uuid"),
    }
)
WALL_CLOCK = re.compile(r"(?:.+\.)?(?:now|utcnow|today|time|time_ns|fromtimestamp)")

FIRESTORE = ("google.cloud.firestore", "google.cloud.firestore_v1", "google.cloud.firestore_admin_v1")

# Folders of somebody's machine, and hosts of package registries. No pattern matches its own text.
MACHINE_PATH = re.compile(r"(?<![\w.:-])(?:/(?:home|root|work|Users)/[\w.-]|[A-Z]:\\Users\\)")
REGISTRY_HOST = re.compile(
    r"pypi\.(?:org|io)|pythonhosted\.org|npmjs\.(?:org|com)|yarnpkg\.com|crates\.io|rubygems\.org|proxy\.golang\.org"
    r"|index-url\s*=?\s*\w+:",
    re.IGNORECASE,
)


def modules(*packages: str) -> dict[str, Path]:
    return {module_name(path, ROOT): path for package in packages for path in sorted((ROOT / package).rglob("*.py"))}


def function_folders() -> list[str]:
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/__init__.py"))


def violations(found: dict[str, Path], *forbidden: str, types_too: bool = True) -> list[str]:
    """Where one of the modules imports from a forbidden package, as `file:line imports name`.

    `types_too`: an import for type checkers only counts as well.
    """
    return [
        f"{path.relative_to(ROOT)}:{each.line} imports {each.name}"
        for path in found.values()
        for each in imports_of(path, ROOT)
        if any(each.is_of(package) for package in forbidden) and (types_too or each.when is not When.NEVER)
    ]


def files_in_git() -> list[str]:
    """What is tracked, and what would be with the next `git add`."""
    command = ("git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S603  # constant
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def calls(source: str) -> list[str]:
    return [ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


def test_every_form_of_import_is_seen() -> None:
    source = """
import os.path, a
from google.cloud import firestore as f
from . import near
from ..far import thing
if TYPE_CHECKING:
    import types_only
else:
    import otherwise
class C:
    import in_class
    def m(self):
        import later
"""
    assert [(each.name, each.when) for each in read_imports(source, "shared.store")] == [
        ("os.path", When.START),
        ("a", When.START),
        ("google.cloud.firestore", When.START),
        ("shared.store.near", When.START),
        ("shared.far.thing", When.START),
        ("types_only", When.NEVER),
        ("otherwise", When.START),
        ("in_class", When.START),
        ("later", When.CALL),
    ]
    assert Import("google.cloud.firestore", 1, When.START).is_of("google.cloud")
    assert not Import("google.cloudy", 1, When.START).is_of("google.cloud")


def test_the_domain_knows_nothing_of_the_project_but_itself() -> None:
    imported = {each for path in modules("shared/domain").values() for each in imports_of(path, ROOT)}
    own = {each.name for each in imported if any(each.is_of(p) for p in (*DEPLOYED, *NOT_DEPLOYED))}
    assert own
    assert {name for name in own if not name.startswith("shared.domain.")} == set()


def test_the_domain_does_no_input_or_output_and_reads_no_environment() -> None:
    assert violations(modules("shared/domain"), *NOT_IN_THE_DOMAIN) == []


@pytest.mark.parametrize("clock", ["datetime.now", "datetime.utcnow", "date.today", "time.time", "time_ns"])
def test_every_wall_clock_is_known_as_one(clock: str) -> None:
    assert WALL_CLOCK.fullmatch(clock)


def test_the_domain_has_no_wall_clock() -> None:
    read = {
        f"{name}: {call}()"
        for name, path in modules("shared/domain").items()
        for call in calls(path.read_text(encoding="utf-8"))
        # `time(9, 0)` of datetime is a time of day.
        if WALL_CLOCK.fullmatch(call) and call != "time"
    }
    assert read == set()


def test_only_the_composition_roots_read_the_wall_clock() -> None:
    readers = {
        name
        for name, path in modules(*DEPLOYED).items()
        if re.search(r"\b(?:datetime\.(?:now|utcnow)|date\.today|time\.time)\(", path.read_text(encoding="utf-8"))
    }
    assert readers <= {f"functions.{each}.main" for each in function_folders()}


def test_only_the_store_imports_firestore() -> None:
    code = modules(*DEPLOYED, "local", "ops")
    elsewhere = {name: path for name, path in code.items() if not name.startswith("shared.store")}
    assert violations(elsewhere, *FIRESTORE, types_too=False) == []
    assert violations(modules("shared/store"), *FIRESTORE)


def test_use_cases_get_the_store_handed_in() -> None:
    outside = {name: path for name, path in modules("shared").items() if not name.startswith("shared.store")}
    assert violations(outside, "shared.store") == []


def test_shared_code_does_not_know_the_functions() -> None:
    assert violations(modules("shared"), "functions") == []


@pytest.mark.parametrize("function", function_folders())
def test_a_function_does_not_import_another(function: str) -> None:
    others = [f"functions.{other}" for other in function_folders() if other != function]
    assert violations(modules(f"functions/{function}"), *others) == []


def test_nothing_deployed_imports_what_is_not() -> None:
    assert violations(modules(*DEPLOYED), *NOT_DEPLOYED) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    project = modules(*DEPLOYED, "local", "ops")
    graph = {
        name: {
            target
            for each in imports_of(path, ROOT)
            if each.when is When.START
            for target in (each.name, each.name.rpartition(".")[0])
            if target in project and target != name
        }
        for name, path in project.items()
    }
    assert any(graph.values())
    TopologicalSorter(graph).prepare()  # raises CycleError with the circle


def test_no_module_is_longer_than_a_reader_keeps_in_mind() -> None:
    lengths = {
        name: len((ROOT / name).read_text(encoding="utf-8").splitlines())
        for name in files_in_git()
        if name.endswith(".py") and not name.startswith("tests/")
    }
    assert lengths
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE_PATH, "see {}home/ivan/project"),
        (MACHINE_PATH, '"{}root/.cache"'),
        (MACHINE_PATH, "cd {}work/main"),
        (MACHINE_PATH, "{}Users/ivan"),
        (REGISTRY_HOST, "https:{0}{0}pypi.{1}{0}simple"),
        (REGISTRY_HOST, "files.pythonhosted.{1}"),
        (REGISTRY_HOST, "www.npmjs.{1}"),
        (REGISTRY_HOST, "--extra-index-{2} https:{0}{0}mirror"),
    ],
)
def test_what_must_not_be_in_a_file_is_recognised(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text.format("/", "org", "url"))


def test_no_file_names_a_path_of_somebody_s_machine_or_a_package_registry() -> None:
    named = [
        f"{name}:{number}: {found[0]}"
        for name in files_in_git()
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        for pattern in (MACHINE_PATH, REGISTRY_HOST)
        if (found := pattern.search(line))
    ]
    assert named == []
