"""The stand-in's contract for `POST /v3/mail/send`: what passes here passes at SendGrid too."""

from __future__ import annotations

import base64
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sendgrid.helpers.mail import (
    Attachment,
    Bcc,
    Category,
    Cc,
    ClickTracking,
    Content,
    CustomArg,
    Header,
    Mail,
    OpenTracking,
    ReplyTo,
    SubscriptionTracking,
    To,
    TrackingSettings,
)

from local.sendgrid.contract import SCHEMA, validate

RESERVED = [
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "Content-Type",
    "Content-Transfer-Encoding",
    "To",
    "From",
    "Subject",
    "Reply-To",
    "CC",
    "BCC",
]


def letter(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON values
    return {
        "personalizations": [{"to": [{"email": "client@example.com"}]}],
        "from": {"email": "support@pass24online.ru"},
        "subject": "Заявка №12345",
        "content": [{"type": "text/plain", "value": "Здравствуйте!"}],
    } | fields


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def to_client(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON values
    return letter(personalizations=[{"to": [{"email": "client@example.com"}]} | fields])


def to_address(address: object) -> dict[str, Any]:
    return letter(personalizations=[{"to": [{"email": address}]}])


def custom_args_of(size: int) -> dict[str, str]:
    return {"k": "v" * (size - len('{"k":""}'))}


EVERY_PUBLISHED_FIELD: dict[str, Any] = {
    "personalizations": [
        {
            "from": {"email": "desk@pass24online.ru", "name": "Поддержка"},
            "to": [{"email": "client@example.com", "name": "Клиент"}],
            "cc": [{"email": "cc@example.com"}],
            "bcc": [{"email": "bcc@example.com"}],
            "subject": "Своя тема",
            "headers": {"X-Auto-Response-Suppress": "All"},
            "substitutions": {"-name-": "Клиент"},
            "dynamic_template_data": {"any": {"depth": [1, None, True]}},
            "custom_args": {"notification": "12345-confirmation"},
            "send_at": 1_700_000_000,
        }
    ],
    "from": {"email": "support@pass24online.ru", "name": "PASS24"},
    "reply_to": {"email": "support+12345@pass24online.ru", "name": "PASS24"},
    "subject": "Заявка",
    "content": [
        {"type": "text/plain", "value": "т"},
        {"type": "text/html", "value": "<p>т</p>"},
        {"type": "text/calendar", "value": "BEGIN:VCALENDAR"},
    ],
    "attachments": [
        {
            "content": base64.b64encode("файл".encode()).decode(),
            "type": "text/plain",
            "filename": "файл.txt",
            "disposition": "inline",
            "content_id": "part1",
        }
    ],
    "template_id": "d-1",
    "headers": {"Auto-Submitted": "auto-replied", "In-Reply-To": "<a@b>", "References": "<a@b>"},
    "categories": ["confirmation"],
    "custom_args": {"ticket": "12345"},
    "send_at": 1_700_000_000,
    "batch_id": "batch",
    "asm": {"group_id": 1, "groups_to_display": [1, 2]},
    "ip_pool_name": "transactional",
    "mail_settings": {
        "bypass_list_management": {"enable": False},
        "bypass_spam_management": {"enable": True},
        "bypass_bounce_management": {"enable": True},
        "bypass_unsubscribe_management": {"enable": True},
        "footer": {"enable": True, "text": "т", "html": "<p>т</p>"},
        "sandbox_mode": {"enable": False},
    },
    "tracking_settings": {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False, "substitution_tag": "%open%"},
        "subscription_tracking": {"enable": False, "text": "т", "html": "<p>т</p>", "substitution_tag": "%u%"},
        "ganalytics": {
            "enable": False,
            "utm_source": "s",
            "utm_medium": "m",
            "utm_term": "t",
            "utm_content": "c",
            "utm_campaign": "p",
        },
    },
}

VALID = {
    "smallest": letter(),
    "every_published_field": EVERY_PUBLISHED_FIELD,
    "reply_to_list": letter(reply_to_list=[{"email": "a@example.com"}, {"email": "b@example.com"}]),
    "html_only": letter(content=[{"type": "text/html", "value": "<p>т</p>"}]),
    "subject_in_every_personalization": without(to_client(subject="Тема"), "subject"),
    "template_without_subject_and_content": without(letter(template_id="d-1"), "subject", "content"),
    "same_address_in_two_personalizations": letter(personalizations=letter()["personalizations"] * 2),
    "a_thousand_personalizations": letter(personalizations=letter()["personalizations"] * 1000),
    "custom_args_of_exactly_10000_bytes": letter(custom_args=custom_args_of(10_000)),
    "address_with_plus_and_punycode": to_address("o'neil+tag@xn--80a1acny.xn--p1ai"),
    "ten_categories": letter(categories=[f"c{number}" for number in range(10)]),
}

# name: (body, the field that the refusal has to name)
INVALID: dict[str, tuple[object, str]] = {
    "not_an_object": ([], "(root)"),
    "null": (None, "(root)"),
    "unknown_field": (letter(tempalte_id="d-1"), "tempalte_id"),
    "sections_are_no_longer_published": (letter(sections={"a": "b"}), "sections"),
    "unknown_field_in_personalization": (to_client(reply_to={}), "personalizations.0.reply_to"),
    "unknown_field_in_address": (letter(**{"from": {"email": "a@b.ru", "mail": "x"}}), "from.mail"),
    "unknown_mail_setting": (letter(mail_settings={"spam_check": {}}), "mail_settings.spam_check"),
    "unknown_tracking_field": (
        letter(tracking_settings={"click_tracking": {"enabled": False}}),
        "tracking_settings.click_tracking.enabled",
    ),
    "no_personalizations": (without(letter(), "personalizations"), "personalizations"),
    "empty_personalizations": (letter(personalizations=[]), "personalizations"),
    "1001_personalizations": (letter(personalizations=letter()["personalizations"] * 1001), "personalizations"),
    "personalization_without_to": (letter(personalizations=[{}]), "personalizations.0.to"),
    "second_personalization_without_to": (
        letter(personalizations=[*letter()["personalizations"], {"to": []}]),
        "personalizations.1.to",
    ),
    "recipient_as_string": (letter(personalizations=[{"to": ["a@b.ru"]}]), "personalizations.0.to.0"),
    "more_than_1000_recipients": (
        letter(
            personalizations=[{"to": [{"email": f"a{number}@example.com"} for number in range(501)]} for _ in range(2)]
        ),
        "personalizations",
    ),
    "address_missing": (letter(personalizations=[{"to": [{"name": "Х"}]}]), "personalizations.0.to.0.email"),
    "address_without_domain": (to_address("client"), "personalizations.0.to.0.email"),
    "address_with_bare_host": (to_address("client@localhost"), "personalizations.0.to.0.email"),
    "address_in_cyrillic": (to_address("клиент@example.com"), "personalizations.0.to.0.email"),
    "address_with_line_break": (to_address("client@example.com\n"), "personalizations.0.to.0.email"),
    "address_with_two_at_signs": (to_address("a@b@example.com"), "personalizations.0.to.0.email"),
    "address_with_name": (to_address("Клиент <a@b.ru>"), "personalizations.0.to.0.email"),
    "address_too_long": (to_address(f"{'a' * 65}@example.com"), "personalizations.0.to.0.email"),
    "name_with_line_break": (
        letter(**{"from": {"email": "a@b.ru", "name": "X\r\nBcc: c@d.ru"}}),
        "from.name",
    ),
    "no_from": (without(letter(), "from"), "from"),
    "from_as_string": (letter(**{"from": "a@b.ru"}), "from"),
    "from_invalid": (letter(**{"from": {"email": "support"}}), "from.email"),
    "from_empty": (letter(**{"from": {"email": ""}}), "from.email"),
    "reply_to_invalid": (letter(reply_to={"email": "@"}), "reply_to.email"),
    "reply_to_and_reply_to_list": (
        letter(reply_to={"email": "a@b.ru"}, reply_to_list=[{"email": "a@b.ru"}]),
        "reply_to_list",
    ),
    "duplicate_in_to": (
        letter(personalizations=[{"to": [{"email": "a@b.ru"}, {"email": "A@B.ru"}]}]),
        "personalizations.0",
    ),
    "duplicate_in_to_and_cc": (
        letter(personalizations=[{"to": [{"email": "a@b.ru"}], "cc": [{"email": "a@b.ru"}]}]),
        "personalizations.0",
    ),
    "duplicate_in_cc_and_bcc_of_the_second": (
        letter(
            personalizations=[
                *letter()["personalizations"],
                {"to": [{"email": "x@b.ru"}], "cc": [{"email": "a@b.ru"}], "bcc": [{"email": "a@b.ru"}]},
            ]
        ),
        "personalizations.1",
    ),
    "no_subject": (without(letter(), "subject"), "subject"),
    "subject_in_one_of_two_personalizations": (
        without(
            letter(
                personalizations=[
                    {"to": [{"email": "a@b.ru"}], "subject": "т"},
                    {"to": [{"email": "c@b.ru"}]},
                ]
            ),
            "subject",
        ),
        "subject",
    ),
    "empty_subject": (letter(subject=""), "subject"),
    "subject_with_line_feed": (letter(subject="Тема\n"), "subject"),
    "subject_with_carriage_return": (letter(subject="Тема\rBcc: x"), "subject"),
    "own_subject_with_line_break": (to_client(subject="Т\r\nX: y"), "personalizations.0.subject"),
    "no_content": (without(letter(), "content"), "content"),
    "empty_content": (letter(content=[]), "content"),
    "empty_value": (letter(content=[{"type": "text/plain", "value": ""}]), "content.0.value"),
    "no_value": (letter(content=[{"type": "text/plain"}]), "content.0.value"),
    "empty_type": (letter(content=[{"type": "", "value": "т"}]), "content.0.type"),
    "type_with_charset": (
        letter(content=[{"type": "text/plain; charset=utf-8", "value": "т"}]),
        "content.0.type",
    ),
    "html_before_text": (
        letter(content=[{"type": "text/html", "value": "т"}, {"type": "text/plain", "value": "т"}]),
        "content",
    ),
    "calendar_before_html": (
        letter(content=[{"type": "text/calendar", "value": "т"}, {"type": "text/html", "value": "т"}]),
        "content",
    ),
    "text_twice": (letter(content=[{"type": "text/plain", "value": "т"}] * 2), "content"),
    "header_value_not_string": (letter(headers={"X-Ticket": 12345}), "headers.X-Ticket"),
    "header_value_with_line_break": (letter(headers={"X-Ticket": "1\r\nBcc: a@b.ru"}), "headers"),
    "own_header_value_with_line_feed": (to_client(headers={"X-A": "1\n"}), "personalizations.0.headers"),
    "header_name_with_space": (letter(headers={"X Ticket": "1"}), "headers"),
    "header_name_with_line_break": (letter(headers={"X-Ticket\n": "1"}), "headers"),
    "header_name_in_cyrillic": (letter(headers={"Заявка": "1"}), "headers"),
    "header_name_twice": (letter(headers={"X-Ticket": "1", "x-ticket": "2"}), "headers"),
    "custom_args_as_string": (letter(custom_args="ticket=1"), "custom_args"),
    "custom_args_empty": (letter(custom_args={}), "custom_args"),
    "custom_arg_number": (letter(custom_args={"ticket": 12345}), "custom_args.ticket"),
    "own_custom_arg_null": (to_client(custom_args={"a": None}), "personalizations.0.custom_args.a"),
    "custom_args_of_10001_bytes": (letter(custom_args=custom_args_of(10_001)), "custom_args"),
    "custom_args_counted_in_bytes": (letter(custom_args={"k": "я" * 5_000}), "custom_args"),
    "custom_args_merged_are_too_large": (
        to_client(custom_args={"own": "x" * 5_000}) | {"custom_args": {"common": "x" * 5_000}},
        "personalizations.0.custom_args",
    ),
    "substitutions_too_large": (
        to_client(substitutions={"-a-": "x" * 10_000}),
        "personalizations.0.substitutions",
    ),
    "attachment_not_base64": (
        letter(attachments=[{"content": "файл", "filename": "a.txt"}]),
        "attachments.0.content",
    ),
    "attachment_without_filename": (letter(attachments=[{"content": "YQ=="}]), "attachments.0.filename"),
    "attachment_disposition": (
        letter(attachments=[{"content": "YQ==", "filename": "a", "disposition": "hidden"}]),
        "attachments.0.disposition",
    ),
    "eleven_categories": (letter(categories=[f"c{number}" for number in range(11)]), "categories"),
    "category_twice": (letter(categories=["a", "a"]), "categories"),
    "category_in_cyrillic": (letter(categories=["заявка"]), "categories.0"),
    "send_at_as_string": (letter(send_at="1700000000"), "send_at"),
    "asm_without_group": (letter(asm={}), "asm.group_id"),
    "ip_pool_name_too_short": (letter(ip_pool_name="a"), "ip_pool_name"),
    "tracking_switch_not_boolean": (
        letter(tracking_settings={"open_tracking": {"enable": "false"}}),
        "tracking_settings.open_tracking.enable",
    ),
    "bypass_settings_combined": (
        letter(
            mail_settings={
                "bypass_list_management": {"enable": True},
                "bypass_spam_management": {"enable": True},
            }
        ),
        "mail_settings.bypass_list_management",
    ),
}


def fields_refused(body: object) -> list[str | None]:
    return [error.field for error in validate(body)]


@pytest.mark.parametrize("body", VALID.values(), ids=VALID.keys())
def test_valid_body_is_accepted(body: dict[str, Any]) -> None:
    assert validate(body) == []


@pytest.mark.parametrize(("body", "field"), INVALID.values(), ids=INVALID.keys())
def test_invalid_body_is_refused_for_the_field_at_fault_alone(body: object, field: str) -> None:
    assert set(fields_refused(body)) == {field}


@pytest.mark.parametrize("name", [*RESERVED, "reply-to", "REPLY-TO", "Received", "DKIM-Signature"])
def test_reserved_header_is_refused_whatever_its_case_and_level(name: str) -> None:
    assert fields_refused(letter(headers={name: "x"})) == ["headers"]
    assert fields_refused(to_client(headers={name: "x"})) == ["personalizations.0.headers"]


def test_every_error_is_listed_at_once() -> None:
    body = letter(
        personalizations=[{"to": [{"email": "a@b.ru"}, {"email": "a@b.ru"}]}],
        subject="",
        headers={"To": "x", "X-A": 1},
        custom_args={"ticket": 1},
        colour="red",
    )
    assert set(fields_refused(without(body, "from"))) == {
        "personalizations.0",
        "from",
        "subject",
        "headers",
        "headers.X-A",
        "custom_args.ticket",
        "colour",
    }


def test_error_points_to_sendgrids_explanation_of_the_field() -> None:
    (error,) = validate(letter(content=[{"type": "text/plain", "value": ""}]))
    assert error.help == ("http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message.content.value")


def test_body_made_by_the_official_sdk_is_accepted() -> None:
    mail = Mail(
        from_email=("support@pass24online.ru", "PASS24"),
        to_emails=[To("client@example.com", "Клиент")],
        subject="Ваша заявка №12345 принята",
        plain_text_content="Здравствуйте!",
        html_content="<p>Здравствуйте!</p>",
    )
    mail.add_cc(Cc("cc@example.com"))
    mail.add_bcc(Bcc("bcc@example.com"))
    mail.reply_to = ReplyTo("support+12345@pass24online.ru")
    mail.add_header(Header("Auto-Submitted", "auto-replied"))
    mail.add_custom_arg(CustomArg("notification", "12345-confirmation"))
    mail.personalizations[0].add_custom_arg(CustomArg("ticket", "12345"))
    mail.add_category(Category("confirmation"))
    mail.add_attachment(Attachment("YQ==", "a.txt", "text/plain", "attachment"))
    mail.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False),
        open_tracking=OpenTracking(enable=False),
        subscription_tracking=SubscriptionTracking(enable=False),
    )
    assert validate(mail.get()) == []


