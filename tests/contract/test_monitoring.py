"""Alerts against what they are made of: the events that the code logs, the playbooks, and what the pages answer.

A metric over an event that nobody logs is no error anywhere: it counts nothing, and its alert is silent for ever.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from functions.delivery.settings import DeliverySettings
from functions.intake_email.settings import EmailSettings
from functions.intake_form.settings import FormSettings
from functions.sla_check.sweep import SILENCE
from local.processes import ROOT
from shared.domain.ticket import REGISTRATION_TIME_LIMIT
from tests import delivery_instance, email_instance, form_instance
from tests.contract.configuration import TERRAFORM, blocks, local_values, of_type
from tests.function_instance import World, function_app
from tests.imports import When, imports_of, module_name

PLAYBOOKS = ROOT / "docs" / "playbooks"
TEXTS = sorted(path for path in PLAYBOOKS.glob("*.md") if path.stem != "README")
SEVERITIES = {"CRITICAL", "ERROR", "WARNING"}
COUNTED = re.compile(r"local\.counted\.(\w+)")
MEANS = re.compile(r"local\.standing_mean\.(\w+)")

# Names that a log line has already, or that Cloud Logging takes for its own.
# https://cloud.google.com/logging/docs/structured-logging#special-payload-fields
RESERVED = {"severity", "message", "logger", "event", "time", "timestamp", "timestampSeconds", "httpRequest"}

# Errors that no alert names, because the call that logs them fails: the alerts about failing calls see it.
SEEN_AS_FAILED_CALLS = {
    *("come_again", "door_failed", "submission_not_kept", "details_not_kept", "details_not_shown"),
    *("call_not_saved", "telling_not_known", "ticket_not_shown", "ledger_unavailable"),
    *("sweep_failed", "sweep_step_failed"),
}
# The same, told to the person at the desk who clicked.
TOLD_AT_THE_DESK = {
    *("action_uncertain", "action_refused", "decision_uncertain", "decision_refused", "erasure_unfinished"),
}
# And those that leave nothing undone.
HARMLESS = {
    "not_merged",  # both tickets stay, and are shown to a person as possible duplicates
}


@dataclass(frozen=True, slots=True)
class Logged:
    """One place where an event is logged.

    Attributes:
        level: `info`, `warning`, `error` or `exception`; None where the code chooses.
        fields: Names of its fields, as far as they stand there.
    """

    event: str
    level: str | None
    module: str
    fields: frozenset[str]


def logged_in(source: str, module: str) -> Iterator[Logged]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        level = None
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "log":
            level = node.func.attr
        extras = [each.value for each in node.keywords if each.arg == "extra"]
        name = node.args[0]
        if (level or extras) and isinstance(name, ast.Constant) and isinstance(name.value, str):
            told = {each.arg for extra in extras if isinstance(extra, ast.Call) for each in extra.keywords if each.arg}
            yield Logged(name.value, level, module, frozenset(told))


@cache
def logged() -> Sequence[Logged]:
    """All that the deployed code logs."""
    return [
        each
        for package in ("functions", "shared")
        for path in sorted((ROOT / package).rglob("*.py"))
        for each in logged_in(path.read_text(encoding="utf-8"), module_name(path, ROOT))
    ]


def places(event: str) -> Sequence[Logged]:
    return [each for each in logged() if each.event == event]


@cache
def modules_of(function: str) -> set[str]:
    """What a function's process may import of the project."""
    known = {
        module_name(path, ROOT): path for package in ("functions", "shared") for path in (ROOT / package).rglob("*.py")
    }
    found: set[str] = set()
    waiting = [f"functions.{function}.main"]
    while waiting:
        module = waiting.pop()
        if module in found or module not in known:
            continue
        found.add(module)
        for each in imports_of(known[module], ROOT):
            if each.when is not When.NEVER:
                waiting += [each.name, each.name.rpartition(".")[0]]
    return found


def counters() -> Mapping[str, Any]:
    found: Mapping[str, Any] = local_values()["log_counters"]
    return found


def log_alerts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = local_values()["log_alerts"]
    return found


def judged_alerts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = local_values()["alerts"]
    return found


LINES = {**counters(), **log_alerts()}
"""Everything that is read off log lines: counters, and alerts for which one line is enough."""


def test_log_calls_are_found_with_level_and_fields() -> None:
    source = """
log.info("one", extra=fields(a=1, **rest))
try: ...
except Exception: log.exception("two")
told("three", extra=fields(b=1))
print("four")
log.info(name)
"""
    assert sorted(logged_in(source, "m"), key=lambda each: each.event) == [
        Logged("one", "info", "m", frozenset({"a"})),
        Logged("three", None, "m", frozenset({"b"})),
        Logged("two", "exception", "m", frozenset()),
    ]


