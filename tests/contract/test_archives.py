"""Each function's deployed archive works by itself: nothing but its own files and its locked requirements."""

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from local.processes import HOST, ROOT, Child, free_port
from local.resources import make_bucket, make_push
from local.services import authority
from shared.domain.contact import Contact
from shared.domain.submission import Channel, Details, Submission
from shared.domain.working_time import WorkingHours
from shared.numbering import NumberingPolicy, Registered
from shared.registration import Registrar
from shared.store.client import open_ledger
from shared.store.registrations import FirestoreRegistrations
from tests.contract.archive import function_names, lay_out
from tests.delivery_instance import SIGNER as EVENT_SIGNER
from tests.delivery_instance import event, signed
from tests.email_instance import message
from tests.imports import When, imports_of, module_name
from tests.inbound import SIGNER, signed_post
from tests.mailbox import running_stand_in
from tests.staff import ANNA, STRANGER, Issuer, headers, staff_settings

FUNCTIONS = function_names()
UV = Path(sys.executable).with_name("uv")
PATIENCE = 20.0  # seconds for one answer; the first one loads the clients

SLOW_TO_IMPORT = (
    "PIL",
    "email_validator",
    "flufl.bounce",
    "google.cloud.firestore",
    "google.cloud.storage",
    "google.pubsub_v1",
    "jinja2",
    "phonenumbers",
    "rapidfuzz",
    "selectolax",
    "sendgrid",
)
"""`requests`, `urllib3` and `cryptography` are no choice of ours: google-auth and `google.api_core.retry` load them."""

LOADED_AT_START: Mapping[str, set[str]] = {
    "delivery": {"google.cloud.firestore", "jinja2"},
    "desk": {"google.cloud.firestore", "jinja2"},
    "intake_email": {"google.cloud.firestore", "jinja2", "selectolax"},
    "intake_form": {"google.cloud.firestore", "jinja2"},
    "intake_phone": {"google.cloud.firestore", "jinja2"},
    "notify": {"google.cloud.firestore", "jinja2", "sendgrid"},
    "sla_check": {"google.cloud.firestore", "jinja2"},
}
"""Of what is slow to import, what a cold start pays for: all that every request of the function needs, and no more."""

NOT_LOADED: Mapping[str, set[str]] = {
    "delivery": {"shared.registration", "shared.domain.daily_report"},
    "intake_email": {"shared.domain.daily_report"},
    "intake_form": {"shared.changes", "shared.domain.daily_report", "shared.domain.lateness", "shared.domain.trouble"},
    "notify": {"shared.registration"},
}
"""Of our own, what a cold start must not pay for: other functions' work, that a careless import has brought before."""

NEVER_CALLED: Mapping[str, set[str]] = {
    "delivery": {"email_validator", "phonenumbers"},
    "desk": set(),
    "intake_email": set(),
    "intake_form": set(),
    "intake_phone": set(),
    # `shared.domain` checks what clients type; a letter is about a ticket whose contact has been checked.
    "notify": {"email_validator", "phonenumbers"},
    "sla_check": {"email_validator", "phonenumbers"},
}
"""What functions import that shared code has and this function does not call: they do without it."""

PINNED = re.compile(r"([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)(?: ; [^\\]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)")
DIRECT = re.compile(r"([a-z0-9-]+)(?:  # (.+))?")

IMPORT_PROBE = """
import json, sys
import main
print(json.dumps({"modules": sorted(sys.modules), "files": [main.__file__, *(
    module.__file__ for name, module in sys.modules.items() if name.split(".")[0] in {"functions", "shared"}
)]}))
"""

# Which distribution each module comes from; null: it is not installed, "": it belongs to Python itself.
ORIGIN_PROBE = """
import importlib.metadata, importlib.util, json, os, sys
owner = {
    str(file.locate()): distribution.metadata["Name"]
    for distribution in importlib.metadata.distributions()
    for file in distribution.files or ()
}
def origin(name):
    while name:
        try:
            spec = importlib.util.find_spec(name)
        except (ModuleNotFoundError, ValueError):  # ValueError: made by its package, not loaded from a file
            spec = None
        if spec is not None and spec.origin is not None:
            return owner.get(spec.origin, "")
        # `name` is absent, something in a module, or a namespace package.
        name = name.rpartition(".")[0]
    return None
print(json.dumps({name: origin(name) for name in json.load(sys.stdin)}))
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a process has loaded once it has imported the entry point; `files` are the project's own."""

    modules: list[str]
    files: list[str]


