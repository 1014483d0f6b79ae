"""docs/ticket-ready.v1.schema.json against what is written for classification (R18)."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from local.processes import ROOT
from shared.domain.completeness import Detail, Known, Source
from shared.domain.submission import Channel, Submission
from shared.domain.ticket import Acceptance, Handover, Ticket
from shared.handing_on import SCHEMA, ready_message
from tests.sample_ticket import FULL, PLAIN, opened

DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs" / "ticket-ready.v1.schema.json").read_text(encoding="utf-8"))
CHECK = Draft202012Validator(DOCUMENT)
HANDOVER = Handover(datetime(2026, 11, 23, 15, tzinfo=UTC), 3, complete=False)
MERGED = replace(
    opened(FULL),
    related=12001,
    merged=(12399, 12400),
    merged_into=12003,
    known=tuple(Known(detail, source, "arrival-1") for detail, source in zip(Detail, Source, strict=False)),
    channels=tuple(Channel),
)


def said(ticket: Ticket, handover: Handover = HANDOVER) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(ready_message(ticket, handover).data)
    return body


def words(value: object) -> Iterator[str]:
    """Every text in a message."""
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from words(each)
        case dict():
            for each in value.values():
                yield from words(each)


def test_the_schema_is_one_and_its_examples_keep_to_it() -> None:
    Draft202012Validator.check_schema(DOCUMENT)
    for example in DOCUMENT["examples"]:
        CHECK.validate(example)
        assert example.keys() == DOCUMENT["properties"].keys()


@pytest.mark.parametrize("ticket", [opened(PLAIN), opened(FULL), MERGED])
def test_r18_every_message_keeps_to_the_schema_and_holds_nothing_that_it_does_not_name(ticket: Ticket) -> None:
    CHECK.validate(said(ticket))
    assert said(ticket).keys() == DOCUMENT["properties"].keys() == set(DOCUMENT["required"])


@pytest.mark.parametrize("acceptance", list(Acceptance))
def test_r18_every_acceptance_is_named(acceptance: Acceptance) -> None:
    CHECK.validate(said(replace(opened(PLAIN), acceptance=acceptance)))


@pytest.mark.parametrize(
    ("values", "place"),
    [
        (Acceptance, DOCUMENT["properties"]["acceptance"]["enum"]),
        (Detail, DOCUMENT["$defs"]["detail"]["enum"]),
        (Source, DOCUMENT["properties"]["known"]["items"]["properties"]["source"]["enum"]),
        (Channel, DOCUMENT["properties"]["channels"]["items"]["enum"]),
    ],
)
def test_r18_the_schema_names_the_values_that_there_are(values: type[StrEnum], place: list[str]) -> None:
    assert sorted(place) == sorted(each.value for each in values)


def test_r18_filters_find_what_they_need_in_the_attributes() -> None:
    message = ready_message(opened(PLAIN), HANDOVER)
    assert message.attributes == {"schema": SCHEMA, "ticket": "12345", "revision": "3", "complete": "false"}
    assert ready_message(opened(PLAIN), replace(HANDOVER, complete=True)).attributes["complete"] == "true"
    assert SCHEMA in DOCUMENT["description"]
    assert DOCUMENT["$id"].endswith(SCHEMA.replace("/", ":"))


@pytest.mark.parametrize("submission", [PLAIN, FULL])
def test_r18_no_personal_data_and_no_word_of_the_client_is_in_a_message(submission: Submission) -> None:
    typed = {getattr(submission.contact, each.name) for each in fields(submission.contact)}
    typed |= {getattr(submission.details, each.name) for each in fields(submission.details)}
    secrets = {each for each in typed if isinstance(each, str) and each}
    assert len(secrets) >= 3
    text = json.dumps(said(opened(submission)), ensure_ascii=False)
    assert [each for each in secrets if each in text] == []
    assert submission.key not in text
    known = {each.value for kind in (Acceptance, Detail, Source, Channel) for each in kind}
    times = {each for each in words(said(opened(submission))) if each not in known}
    assert all(datetime.fromisoformat(each).utcoffset() == timedelta(0) for each in times)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("ticket", "12345"), ("revision", 0), ("handed_on_at", "yesterday"), ("missing", ["address"]), ("channels", [])],
)
def test_r18_the_schema_refuses_what_is_no_such_message(field: str, wrong: object) -> None:
    assert not CHECK.is_valid(said(opened(PLAIN)) | {field: wrong})
    without = {name: value for name, value in said(opened(PLAIN)).items() if name != field}
    assert not CHECK.is_valid(without)