@pytest.mark.parametrize("name", LINES)
def test_what_is_counted_is_logged_and_by_the_functions_that_are_named(name: str) -> None:
    line = LINES[name]
    says, raises = line.get("says", []), line.get("raises", [])
    assert says or raises
    reachable = {function: modules_of(function) for function in line["by"]}
    for event in says:
        assert any(each.level != "exception" for each in places(event)), f"{event} is logged nowhere"
    for event in raises:
        assert any(each.level == "exception" for each in places(event)), f"{event} is raised nowhere"
    for event in (*says, *raises):
        for each in places(event):
            folder = re.match(r"functions\.(\w+)", each.module)
            assert folder is None or folder[1] in line["by"], f"{each.module} logs {event}"
    for function, modules in reachable.items():
        sources = {each.module for event in (*says, *raises) for each in places(event)}
        assert sources & modules, f"{function} can't log {says or raises}"


@pytest.mark.parametrize("name", LINES)
def test_an_event_with_a_stack_trace_is_sought_where_its_name_stands(name: str) -> None:
    """`shared.logs` puts the trace into `message`: a filter on the event's name there would never match."""
    for event in LINES[name].get("says", []):
        assert {each.level for each in places(event)} != {"exception"}
    for event in LINES[name].get("raises", []):
        assert {each.level for each in places(event)} == {"exception"}


@pytest.mark.parametrize("name", LINES)
def test_conditions_and_labels_are_about_fields_that_the_event_has(name: str) -> None:
    line = LINES[name]
    asked = [re.match(r"(\w+)(?:>=|>|!=|=)", where) for where in line.get("where", [])]
    assert all(asked), "a condition is a field, a comparison and a value"
    fields = {found[1] for found in asked if found} | ({line["by_field"]} if "by_field" in line else set())
    for event in (*line.get("says", []), *line.get("raises", [])):
        for each in places(event):
            assert fields <= each.fields, f"{each.module} logs {event} without {fields - each.fields}"


def test_what_the_dashboard_shows_of_the_standing_is_logged() -> None:
    [standing] = places("standing")
    values = local_values()["standing_values"]
    assert set(values) <= standing.fields
    shown = MEANS.findall((TERRAFORM / "dashboard.tf").read_text(encoding="utf-8"))
    assert set(shown) == set(values)


def test_every_counter_is_asked_for_and_no_other() -> None:
    text = "".join((TERRAFORM / name).read_text(encoding="utf-8") for name in ("monitoring.tf", "dashboard.tf"))
    assert set(COUNTED.findall(text)) == set(counters())


def test_every_error_in_the_log_is_seen_by_an_alert() -> None:
    in_alerts = {event for name in log_alerts() for event in _events(LINES[name])}
    for alert in judged_alerts().values():
        for name in COUNTED.findall(alert["query"]):
            in_alerts.update(_events(LINES[name]))
    errors = {each.event for each in logged() if each.level in {"error", "exception", "critical"}}
    known = SEEN_AS_FAILED_CALLS | TOLD_AT_THE_DESK | HARMLESS
    assert not errors - in_alerts - known, "an error of which nobody would hear"
    assert not known - errors, "no longer logged"


def _events(line: Mapping[str, Any]) -> Sequence[str]:
    return [*line.get("says", []), *line.get("raises", [])]


def test_no_field_takes_the_place_of_what_a_line_is() -> None:
    taken = [(each.module, each.event, each.fields & RESERVED) for each in logged() if each.fields & RESERVED]
    assert not taken


def test_r16_the_alert_about_requests_without_a_number_comes_when_the_rule_book_s_time_is_over() -> None:
    limit = int(REGISTRATION_TIME_LIMIT / timedelta(seconds=1))
    assert counters()["unregistered"]["where"] == [f"oldest_unregistered_s>={limit}"]


def test_r1_silence_is_spoken_of_before_it_is_alarming() -> None:
    assert timedelta(hours=blocks("variable")["silence_hours"]["default"]) >= SILENCE


# Alerts and playbooks.


def policies() -> Mapping[str, Any]:
    return of_type("google_monitoring_alert_policy")


def alert_names() -> set[str]:
    single = {policy["user_labels"] for policy in policies().values() if "for_each" not in policy}
    named = {found[1] for each in single if (found := re.search(r'playbook\s*=\s*"?([\w-]+)"?', each))}
    assert len(named) == len(single)
    return set(judged_alerts()) | set(log_alerts()) | named


