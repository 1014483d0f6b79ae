"""What `notify` asks of Mail Send, held against SendGrid's contract."""

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from functions.notify.letters import Letter, compose
from functions.notify.sendgrid_mail import mail_send_body
from functions.notify.settings import NotifySettings
from local.sendgrid.contract import validate
from local.sendgrid.rules import RESERVED_HEADERS
from shared.domain.contact import Contact, parse_email
from shared.domain.notification import NotificationKind
from shared.domain.submission import Submission
from shared.settings import Secret
from tests.sample_ticket import (
    ABOUT_TICKETS,
    FULL,
    LINKS,
    PLAIN,
    REPLIES,
    SPECIALISTS,
    notification_of,
    opened,
    subject_of,
    with_details,
)

SETTINGS = NotifySettings(
    google_cloud_project="pass24-test",
    notifications_topic="notifications",
    specialists_email=SPECIALISTS,
    sendgrid_api_key=Secret("SG.test"),
    reply_secrets=(Secret("test"),),
    form_url="https://form.example",
    link_secrets=(Secret("test"),),
)
LONGEST = with_details(
    replace(FULL, contact=replace(FULL.contact, name="Ы" * 200)),
    subject="Щ" * 200,
    description="Ж" * 20_000,
    steps="Ю" * 10_000,
)
ARRIVALS = {"plain": PLAIN, "full": FULL, "longest": LONGEST}


def body_of(submission: Submission, kind: NotificationKind) -> dict[str, Any]:
    """The body as it goes over the wire."""
    return on_the_wire(letter_of(submission, kind))


def letter_of(submission: Submission, kind: NotificationKind) -> Letter:
    ticket = opened(submission)
    subject = subject_of(kind, ticket, submission)
    return compose(notification_of(ticket, kind), subject, ZoneInfo(SETTINGS.time_zone), REPLIES, LINKS)


def on_the_wire(letter: Letter) -> dict[str, Any]:
    body = mail_send_body(letter, SETTINGS.mail_from, SETTINGS.mail_from_name)
    return cast("dict[str, Any]", json.loads(json.dumps(body)))


@pytest.mark.parametrize("arrival", ARRIVALS.values(), ids=ARRIVALS.keys())
@pytest.mark.parametrize("kind", NotificationKind)
def test_sendgrid_would_take_every_letter(kind: NotificationKind, arrival: Submission) -> None:
    assert validate(body_of(arrival, kind)) == []


@pytest.mark.parametrize("kind", NotificationKind)
def test_body_carries_the_whole_letter(kind: NotificationKind) -> None:
    letter = letter_of(FULL, kind)

    body = on_the_wire(letter)

    assert body["subject"] == letter.subject
    assert body["content"] == [
        {"type": "text/plain", "value": letter.text},
        {"type": "text/html", "value": letter.html},
    ]
    assert body["headers"] == letter.headers
    assert [each["to"] for each in body["personalizations"]] == [[{"email": letter.recipient}]]


@pytest.mark.parametrize("kind", ABOUT_TICKETS)
def test_r5r_letters_come_from_support_and_replies_go_to_the_ticket_s_own_address(kind: NotificationKind) -> None:
    body = body_of(PLAIN, kind)

    name = "Служба технической поддержки PASS24.online"
    assert body["from"] == {"email": "support@pass24online.ru", "name": name}
    assert body["reply_to"] == {"email": REPLIES.address(12345), "name": name}


def test_a_letter_about_no_single_ticket_is_answered_to_the_mailbox_itself() -> None:
    assert body_of(PLAIN, NotificationKind.DIGEST)["reply_to"]["email"] == "support@pass24online.ru"


@pytest.mark.parametrize("kind", NotificationKind)
def test_every_kind_of_tracking_is_switched_off(kind: NotificationKind) -> None:
    assert body_of(PLAIN, kind)["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
        "ganalytics": {"enable": False},
    }


@pytest.mark.parametrize("kind", NotificationKind)
def test_custom_args_hold_the_notifications_id_and_no_personal_data(kind: NotificationKind) -> None:
    body = body_of(FULL, kind)
    named = {
        NotificationKind.CONFIRMATION: "12345-confirmation",
        NotificationKind.REMINDER: "12345-reminder",
        NotificationKind.ALREADY_REGISTERED: "12345-already-registered-1",
        NotificationKind.MERGED: "12345-merged-12399",
        NotificationKind.NEW_TICKET: "12345-new-ticket",
        NotificationKind.NEW_MESSAGE: "12345-new-message-1",
        NotificationKind.UNDELIVERED: "12345-undelivered-1-bounced",
        NotificationKind.DIGEST: "digest-1",
        NotificationKind.REPORT: "report-20261123",
    }

    assert [each["custom_args"] for each in body["personalizations"]] == [{"notification": named[kind]}]
    # Top-level custom_args would go to SendGrid's long-lived records as well.
    assert "custom_args" not in body
    assert "categories" not in body


@pytest.mark.parametrize("kind", NotificationKind)
def test_no_header_is_one_that_sendgrid_keeps_for_itself(kind: NotificationKind) -> None:
    names = {name.lower() for name in body_of(FULL, kind)["headers"]}

    assert names
    assert not names & RESERVED_HEADERS


def test_recipient_in_a_cyrillic_domain_is_written_in_ascii() -> None:
    arrival = replace(PLAIN, contact=Contact("Иван", parse_email("Ivan@Почта.РФ"), None))

    body = body_of(arrival, NotificationKind.CONFIRMATION)

    [recipient] = body["personalizations"][0]["to"]
    assert recipient == {"email": "ivan@xn--80a1acny.xn--p1ai"}
    assert validate(body) == []


def test_the_contract_would_refuse_the_same_domain_in_cyrillic() -> None:
    arrival = replace(PLAIN, contact=Contact("Иван", "ivan@почта.рф", None))

    [error] = validate(body_of(arrival, NotificationKind.CONFIRMATION))

    assert error.field == "personalizations.0.to.0.email"


def test_r16_the_report_s_chart_goes_along_as_a_picture_that_its_html_shows() -> None:
    letter = letter_of(FULL, NotificationKind.REPORT)
    body = on_the_wire(letter)

    [chart] = body["attachments"]
    [picture] = letter.pictures
    assert chart == {
        "content": chart["content"],
        "type": "image/png",
        "filename": "arrivals.png",
        "disposition": "inline",
        "content_id": "arrivals@pass24-intake",
    }
    assert b64decode(chart["content"], validate=True) == picture.content
    assert f'src="cid:{chart["content_id"]}"' in body["content"][1]["value"]
    assert validate(body) == []


@pytest.mark.parametrize("kind", [kind for kind in NotificationKind if kind is not NotificationKind.REPORT])
def test_letters_without_pictures_have_no_attachments(kind: NotificationKind) -> None:
    assert "attachments" not in body_of(FULL, kind)