@dataclass(frozen=True, slots=True)
class Archive:
    """A function's archive, laid out, with a virtual environment that holds its requirements and nothing else."""

    function: str
    folder: Path
    python: Path

    def run(self, program: str, stdin: str = "") -> Any:  # noqa: ANN401  # JSON
        """The JSON that a program prints, run as the deployed function is: in the archive's folder."""
        environment = {"PATH": os.environ["PATH"]}
        done = subprocess.run(  # noqa: S603  # our own program
            [self.python, "-c", program],
            cwd=self.folder,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @contextmanager
    def served(self, signature: str, settings: Mapping[str, str], runtime: Path) -> Iterator[str]:
        """The function behind functions-framework's production server; gives its address."""
        port = free_port()
        # What decides where code comes from is the archive's alone.
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_"))}
        environment |= {"XDG_RUNTIME_DIR": str(runtime), "WORKERS": "1", "THREADS": "8", **settings}
        command = (
            *("env", f"--chdir={self.folder}", str(self.python.with_name("functions-framework"))),
            *("--target", self.function, "--signature-type", signature, "--host", HOST, "--port", str(port)),
        )
        child = Child(self.function, command, environment, runtime / "server.log")
        try:
            child.wait_until_ready(port)
            yield f"http://{HOST}:{port}"
        finally:
            child.stop()


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Archive]:
    return {name: make_archive(name, tmp_path_factory.mktemp(name)) for name in FUNCTIONS}


@pytest.fixture(params=FUNCTIONS)
def archive(request: pytest.FixtureRequest, archives: Mapping[str, Archive]) -> Archive:
    return archives[request.param]


def make_archive(function: str, folder: Path) -> Archive:
    laid_out = lay_out(function, folder / "archive")
    python = folder / "venv" / "bin" / "python"
    uv("venv", "--python", sys.executable, str(folder / "venv"))
    requirements = str(laid_out / "requirements.txt")
    uv("pip", "install", "--require-hashes", "--python", str(python), "--requirement", requirements)
    return Archive(function, laid_out, python)


