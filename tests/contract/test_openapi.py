"""docs/openapi.yaml against the real door: functions-framework's production server over the emulators."""

import os
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
import requests
import schemathesis
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from schemathesis import Case, CheckFunction
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
from werkzeug.test import TestResponse

from functions.intake_form.page_token import PageTokens
from functions.intake_form.settings import FormSettings
from local.processes import HOST, ROOT, Child, free_port
from shared.domain.completeness import Detail
from shared.information_links import InformationLinks
from shared.ledger import LedgerUnavailableError
from shared.posts import FORMS
from shared.request_fields import FLAGS, LIMITS, InvalidFieldsError, read_fields
from shared.settings import Secret
from shared.store.registrations import FirestoreRegistrations
from shared.store.tickets import FirestoreTickets
from tests.form_instance import LEAST, LINK_SECRET, SOURCE, instance, settings_of
from tests.function_instance import World, make_world

DOCUMENT = ROOT / "docs" / "openapi.yaml"
FORM_SECRET = "a throw-away key"
PATIENCE = 30.0  # seconds for one answer

NO_TEXT = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What normalisation removes, once line ends are `\\n`; as the document's introduction says."""

CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {"mode": "all", "max-examples": 40, "deterministic": True, "no-shrink": True, "database": "none"},
        "suppress-health-check": ["all"],
        "checks": {
            # 422 is what wrong data are told; 400 is for what can't be read at all, 415 for a body that is none.
            "negative_data_rejection": {"expected-statuses": [400, 415, 422]},
            "positive_data_acceptance": {"expected-statuses": [200, 201, 204]},
        },
    }
)
SCHEMA = schemathesis.openapi.from_path(DOCUMENT, config=CONFIG)
CONTRACT: dict[str, Any] = SCHEMA.raw_schema
SCHEMAS = CONTRACT["components"]["schemas"]
LONGEST_KEY = CONTRACT["components"]["parameters"]["IdempotencyKey"]["schema"]["maxLength"]

# What no schema can say is said by a format, and drawn from values that have it.
schemathesis.openapi.format("page-token", st.just(PageTokens([Secret(FORM_SECRET)]).issue()))
LINKS = InformationLinks("https://form.example", [Secret(LINK_SECRET)], timedelta(days=30))
ASKED = [detail for detail in Detail if detail is not Detail.CONTACT]
TOKEN = LINKS.link(12345, ASKED, datetime.now(UTC)).partition("?t=")[2]
EXPIRED = LINKS.link(12345, ASKED, datetime.now(UTC) - timedelta(days=31)).partition("?t=")[2]
schemathesis.openapi.format("information-token", st.just(TOKEN))
schemathesis.openapi.format(
    "idn-email",
    st.from_regex(r"[a-z0-9_+]{1,30}(\.[a-z0-9]{1,20})?@([a-zа-я]{1,20}\.){1,2}(ru|com|рф)", fullmatch=True),
)
schemathesis.openapi.format(
    "phone",
    st.from_regex(
        r"(\+7|8) ?(\([349][0-9]{2}\)|[349][0-9]{2})[ -]?[1-9][0-9]{2}[ -]?[0-9]{2}[ -]?[0-9]{2}", fullmatch=True
    ),
)


@pytest.fixture(scope="module")
def world(
    firestore_emulator: str,  # noqa: ARG001 - asked for so that it runs
    pubsub_emulator: str,
    storage_emulator: str,
) -> World:
    return make_world(f"test-{uuid.uuid4().hex[:16]}", pubsub_emulator, storage_emulator)


