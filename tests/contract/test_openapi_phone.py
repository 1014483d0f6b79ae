"""docs/openapi-phone.yaml against the real door: functions-framework's production server over the emulators."""

import os
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
import requests
import schemathesis
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from schemathesis import Case, CheckFunction
from schemathesis.specs.openapi.checks import negative_data_rejection
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from functions.intake_phone.call import CLOCKS_APART, OLDEST, SAME_AS, STARTED_AT, Typed, read_call
from functions.intake_phone.reading import MOST_BYTES
from functions.intake_phone.recent import MOST_SHOWN
from functions.intake_phone.saving import Way
from local.processes import HOST, ROOT, Child, free_port
from shared.ledger import LedgerUnavailableError
from shared.request_fields import LIMITS, SPECIALISTS_FLAGS, InvalidFieldsError
from shared.staff.people import Person, Role
from shared.store.changes import FirestoreChanges
from shared.store.registrations import FirestoreRegistrations
from tests.contract.test_openapi import (
    CONFIG,
    CONTRACT,
    FIELDS,
    LONG,
    NUMBERS,
    PATIENCE,
    TEXTS,
    headers_of,
    is_damaged,
    normalised,
    retry_after_is_documented,
)
from tests.function_instance import World, make_world
from tests.phone_instance import LEAST, SOURCE, Instance, instance, settings_of
from tests.staff import ANNA, Issuer, headers

DOCUMENT = ROOT / "docs" / "openapi-phone.yaml"
SCHEMA = schemathesis.openapi.from_path(DOCUMENT, config=CONFIG)
CALLS: dict[str, Any] = SCHEMA.raw_schema
REGISTRY: Registry[Any] = Registry().with_resources(
    (name, DRAFT202012.create_resource(document))
    for name, document in {"openapi.yaml": CONTRACT, "openapi-phone.yaml": CALLS}.items()
)
FIRST, MERGED = 12345, 12346
SPECIALIST = Person("anna@pass24online.ru", "Анна Петрова", Role.SPECIALIST)


def is_valid(schema: str, body: object) -> bool:
    whole = {"$ref": f"openapi-phone.yaml#/components/schemas/{schema}"}
    return bool(jsonschema.Draft202012Validator(whole, registry=REGISTRY).is_valid(body))


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture(scope="module")
def world(
    firestore_emulator: str,  # noqa: ARG001 - asked for so that it runs
    pubsub_emulator: str,
    storage_emulator: str,
) -> World:
    return make_world(f"test-{uuid.uuid4().hex[:16]}", pubsub_emulator, storage_emulator)