def test_sdk_body_with_a_reserved_header_is_refused() -> None:
    mail = Mail("support@pass24online.ru", "client@example.com", "Тема")
    mail.add_content(Content("text/plain", "т"))
    mail.add_header(Header("Reply-To", "support@pass24online.ru"))
    assert set(fields_refused(mail.get())) <= {"headers", "personalizations.0.headers"}
    assert fields_refused(mail.get()) != []


def test_schema_is_a_valid_schema_and_closes_every_object_with_named_fields() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    nodes: list[Any] = [SCHEMA]
    closed = 0
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if isinstance(node.get("properties"), dict) and node.get("type") == "object":
                assert node["additionalProperties"] is False
                closed += 1
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)
    assert closed > 10


def paths_of(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:  # noqa: ANN401  # JSON
    steps = list(node.items()) if isinstance(node, dict) else []
    if isinstance(node, list):
        steps = list(enumerate(node))
    return [path, *(inner for step, child in steps for inner in paths_of(child, (*path, step)))]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)  # a busy machine is slow, not wrong
@given(path=st.sampled_from(paths_of(EVERY_PUBLISHED_FIELD)), value=json_values)
def test_any_json_in_any_place_is_judged_without_a_crash(path: tuple[str | int, ...], value: object) -> None:
    body: Any = {"body": deepcopy(EVERY_PUBLISHED_FIELD)}
    place = body
    for step in ("body", *path[:-1]) if path else ():
        place = place[step]
    place[path[-1] if path else "body"] = value
    for error in validate(body["body"]):
        assert error.message
        assert error.field