@pytest.fixture(scope="module")
def door(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running `intake_form`, with limits that are in nobody's way."""
    limits = {"ADDRESS_LIMIT": "1000000", "CONTACT_LIMIT": "1000000", "FORM_SECRETS": FORM_SECRET}
    folder = tmp_path_factory.mktemp("door")
    port = free_port()
    command = (
        *(sys.executable, "-m", "functions_framework", "--source", str(SOURCE), "--target", "intake_form"),
        *("--signature-type", "http", "--host", HOST, "--port", str(port)),
    )
    variables = {**os.environ, **settings_of(world), **limits, "XDG_RUNTIME_DIR": str(folder)}
    child = Child("intake_form", command, variables, folder / "server.log")
    try:
        child.wait_until_ready(port)
        address = f"http://{HOST}:{port}"
        # The ticket of the links.
        asked = requests.post(address, json={**LEAST, "description": "Вылетает приложение PASS24"}, timeout=PATIENCE)
        assert asked.json()["ticket"] == 12345
        yield address
    finally:
        child.stop()


def normalised(body: object) -> object:
    """A body as it is checked: its texts are normalised as the document's introduction says."""
    if not isinstance(body, dict):
        return body
    return {
        name: normalised_text(value, one_line=name not in {"description", "steps"}) if isinstance(value, str) else value
        for name, value in body.items()
    }


def normalised_text(text: str, *, one_line: bool) -> str:
    text = NO_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return " ".join(text.split()) if one_line else text.strip()


def is_valid(schema: str, body: object) -> bool:
    whole = {"$ref": f"#/components/schemas/{schema}", "components": CONTRACT["components"]}
    return bool(jsonschema.Draft202012Validator(whole).is_valid(body))


def is_damaged(body: object) -> bool:
    """Whether a text looks as if it were not in UTF-8: that is refused, and no schema can say so."""
    read = normalised(body)
    texts = [value for value in read.values() if isinstance(value, str)] if isinstance(read, dict) else []
    return any(text.count("\ufffd") * 4 > len(text) for text in texts)


def key_of(case: Case[Any]) -> str | None:
    for name, value in (case.headers or {}).items():
        if str(name).lower() == "idempotency-key":
            return str(value).strip()
    return None


def is_wrong_as_read(case: Case[Any]) -> bool:
    """Whether what is sent is still wrong by the document once it is on the wire and its texts are normalised."""
    if len(key_of(case) or "") > LONGEST_KEY:
        return True
    match case.media_type:
        case "application/json":
            return not is_valid("Request", normalised(case.body))
        case None:
            return True
        case _ if not isinstance(case.body, dict):
            return True
    # A form knows only texts, so a value of another type is not wrong in itself; its files are never wrong.
    typed = {name: value for name, value in case.body.items() if name != "files"}
    return all(isinstance(value, str) for value in typed.values()) and not is_valid("Form", normalised(typed))


def headers_of(case: Case[Any]) -> dict[str, str]:
    """The case's idempotency key made unique: a key that comes again with another body is refused, and rightly.

    A form gets one in any case: all of them have the same page's token.
    """
    key = key_of(case)
    if key is None and case.media_type in FORMS:
        key = ""
    if key is None or len(key) > LONGEST_KEY:
        return {}
    return {"Idempotency-Key": f"{uuid.uuid4().hex}{key}"[:LONGEST_KEY].strip()}


@SCHEMA.parametrize()
def test_the_door_answers_as_the_document_says(case: Case[Any], door: str) -> None:
    negative = case.meta is not None and case.meta.generation.mode.is_negative
    if not negative and is_damaged(case.body):
        return
    # Whether a link of ours takes an answer depends on its ticket, too: an empty one is right where nothing is missing.
    rejects = case.operation.path != "/details" and is_wrong_as_read(case)
    excluded: list[CheckFunction] = [] if rejects else [negative_data_rejection]
    case.call_and_validate(base_url=door, headers=headers_of(case), excluded_checks=excluded, timeout=PATIENCE)


ANSWERS: Mapping[int, dict[str, Any]] = {
    201: {"json": LEAST},
    400: {"data": b"{", "headers": {"Content-Type": "application/json"}},
    413: {"json": {**LEAST, "description": "а" * 500_000}},
    415: {"data": b"a request", "headers": {"Content-Type": "text/plain"}},
    422: {"json": {"email": "nobody", "surname": "Петров"}},
}


@pytest.mark.parametrize("status", ANSWERS)
def test_every_answer_that_a_post_can_get_is_documented(status: int, door: str) -> None:
    answer = requests.post(door, **ANSWERS[status], timeout=PATIENCE)
    assert answer.status_code == status
    SCHEMA["/"]["POST"].validate_response(answer)


def test_the_answer_to_a_repeated_post_is_documented(door: str) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, second = (requests.post(door, json=LEAST, headers=key, timeout=PATIENCE) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    SCHEMA["/"]["POST"].validate_response(second)


def test_r15_the_answer_to_the_same_request_once_more_is_documented(world: World) -> None:
    same = {**LEAST, "email": f"{uuid.uuid4().hex}@example.ru"}
    with instance({**settings_of(world), "DUPLICATE_WINDOW": "3600"}) as form:
        first, second = (form.post_json(same) for _ in range(2))
    assert (first.status_code, second.status_code, second.get_json()["duplicate"]) == (201, 200, True)
    SCHEMA["/"]["POST"].validate_response(second)


DETAILS_ANSWERS: Mapping[int, dict[str, Any]] = {
    200: {"data": {"t": TOKEN, "device_model": "Samsung A52"}},
    404: {"data": {"t": "rubbish", "device_model": "Samsung A52"}},
    410: {"data": {"t": EXPIRED, "device_model": "Samsung A52"}},
    413: {"data": {"t": TOKEN, "steps": "x" * 500_000}},
    415: {"json": {"t": TOKEN}},
    422: {"data": {"t": TOKEN, "device_model": "x" * 101}},
}


@pytest.mark.parametrize("status", DETAILS_ANSWERS)
def test_r7_every_answer_on_the_page_for_what_is_missing_is_documented(status: int, door: str) -> None:
    answer = requests.post(f"{door}/details", **DETAILS_ANSWERS[status], timeout=PATIENCE)
    assert answer.status_code == status
    SCHEMA["/details"]["POST"].validate_response(answer)


@pytest.mark.parametrize(("token", "status"), [(TOKEN, 200), ("rubbish", 404), (EXPIRED, 410)])
def test_r7_every_page_for_what_is_missing_is_documented(token: str, status: int, door: str) -> None:
    answer = requests.get(f"{door}/details", params={"t": token}, timeout=PATIENCE)
    assert answer.status_code == status
    SCHEMA["/details"]["GET"].validate_response(answer)


def test_r7_the_page_for_what_is_missing_is_documented_when_it_has_to_be_asked_for_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LedgerUnavailableError("the test's own outage")

    monkeypatch.setattr(FirestoreTickets, "find", fail)
    with instance(settings_of(world)) as form:
        shown = form.get(f"/details?t={TOKEN}")
        answer = form.open("POST", "/details", data={"t": TOKEN, "os_version": "13"})
    assert (shown.status_code, answer.status_code) == (503, 503)
    SCHEMA["/details"]["GET"].validate_response(shown)
    SCHEMA["/details"]["POST"].validate_response(answer)
    assert retry_after_is_documented(answer)


def test_any_other_path_is_answered_with_a_problem_document(door: str) -> None:
    answer = requests.get(f"{door}/elsewhere", timeout=PATIENCE)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert is_valid("Problem", answer.json())


def retry_after_is_documented(answer: TestResponse) -> bool:
    schema = CONTRACT["components"]["headers"]["RetryAfter"]["schema"]
    return bool(jsonschema.Draft202012Validator(schema).is_valid(int(answer.headers["Retry-After"])))


def test_the_answer_to_too_many_posts_is_documented(world: World) -> None:
    # A count that can't be had in time lets a post pass, so one post too many need not be enough.
    with instance({**settings_of(world), "ADDRESS_LIMIT": "1"}) as form:
        refused = [answer for _ in range(5) if (answer := form.post_json(LEAST)).status_code == 429]
    assert refused
    SCHEMA["/"]["POST"].validate_response(refused[0])
    assert retry_after_is_documented(refused[0])


@pytest.mark.parametrize(("status", "failing"), [(202, ["commit"]), (503, ["commit", "keep"])])
def test_the_answer_when_the_ledger_fails_is_documented(
    status: int, failing: list[str], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LedgerUnavailableError("the test's own outage")

    monkeypatch.setattr("shared.numbering.COMMIT_TIME", 0.1)
    for method in failing:
        monkeypatch.setattr(FirestoreRegistrations, method, fail)
    with instance(settings_of(world)) as form:
        answer = form.post_json(LEAST)
    assert answer.status_code == status
    SCHEMA["/"]["POST"].validate_response(answer)
    assert status == 202 or retry_after_is_documented(answer)


ODD = st.sampled_from(["", " ", "\n", "\0", "\x1f", "\x85", "\u200b", "\u202e", "\u2028", "\u3000", "\ufeff", "а\r\nб"])
TEXTS = st.text() | st.lists(ODD | st.text(max_size=3), max_size=5).map("".join)
LONG = st.builds(
    lambda text, length, tail: (text * length)[:length] + tail,
    st.sampled_from(["а", "а б", "а\0", "😀"]),
    st.sampled_from(sorted({length for limit in LIMITS.values() for length in (limit, limit + 1, 2 * limit)})),
    ODD,
)
NUMBERS = (
    st.from_regex(r"\s?[#№]?\s{0,2}[0-9]{1,16}\s?")
    | st.integers(-1, 10**16)
    | st.sampled_from([5.0, 5.5, -0.0, 1e300, 999_999_999_999_999, 999_999_999_999_999.0, "000", "№ 000000000000001"])
)
ANYTHING = TEXTS | LONG | NUMBERS | st.none() | st.booleans() | st.lists(TEXTS, max_size=1)
FIELDS = st.sampled_from([*(name for name in LIMITS if name not in {"email", "phone"}), *FLAGS, "surname"])
CHANGES = (
    st.tuples(FIELDS, ANYTHING)
    | st.tuples(st.just("previous_ticket"), NUMBERS)
    | st.tuples(st.just("description"), st.lists(ODD, max_size=3).map("".join))
)


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(CHANGES)
def test_the_document_takes_and_refuses_the_very_bodies_that_the_code_does(change: tuple[str, object]) -> None:
    name, value = change
    body = {**LEAST, name: value}
    assume(not is_damaged(body))
    try:
        read_fields(body)
        taken = True
    except InvalidFieldsError:
        taken = False
    # What the document takes as it is sent is taken; with normalisation the two agree.
    assert taken >= is_valid("Request", body)
    assert taken == is_valid("Request", normalised(body))


def test_the_document_is_valid_openapi_3_1() -> None:
    assert re.fullmatch(r"3\.1\.[0-9]+", CONTRACT["openapi"])
    OPENAPI_31_VALIDATOR.validate(CONTRACT)


def limits_of(schema: object) -> set[int]:
    """The longest texts that a schema allows, the empty one aside."""
    match schema:
        case {"$ref": str(reference)}:
            return limits_of(SCHEMAS[reference.removeprefix("#/components/schemas/")])
        case {"anyOf": list(alternatives)}:
            return set().union(*map(limits_of, alternatives))
        case {"maxLength": int(limit)}:
            return {limit}
    return set()


@pytest.mark.parametrize("name", ["Request", "Form"])
def test_the_document_s_fields_and_limits_are_those_of_the_code(name: str) -> None:
    properties: Mapping[str, object] = SCHEMAS[name]["properties"]
    beside = {"smart-token"} if name == "Request" else {"smart-token", "page_token", "website"}
    assert properties.keys() == {*LIMITS, *FLAGS} | beside
    assert {field: limits_of(properties[field]) for field in LIMITS} == {field: {LIMITS[field]} for field in LIMITS}


def test_r7_the_fields_for_what_is_missing_have_the_limits_of_the_code() -> None:
    properties: Mapping[str, object] = SCHEMAS["Details"]["properties"]
    assert properties.keys() == {"t", *(detail.value for detail in ASKED)}
    assert {name: limits_of(properties[name]) for name in properties if name != "t"} == {
        detail.value: {LIMITS[detail.value]} for detail in ASKED
    }


def test_the_document_s_other_numbers_are_those_of_the_settings() -> None:
    defaults = {field.name: field.default for field in fields(FormSettings)}
    said = " ".join(CONTRACT["info"]["description"].split())
    assert f"JSON may have {defaults['max_json_bytes']:,} bytes" in said
    assert defaults["max_request_bytes"] == 30 * 2**20
    assert "a whole form with its files 30 MiB" in said
    assert (defaults["max_files"], defaults["max_file_bytes"]) == (10, 20 * 2**20)
    assert "Ten files of 20 MiB each are kept" in said
    assert defaults["min_fill_time"] == timedelta(seconds=3)
    assert "(3 seconds)" in SCHEMAS["Form"]["description"]