@pytest.fixture(scope="module")
def door(world: World, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running `intake_phone` that has two tickets, one of which was merged into the other."""
    folder = tmp_path_factory.mktemp("door")
    port = free_port()
    command = (
        *(sys.executable, "-m", "functions_framework", "--source", str(SOURCE), "--target", "intake_phone"),
        *("--signature-type", "http", "--host", HOST, "--port", str(port)),
    )
    variables = {**os.environ, **settings_of(world, issuer), "DUPLICATE_WINDOW": "3600", "XDG_RUNTIME_DIR": str(folder)}
    child = Child("intake_phone", command, variables, folder / "server.log")
    try:
        child.wait_until_ready(port)
        address = f"http://{HOST}:{port}"
        for body in (LEAST, {**LEAST, "description": "Как продлить договор?"}):
            answer = requests.post(address, json=body, headers=headers(issuer, ANNA), timeout=PATIENCE)
            assert answer.status_code == 201
        world.ledger.document(f"tickets/{MERGED}").update({"merged_into": FIRST})
        yield address
    finally:
        child.stop()


@pytest.fixture
def phone(world: World, issuer: Issuer) -> Iterator[Instance]:
    with instance(settings_of(world, issuer), issuer) as running:
        yield running


def is_wrong_as_read(case: Case[Any]) -> bool:
    """Whether what is sent is still wrong by the document once it is on the wire and its texts are normalised."""
    schema = {"/": "Call", "/recent": "Caller", "/told": "Told"}.get(case.operation.path)
    return schema is not None and not is_valid(schema, normalised(case.body))


@SCHEMA.parametrize()
def test_the_door_answers_as_the_document_says(case: Case[Any], door: str, issuer: Issuer) -> None:
    negative = case.meta is not None and case.meta.generation.mode.is_negative
    if not negative and is_damaged(case.body):
        return
    if not negative and isinstance(case.body, dict):
        # Which tickets there are, and which moment it is, no schema can say.
        known: Mapping[str, Any] = {SAME_AS: FIRST, "ticket": FIRST, STARTED_AT: datetime.now(UTC).isoformat()}
        case.body |= {name: value for name, value in known.items() if case.body.get(name)}
    excluded: list[CheckFunction] = [] if is_wrong_as_read(case) else [negative_data_rejection]
    case.call_and_validate(
        base_url=door, headers=headers_of(case) | headers(issuer, ANNA), excluded_checks=excluded, timeout=PATIENCE
    )


ANSWERS: Mapping[str, Mapping[int, dict[str, Any]]] = {
    "/": {
        200: {"json": {**LEAST, "same_as": FIRST}},
        201: {"json": {"email": "somebody@example.ru", "description": "Вопрос по оплате за парковку"}},
        400: {"data": b"{", "headers": {"Content-Type": "application/json"}},
        403: {"json": LEAST, "headers": {"Origin": "https://evil.example"}},
        413: {"json": {**LEAST, "description": "а" * 500_000}},
        415: {"data": b"a call", "headers": {"Content-Type": "text/plain"}},
        422: {"json": {"email": "nobody", "surname": "Петров", "call_started_at": "вчера", "same_as": "много"}},
    },
    "/recent": {
        200: {"json": {"phone": LEAST["phone"], "email": None, "more": 5}},
        400: {"data": b"{", "headers": {"Content-Type": "application/json"}},
        403: {"json": {"phone": LEAST["phone"]}, "headers": {"Origin": "https://evil.example"}},
        413: {"json": {"phone": LEAST["phone"], "more": "x" * 500_000}},
        415: {"data": {"phone": LEAST["phone"]}},
        422: {"json": {"phone": 79161234567, "email": ["ivan@example.ru"]}},
    },
    "/told": {
        200: {"json": {"ticket": FIRST}},
        400: {"data": b"[", "headers": {"Content-Type": "application/json"}},
        403: {"json": {"ticket": FIRST}, "headers": {"Sec-Fetch-Site": "cross-site"}},
        404: {"json": {"ticket": 99_999}},
        409: {"json": {"ticket": MERGED}},
        413: {"json": {"ticket": FIRST, "more": "x" * 500_000}},
        415: {"data": b"told", "headers": {"Content-Type": "text/plain"}},
        422: {"json": {"ticket": "много"}},
    },
}


GIVEN = {"/": "Saved", "/recent": "Recent", "/told": "Accepted"}


@pytest.mark.parametrize(("path", "status"), [(path, status) for path in ANSWERS for status in ANSWERS[path]])
def test_every_answer_that_a_post_can_get_is_documented(path: str, status: int, door: str, issuer: Issuer) -> None:
    request = ANSWERS[path][status]
    sent = {**request, "headers": {**request.get("headers", {}), **headers(issuer, ANNA)}}
    answer = requests.post(f"{door}{path}", **sent, timeout=PATIENCE)
    assert answer.status_code == status, answer.text
    SCHEMA[path]["POST"].validate_response(answer)
    assert status >= 400 or is_valid(GIVEN[path], answer.json())


def test_whoever_is_not_let_in_is_answered_as_the_document_says(door: str) -> None:
    SCHEMA["/"]["POST"].validate_response(requests.post(door, json=LEAST, timeout=PATIENCE))
    SCHEMA["/told"]["POST"].validate_response(requests.post(f"{door}/told", json={"ticket": FIRST}, timeout=PATIENCE))
    answer = requests.post(f"{door}/recent", json={}, timeout=PATIENCE)
    assert answer.status_code == 403
    SCHEMA["/recent"]["POST"].validate_response(answer)


def test_what_asks_for_recent_tickets_by_an_address_that_is_logged_is_told_the_other_method(
    door: str, issuer: Issuer
) -> None:
    answer = requests.get(f"{door}/recent", headers=headers(issuer, ANNA), timeout=PATIENCE)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    SCHEMA["/recent"]["POST"].validate_response(answer)


def test_r15_recent_tickets_are_answered_as_the_document_says(door: str, issuer: Issuer) -> None:
    call = {"email": f"{uuid.uuid4().hex}@example.ru", "description": "Вопрос"}
    known = requests.post(door, json=call, headers=headers(issuer, ANNA), timeout=PATIENCE).json()["ticket"]
    caller = {"email": call["email"], "phone": "+7 916"}
    answer = requests.post(f"{door}/recent", json=caller, headers=headers(issuer, ANNA), timeout=PATIENCE)
    assert [each["ticket"] for each in answer.json()["tickets"]] == [known]
    SCHEMA["/recent"]["POST"].validate_response(answer)


def test_the_answer_to_a_repeated_call_and_to_another_under_its_key_are_documented(door: str, issuer: Issuer) -> None:
    sent = {**headers(issuer, ANNA), "Idempotency-Key": uuid.uuid4().hex}
    call = {"email": f"{uuid.uuid4().hex}@example.ru", "description": "Вопрос"}
    bodies = (call, call, {**call, "description": "Другой вопрос"})
    answers = [requests.post(door, json=body, headers=sent, timeout=PATIENCE) for body in bodies]
    assert [each.status_code for each in answers] == [201, 200, 422]
    assert answers[2].json()["ticket"] == answers[0].json()["ticket"]
    for answer in answers:
        SCHEMA["/"]["POST"].validate_response(answer)


@pytest.mark.parametrize(("status", "failing"), [(202, ["commit"]), (503, ["commit", "keep"])])
def test_the_answer_when_the_ledger_fails_is_documented(
    status: int, failing: list[str], phone: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LedgerUnavailableError("the test's own outage")

    monkeypatch.setattr("shared.numbering.COMMIT_TIME", 0.1)
    for method in failing:
        monkeypatch.setattr(FirestoreRegistrations, method, fail)
    answer = phone.post_json({"email": f"{uuid.uuid4().hex}@example.ru", "description": "Вопрос"})
    assert answer.status_code == status
    SCHEMA["/"]["POST"].validate_response(answer)
    assert status == 202 or retry_after_is_documented(answer)


def test_the_other_answers_when_the_ledger_fails_are_documented(
    phone: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LedgerUnavailableError("the test's own outage")

    monkeypatch.setattr(FirestoreRegistrations, "surroundings", fail)
    monkeypatch.setattr(FirestoreChanges, "tickets", fail)
    recent = phone.post_json({"phone": LEAST["phone"]}, path="/recent")
    told = phone.post_json({"ticket": FIRST}, path="/told")
    assert (recent.status_code, told.status_code) == (503, 503)
    SCHEMA["/recent"]["POST"].validate_response(recent)
    SCHEMA["/told"]["POST"].validate_response(told)
    assert retry_after_is_documented(recent)
    assert retry_after_is_documented(told)


TICKETS: st.SearchStrategy[object] = st.sampled_from(
    ["", None, "#12345", " № 12345 ", "12345", "0012345", "0", "000", "-5", "##1", "много", "1" * 16, True, 1.5, [], {}]
)
MOMENTS: st.SearchStrategy[object] = st.sampled_from(
    [
        *("", None, "вчера", "2026-11-26T09:00:00Z", "2026-11-26 12:00:00.5+03:00", "2026-11-26T09:00:00.123456789Z"),
        *("2026-11-26T09:00:00", "2026-11-26T09:00Z", "2026-11-26T09:00:00z", "20261126T090000Z", 5, True, [], {}),
        *("2026-11-26T09:00:00+0300", "2026-11-26T09:00:00.1234567890Z", "2026-W48-4T09:00:00Z"),
    ]
)
CHANGES = (
    st.tuples(FIELDS.filter(lambda name: name != "consent"), TEXTS | LONG | NUMBERS | st.none() | st.booleans())
    | st.tuples(st.just(SAME_AS), st.integers(-1, 10**16) | TICKETS)
    | st.tuples(st.just(STARTED_AT), MOMENTS)
)
NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(CHANGES)
def test_the_document_takes_and_refuses_the_very_calls_that_the_code_does(change: tuple[str, object]) -> None:
    name, value = change
    body: dict[str, object] = {**LEAST, name: value}
    assume(not is_damaged(body))
    fields = {field: said for field, said in body.items() if field not in {SAME_AS, STARTED_AT}}
    try:
        read_call(Typed(fields, body.get(STARTED_AT), body.get(SAME_AS), "key"), SPECIALIST, NOW)
        taken = True
    except InvalidFieldsError:
        taken = False
    assert taken >= is_valid("Call", body)
    assert taken == is_valid("Call", normalised(body))


def test_the_document_is_valid_openapi_3_1() -> None:
    assert re.fullmatch(r"3\.1\.[0-9]+", CALLS["openapi"])
    OPENAPI_31_VALIDATOR.validate(SCHEMA.raw_schema)


def test_the_document_s_fields_and_numbers_are_those_of_the_code() -> None:
    schemas = CALLS["components"]["schemas"]
    assert schemas["Call"]["properties"].keys() == {*LIMITS, *SPECIALISTS_FLAGS, STARTED_AT, SAME_AS}
    assert schemas["Saved"]["properties"]["way"]["enum"] == [way.value for way in Way]
    assert schemas["Recent"]["properties"]["tickets"]["maxItems"] == MOST_SHOWN
    said = " ".join(CALLS["info"]["description"].split())
    assert f"may have {MOST_BYTES:,} bytes" in said
    began = " ".join(schemas["Call"]["properties"][STARTED_AT]["description"].split())
    assert "a minute ahead" in began
    assert timedelta(minutes=1) == CLOCKS_APART
    assert f"{OLDEST.days} days ago" in began
