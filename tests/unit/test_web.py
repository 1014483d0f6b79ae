"""What HTTP functions share: the sender's address, moments, problem documents."""

import json
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from shared.web import json_response, problem, rfc3339, sender_address

PROXY = "169.254.1.1"
SENDER = "203.0.113.7"


def request(*forwarded_for: str) -> Request:
    """A request that came in through the proxy, with as many X-Forwarded-For headers as there are arguments."""
    environ = EnvironBuilder(environ_overrides={"REMOTE_ADDR": PROXY}).get_environ()
    if forwarded_for:
        environ["HTTP_X_FORWARDED_FOR"] = ",".join(forwarded_for)  # what a WSGI server makes of several
    return Request(environ)


@pytest.mark.parametrize(
    ("forwarded_for", "trusted_proxies", "address"),
    [
        ((SENDER,), 1, SENDER),
        ((f" {SENDER} ",), 1, SENDER),
        (("2001:db8::1",), 1, "2001:db8::1"),
        ((f"{SENDER}, 10.0.0.1",), 2, SENDER),
        ((SENDER, "10.0.0.1"), 2, SENDER),
        ((), 1, PROXY),
        (("",), 1, PROXY),
        ((" , ,",), 1, PROXY),
        ((SENDER,), 0, PROXY),
    ],
)
def test_sender_is_whom_our_outermost_proxy_saw(
    forwarded_for: tuple[str, ...], trusted_proxies: int, address: str
) -> None:
    assert sender_address(request(*forwarded_for), trusted_proxies) == address


@pytest.mark.parametrize(
    "claim", ["198.51.100.1", "198.51.100.1, 198.51.100.2", "127.0.0.1", "'; drop table--", ", ,", "\xff"]
)
def test_what_the_sender_claims_of_himself_does_not_count(claim: str) -> None:
    assert sender_address(request(claim, SENDER), 1) == SENDER
    assert sender_address(request(claim, SENDER, "10.0.0.1"), 2) == SENDER


def test_a_request_that_went_round_a_proxy_is_known_by_its_connection() -> None:
    assert sender_address(request(SENDER), 2) == PROXY


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "2026-11-23T09:00:00.000Z"),
        (datetime(2026, 11, 23, 9, 0, 0, 123_999, tzinfo=UTC), "2026-11-23T09:00:00.123Z"),
        (datetime(2026, 11, 23, 1, 30, tzinfo=timezone(timedelta(hours=3))), "2026-11-22T22:30:00.000Z"),
    ],
)
def test_moments_for_programs_are_rfc_3339_in_utc(moment: datetime, text: str) -> None:
    assert rfc3339(moment) == text
    assert abs(datetime.fromisoformat(text) - moment) < timedelta(milliseconds=1)


def test_a_problem_names_every_wrong_field() -> None:
    response = problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "Проверьте", "Исправьте поля.", {"email": "Почта: …", "consent": "Согласие: …"}
    )

    assert (response.status_code, response.content_type) == (422, "application/problem+json")
    assert json.loads(response.get_data(as_text=True)) == {
        "type": "about:blank",
        "title": "Проверьте",
        "status": 422,
        "detail": "Исправьте поля.",
        "errors": [{"field": "email", "message": "Почта: …"}, {"field": "consent", "message": "Согласие: …"}],
    }


def test_a_problem_without_fields_has_no_member_errors() -> None:
    body = json.loads(problem(HTTPStatus.NOT_FOUND, "Нет", "Такой страницы нет.").get_data())

    assert body == {"type": "about:blank", "title": "Нет", "status": 404, "detail": "Такой страницы нет."}


def test_cyrillic_stays_readable_in_json() -> None:
    response = json_response(HTTPStatus.OK, {"title": "[#1] Шлагбаум"})

    assert response.get_data() == '{"title": "[#1] Шлагбаум"}'.encode()
    assert response.content_type == "application/json"