def test_every_alert_has_its_playbook_and_every_playbook_its_alert() -> None:
    assert {path.stem for path in TEXTS} == alert_names()


@pytest.mark.parametrize("policy", policies())
def test_an_alert_says_what_it_means_and_links_to_its_playbook(policy: str) -> None:
    what = policies()[policy]
    [documentation] = what["documentation"]
    [link] = documentation["links"]
    expected = "${each.key}" if "for_each" in what else policy
    assert link["url"] == f"${{var.playbooks_url}}/{expected}.md"
    assert link["url"] in documentation["content"]
    assert what["notification_channels"]
    assert what["alert_strategy"]


@pytest.mark.parametrize("name", sorted({*judged_alerts(), *log_alerts()}))
def test_an_alert_has_a_title_a_severity_and_a_meaning(name: str) -> None:
    alert = {**judged_alerts(), **log_alerts()}[name]
    assert alert["severity"] in SEVERITIES
    assert len(alert["title"]) <= 63
    assert alert["meaning"].endswith(".")


def test_the_table_of_playbooks_has_each_under_its_severity() -> None:
    rows = re.findall(r"^\|(.+)\|$", (PLAYBOOKS / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    cells = [[re.search(r"\]\(([\w-]+)\.md\)", cell) for cell in row.split("|")] for row in rows[2:]]
    listed = {
        severity: {cell[1] for row in cells if (cell := row[column])}
        for column, severity in enumerate(("CRITICAL", "ERROR", "WARNING"))
    }
    alerts = {**judged_alerts(), **log_alerts(), "unreachable": policies()["unreachable"]}
    assert listed == {
        severity: {name for name, alert in alerts.items() if alert["severity"] == severity} for severity in listed
    }


def test_titles_differ() -> None:
    titles = [each["title"] for each in (*judged_alerts().values(), *log_alerts().values())]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_a_playbook_answers_what_somebody_woken_at_night_asks(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["What it means", "Look", "Do", "It is over when", "So that it does not come again"]
    assert re.search(r"```sh\n.+?\n```", text, re.DOTALL), "exact commands"


@pytest.mark.parametrize(
    "path",
    [*TEXTS, PLAYBOOKS / "README.md", ROOT / "docs" / "deploy.md", TERRAFORM / "README.md"],
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_commands_and_files_that_the_texts_name_are_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    commands = {module.stem.removesuffix("_command") for module in (ROOT / "ops").glob("*_command.py")} | {"parse-mail"}
    for command in re.findall(r"python -m ops ([a-z-]+)", text):
        assert command.replace("-", "_") in {each.replace("-", "_") for each in commands}, command
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not link.startswith(("https://", "mailto:")):
            assert (path.parent / link).exists(), link
    for event in re.findall(r'jsonPayload\.(?:message|event)="(\w+)"', text):
        assert places(event), event
    services = {folder.name.replace("_", "-") for folder in (ROOT / "functions").iterdir() if folder.is_dir()}
    for service in re.findall(r'service_name="([\w-]+)"', text):
        assert service in services, service


def test_the_way_to_the_first_ticket_names_every_secret() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert {name for name in local_values()["secrets"] if name not in text} == set()


def test_the_layout_names_every_file() -> None:
    text = (TERRAFORM / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in TERRAFORM.glob("*.tf") if f"`{path.name}`" not in text} == set()


def test_what_has_to_be_given_stands_in_the_example() -> None:
    example = (TERRAFORM / "terraform.tfvars.example").read_text(encoding="utf-8")
    needed = {name for name, variable in blocks("variable").items() if "default" not in variable}
    assert {name for name in needed if not re.search(rf"^{name}\s*=", example, re.MULTILINE)} == set()


# What uptime checks ask is what the pages answer.


@pytest.mark.parametrize("function", local_values()["uptime_checks"])
def test_an_uptime_check_expects_what_the_function_answers(function: str, world: World) -> None:
    check = local_values()["uptime_checks"][function]
    settings: Mapping[str, tuple[type, Mapping[str, str]]] = {
        "intake_form": (FormSettings, form_instance.settings_of(world)),
        "intake_email": (EmailSettings, email_instance.settings_of(world)),
        "delivery": (DeliverySettings, delivery_instance.settings_of(world)),
    }
    with function_app(function, *settings[function]) as app:
        answer = app.test_client().get("/")
    assert answer.status_code == check["status"]
    assert check["holds"] in answer.get_data(as_text=True)