def uv(*arguments: str) -> None:
    done = subprocess.run(  # noqa: S603  # the locked uv
        [UV, "--quiet", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@cache
def loaded_at_start(archive: Archive) -> Loaded:
    return Loaded(**archive.run(IMPORT_PROBE))


@cache
def outside_imports(archive: Archive) -> dict[str, set[When]]:
    """What the code that `main.py` leads to imports from outside the archive, and when."""
    own = {module_name(path, archive.folder): path for path in archive.folder.rglob("*.py")}
    outside: dict[str, set[When]] = {}
    seen, todo = set[str](), ["main"]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for each in imports_of(own[name], archive.folder):
            if each.when is When.NEVER:
                continue
            parents = [name for name in (each.name, *ancestors(each.name)) if name in own]
            todo += parents
            if not parents:
                outside.setdefault(each.name, set()).add(each.when)
    return outside


def ancestors(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]


@cache
def origins(archive: Archive) -> Mapping[str, str | None]:
    """For all that comes from outside the archive the distribution; see `ORIGIN_PROBE`."""
    found: dict[str, str | None] = archive.run(ORIGIN_PROBE, json.dumps(sorted(outside_imports(archive))))
    return found


def pins(lock: Path) -> dict[str, str]:
    """Versions by distribution; every line of the file is a pin with its hashes, or a comment."""
    text = lock.read_text(encoding="utf-8")
    code = "".join(f"{line}\n" for line in text.splitlines() if not line.lstrip().startswith("#"))
    rest = PINNED.sub("", code)
    assert rest.strip() == "", rest
    return {match[1]: match[2] for match in PINNED.finditer(code)}


def test_there_are_functions() -> None:
    doors = {"intake_email", "intake_form", "intake_phone"}
    assert doors | {"delivery", "desk", "notify", "sla_check"} <= set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_archive_holds_what_is_deployed_and_nothing_else(function: str, tmp_path: Path) -> None:
    folder = lay_out(function, tmp_path / "archive")
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    own = f"functions/{function}/"
    assert {f"{own}main.py", "shared/logs.py", "shared/domain/ticket.py"} <= files
    elsewhere = {name for name in files if not name.startswith((own, "shared/"))}
    assert elsewhere == {"main.py", "requirements.txt", "functions/__init__.py"}
    assert not [name for name in files if name.endswith((".pyc", "requirements.in"))]


def test_an_archive_imports_with_nothing_but_its_own_files(archive: Archive) -> None:
    assert [file for file in loaded_at_start(archive).files if not Path(file).is_relative_to(archive.folder)] == []


def test_a_cold_start_pays_only_for_what_every_request_needs(archive: Archive) -> None:
    assert set(SLOW_TO_IMPORT) & set(loaded_at_start(archive).modules) == LOADED_AT_START[archive.function]


@pytest.mark.parametrize("function", NOT_LOADED)
def test_a_cold_start_loads_nothing_of_other_functions_work(archives: Mapping[str, Archive], function: str) -> None:
    archive = archives[function]
    assert all((archive.folder / f"{name.replace('.', '/')}.py").is_file() for name in NOT_LOADED[function])
    assert NOT_LOADED[function] & set(loaded_at_start(archive).modules) == set()


def test_all_that_an_archive_imports_is_in_its_requirements(archive: Archive) -> None:
    outside = outside_imports(archive)
    missing = {name for name, origin in origins(archive).items() if origin is None}
    assert {name.split(".")[0] for name in missing} == NEVER_CALLED[archive.function]
    assert {name for name in missing if When.START in outside[name]} == set()


def test_a_requirement_is_imported_or_says_why_it_is_there(archive: Archive) -> None:
    imported = {normal(origin) for origin in origins(archive).values() if origin}
    wanted = ROOT / "functions" / archive.function / "requirements.in"
    lines = [line for line in wanted.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    direct = [DIRECT.fullmatch(line) for line in lines]
    assert None not in direct, lines
    idle = {match[1] for match in direct if match and not match[2] and match[1] not in imported}
    assert idle == set()
    assert imported - {match[1] for match in direct if match} == set(), "imported, and only there because of others"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_lock_file_has_hashes_and_the_tested_versions_and_names_no_host(function: str) -> None:
    lock = ROOT / "functions" / function / "requirements.txt"
    deployed, tested = pins(lock), pins(ROOT / "requirements-dev.txt")
    assert deployed
    assert deployed.items() <= tested.items()
    assert "//" not in lock.read_text(encoding="utf-8")


def normal(distribution: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


@pytest.fixture
def form_settings(ledger_project: str, firestore_emulator: str, pubsub_emulator: str) -> Mapping[str, str]:
    make_push(pubsub_emulator, ledger_project, "notifications", "nobody", f"http://{HOST}:9/")
    return {
        "GOOGLE_CLOUD_PROJECT": ledger_project,
        "FIRESTORE_EMULATOR_HOST": firestore_emulator,
        "PUBSUB_EMULATOR_HOST": pubsub_emulator,
        "NOTIFICATIONS_TOPIC": "notifications",
        "FILES_BUCKET": f"{ledger_project}-files",
        "FIRST_TICKET_NUMBER": "12345",
        "SPECIALISTS_EMAIL": "specialists@pass24online.ru",
        "FORM_SECRETS": "a-secret-of-the-tests",
        "LINK_SECRETS": "another-secret-of-the-tests",
    }


def test_r1_r4_the_form_s_archive_shows_its_page_and_registers_a_post(
    archives: Mapping[str, Archive], tmp_path: Path, form_settings: Mapping[str, str]
) -> None:
    post = {
        "email": "ivan@example.ru",
        "phone": "+7 916 123-45-67",
        "description": "Не открывается шлагбаум",
        "consent": True,
    }
    with archives["intake_form"].served("http", form_settings, tmp_path) as address:
        page = requests.get(address, timeout=PATIENCE)
        answer = requests.post(address, json=post, timeout=PATIENCE)
    assert page.status_code == 200
    assert "Обращение в&nbsp;техническую поддержку" in page.text
    assert answer.status_code == 201, answer.text
    assert answer.json()["title"] == "[#12345] Не открывается шлагбаум"
    ticket = open_ledger(form_settings["GOOGLE_CLOUD_PROJECT"]).document("tickets/12345").get()
    assert ticket.exists


def test_r1_r4_the_mail_s_archive_registers_a_message(
    archives: Mapping[str, Archive], tmp_path: Path, form_settings: Mapping[str, str], storage_emulator: str
) -> None:
    make_bucket(authority(storage_emulator), form_settings["GOOGLE_CLOUD_PROJECT"], form_settings["FILES_BUCKET"])
    settings = {
        **{name: value for name, value in form_settings.items() if name != "FORM_SECRETS"},
        "STORAGE_EMULATOR_HOST": storage_emulator,
        "INBOUND_KEYS": SIGNER.public_key,
        "REPLY_SECRETS": "a throw-away key",
    }
    html = message("<p>Не открывается <b>шлагбаум</b></p>", Subject="")
    html.replace_header("Content-Type", "text/html; charset=utf-8")
    body, headers = signed_post(html.as_bytes())
    with archives["intake_email"].served("http", settings, tmp_path) as address:
        answer = requests.post(address, data=body, headers=headers, timeout=PATIENCE)
        forged = requests.post(address, data=body + b" ", headers=headers, timeout=PATIENCE)
    assert (answer.status_code, answer.json()) == (200, {"state": "registered", "ticket": 12345}), answer.text
    assert forged.status_code == 401
    ticket = open_ledger(form_settings["GOOGLE_CLOUD_PROJECT"]).document("tickets/12345").get()
    assert ticket.get("title") == "[#12345] Не открывается шлагбаум"


def test_r5_the_senders_archive_handles_a_push_and_the_letter_arrives(
    archives: Mapping[str, Archive], tmp_path: Path, ledger_project: str, firestore_emulator: str
) -> None:
    notification = register(ledger_project)
    with running_stand_in(tmp_path) as mail:
        settings = {
            "GOOGLE_CLOUD_PROJECT": ledger_project,
            "FIRESTORE_EMULATOR_HOST": firestore_emulator,
            "SENDGRID_API_KEY": "SG.of-the-tests",
            "SENDGRID_URL": mail.url,
            "REPLY_SECRETS": "a throw-away key",
            "FORM_URL": "http://127.0.0.1",
            "LINK_SECRETS": "another-secret-of-the-tests",
            "NOTIFICATIONS_TOPIC": "notifications",
            "SPECIALISTS_EMAIL": "specialists@pass24online.ru",
        }
        # Without an event trigger the platform calls it an HTTP function; its decorator knows better.
        with archives["notify"].served("http", settings, tmp_path) as address:
            answer = requests.post(address, json=push(ledger_project, notification), timeout=PATIENCE)
        [letter] = mail.letters(notification)
    assert answer.status_code == 200, answer.text
    assert letter["to"] == ["ivan@example.ru"]
    assert "#12345" in letter["text"]


def test_r8_the_archive_for_events_makes_a_ticket_accepted(
    archives: Mapping[str, Archive], tmp_path: Path, form_settings: Mapping[str, str]
) -> None:
    project = form_settings["GOOGLE_CLOUD_PROJECT"]
    letter = register(project)
    delivered = event("delivered", letter, datetime(2026, 11, 23, 9, 1, tzinfo=UTC))
    body, headers = signed(json.dumps([delivered]).encode())
    settings = {**form_settings, "EVENT_KEYS": EVENT_SIGNER.public_key}
    with archives["delivery"].served("http", settings, tmp_path) as address:
        answer = requests.post(address, data=body, headers=headers, timeout=PATIENCE)
        forged = requests.post(address, data=body + b" ", headers=headers, timeout=PATIENCE)
    assert (answer.status_code, answer.json(), forged.status_code) == (200, {"events": 1}, 401)
    assert open_ledger(project).document("tickets/12345").get().get("acceptance") == "accepted"


def test_r16_the_sweep_s_archive_flags_what_is_late(
    archives: Mapping[str, Archive], tmp_path: Path, form_settings: Mapping[str, str]
) -> None:
    project = form_settings["GOOGLE_CLOUD_PROJECT"]
    register(project)
    with running_stand_in(tmp_path) as mail:
        settings = {
            **form_settings,
            "READY_TOPIC": "ticket-ready",
            "HEAD_EMAIL": "head@pass24online.ru",
            "SENDGRID_API_KEY": "SG.of-the-tests",
            "SENDGRID_URL": mail.url,
        }
        with archives["sla_check"].served("http", settings, tmp_path) as address:
            answer = requests.post(address, timeout=PATIENCE)
            looked = requests.get(address, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["flagged"], answer.json()["failed"], looked.status_code) == (1, [], 405)
    [flag] = open_ledger(project).document("tickets/12345").get().get("flags")
    assert flag["kind"] == "not_confirmed"


def test_r1_r10_the_archive_for_calls_registers_one_of_a_specialist(
    archives: Mapping[str, Archive], tmp_path: Path, form_settings: Mapping[str, str], issuer: Issuer
) -> None:
    settings = {**form_settings, **staff_settings(issuer)}
    call = {"phone": "8 916 123-45-67", "description": "Не открывается шлагбаум"}
    with archives["intake_phone"].served("http", settings, tmp_path) as address:
        stranger = requests.post(address, json=call, headers=headers(issuer, STRANGER), timeout=PATIENCE)
        answer = requests.post(address, json=call, headers=headers(issuer, ANNA), timeout=PATIENCE)
        page = requests.get(address, headers=headers(issuer, ANNA), timeout=PATIENCE)
    assert (stranger.status_code, page.status_code) == (403, 200)
    assert (answer.status_code, answer.json()["ticket"]) == (201, 12345), answer.text
    ticket = open_ledger(form_settings["GOOGLE_CLOUD_PROJECT"]).document("tickets/12345").get()
    assert ticket.get("channels") == ["phone"]


def test_r20_the_desk_s_archive_shows_a_ticket_to_specialists_alone(
    archives: Mapping[str, Archive], tmp_path: Path, form_settings: Mapping[str, str], issuer: Issuer
) -> None:
    register(form_settings["GOOGLE_CLOUD_PROJECT"])
    with archives["desk"].served("http", {**form_settings, **staff_settings(issuer)}, tmp_path) as address:
        stranger = requests.get(f"{address}/tickets/12345", timeout=PATIENCE)
        page = requests.get(f"{address}/tickets/12345", headers=headers(issuer, ANNA), timeout=PATIENCE)
        style = requests.get(f"{address}/assets/staff.css", headers=headers(issuer, ANNA), timeout=PATIENCE)
    assert (stranger.status_code, page.status_code, style.status_code) == (403, 200, 200)
    assert "Не открывается шлагбаум" in page.text


class _SilentBell:
    def ring(self, notifications: object) -> None:
        """The test pushes by itself."""


def register(project: str) -> str:
    """Register a request; give the id of its confirmation."""
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    policy = NumberingPolicy(12345, WorkingHours.parse("09:00-18:00", "Europe/Moscow"), "specialists@pass24online.ru")
    registrar = Registrar(FirestoreRegistrations(open_ledger(project)), _SilentBell(), policy, lambda: now)
    details = Details("", "Не открывается шлагбаум", "", "", "", "", urgent=False, previous_ticket=None)
    contact = Contact("Иван", "ivan@example.ru", None)
    outcome = registrar.register(Submission("form-archive", Channel.FORM, now, contact, details))
    assert isinstance(outcome, Registered)
    return f"{outcome.ticket.number}-confirmation"


def push(project: str, notification: str) -> dict[str, object]:
    """What a push subscription posts: https://cloud.google.com/pubsub/docs/push#receive_push."""
    return {
        "message": {
            "attributes": {},
            "data": b64encode(json.dumps({"notification": notification}).encode()).decode(),
            "messageId": "2070443601311540",
            "message_id": "2070443601311540",
            "publishTime": "2026-11-23T09:00:00.123Z",
            "publish_time": "2026-11-23T09:00:00.123Z",
        },
        "subscription": f"projects/{project}/subscriptions/notify",
    }
