"""Who may use the specialists' door, what other sites may make their browsers send, and what is no request at all."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer

from shared.request_fields import LIMITS
from shared.settings import Secret
from shared.staff.assertions import HEADER
from shared.staff.people import Person, Role
from shared.staff.post_tokens import PostTokens
from tests.function_instance import World
from tests.phone_instance import LEAST, Instance, problem_of, text_of, token_of, value_of, wrong_fields
from tests.staff import ACCESS_CONTACT, ANNA, BORIS, SECRET, STRANGER, VERA

ROUTES: Mapping[str, set[str]] = {
    "/": {"GET", "HEAD", "POST"},
    "/recent": {"POST"},
    "/saved": {"GET", "HEAD"},
    "/saved?ticket=12345": {"GET", "HEAD"},
    "/told": {"POST"},
    "/assets/staff.css": {"GET", "HEAD"},
    "/assets/phone.js": {"GET", "HEAD"},
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
EVERYTHING = [(method, path) for path in (*ROUTES, "/elsewhere", "/assets/", "/told/") for method in METHODS]
FORM = {"content_type": "application/x-www-form-urlencoded"}


def untouched(world: World) -> bool:
    return not any(world.documents(each) for each in ("submissions", "tickets", "notifications"))


@pytest.mark.parametrize("person", [None, STRANGER])
def test_nobody_else_gets_anything_by_any_route_or_method(phone: Instance, world: World, person: str | None) -> None:
    outside = phone.asked_by(person)
    for method, path in EVERYTHING:
        for body in ({"json": {**LEAST, "ticket": 12345}}, {"data": LEAST}):
            response = outside.open(method, path, **(body if method not in {"GET", "HEAD"} else {}))
            assert response.status_code == 403, (method, path)
            if method != "HEAD":
                assert ACCESS_CONTACT in response.get_data(as_text=True)
                assert "post_token" not in response.get_data(as_text=True)
    assert untouched(world)


@pytest.mark.parametrize("person", [ANNA, BORIS, VERA])
def test_specialists_and_heads_get_what_there_is(phone: Instance, person: str) -> None:
    inside = phone.asked_by(person)
    inside.post_json(LEAST)
    for path, methods in ROUTES.items():
        for method in methods - {"POST"}:
            assert inside.open(method, path).status_code == 200, (method, path)
    assert inside.post_json({"ticket": 12345}, path="/told").status_code == 200
    assert inside.post_json({"phone": LEAST["phone"]}, path="/recent").status_code == 200


def test_what_there_is_has_no_other_methods(phone: Instance) -> None:
    for path, methods in ROUTES.items():
        for method in set(METHODS) - methods:
            response = phone.open(method, path)
            assert response.status_code == 405, (method, path)
            assert set(response.headers["Allow"].split(", ")) == methods


@pytest.mark.parametrize(
    "path", ["/elsewhere", "/told/", "/assets", "/assets/", "/assets/../main.py", "/assets/phone.py"]
)
def test_what_is_not_there_is_not_found(phone: Instance, path: str) -> None:
    page, program = phone.open("GET", path), phone.open("GET", path, headers={"Accept": "application/json"})
    assert (page.status_code, program.status_code) == (404, 404)
    assert page.mimetype == "text/html"
    problem_of(program)


@pytest.mark.parametrize(
    "claims",
    [{"aud": "/projects/1/global/backendServices/2"}, {"exp": 1}, {"iss": "https://example.com"}, {"email": None}],
)
def test_an_assertion_that_is_not_for_us_lets_nobody_in(phone: Instance, world: World, claims: dict[str, Any]) -> None:
    audience = claims.pop("aud", None)
    made = {**phone.issuer.claims(ANNA, **claims), **({"aud": audience} if audience else {})}
    outside, proxy = phone.asked_by(None), {HEADER: phone.issuer.sign(made)}
    assert outside.open("GET", headers=proxy).status_code == 403
    assert problem_of(outside.post_json(LEAST, proxy))["status"] == 403
    assert untouched(world)


def foreign_tokens(phone: Instance) -> list[str]:
    anna = Person("anna@pass24online.ru", "", Role.SPECIALIST)
    old = URLSafeTimedSerializer(SECRET, salt="pass24-intake-staff-post")
    return [
        "",
        "rubbish",
        phone.token()[:-1],
        phone.asked_by(BORIS).token(),
        PostTokens([Secret("another key")]).issue(anna),
        str(old.dumps("no list")),
    ]


def test_csrf_a_form_without_a_token_of_its_person_writes_nothing_and_loses_nothing(
    phone: Instance, world: World
) -> None:
    for token in foreign_tokens(phone):
        page = phone.post_form({**LEAST, "name": "Иван & Ко", "post_token": token})
        assert page.status_code == 422
        assert "Страница устарела" in text_of(page)
        assert (value_of(page, "name"), value_of(page, "description")) == ("Иван & Ко", LEAST["description"])
        assert untouched(world)
        fresh = token_of(page)
        assert fresh != token
    assert phone.post_form({**LEAST, "post_token": fresh}).status_code == 303


def test_csrf_the_tick_needs_a_token_of_its_person(phone: Instance, world: World) -> None:
    phone.post_json(LEAST)
    for token in foreign_tokens(phone):
        page = phone.post_form({"ticket": "12345", "post_token": token}, path="/told")
        assert page.status_code == 422
        assert "Нажмите кнопку ещё раз" in text_of(page)
        assert world.documents("tickets")["12345"]["acceptance"] == "pending"
    assert phone.post_form({"ticket": "12345", "post_token": token_of(page)}, path="/told").status_code == 303


def test_csrf_a_page_that_is_a_day_old_is_given_anew(
    phone: Instance, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = phone.token()
    later = (datetime.now(UTC) + timedelta(hours=24, minutes=1)).timestamp()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    page = phone.post_form({**LEAST, "post_token": token})
    monkeypatch.undo()
    assert page.status_code == 422
    assert untouched(world)


@pytest.mark.parametrize("path", ["/", "/told", "/recent"])
@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_csrf_what_another_site_has_sent_is_refused(
    phone: Instance, world: World, path: str, said: dict[str, str]
) -> None:
    body = {**LEAST, "ticket": "12345"}
    program = phone.post_json(body, said, path=path)
    person = phone.post_form(body, said, path=path)
    assert problem_of(program)["status"] == 403
    assert person.status_code == 403
    assert untouched(world)


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=b", "", "application/xml"])
def test_csrf_a_body_that_other_sites_can_send_without_asking_is_no_call(
    phone: Instance, world: World, content_type: str
) -> None:
    for path in ("/", "/told", "/recent"):
        response = phone.open(
            "POST", path, data=json.dumps({**LEAST, "ticket": 12345}).encode(), content_type=content_type
        )
        assert response.status_code == 415
    assert untouched(world)


@pytest.mark.parametrize("path", ["/", "/saved?ticket=12345", "/saved", "/elsewhere"])
def test_a_page_runs_nothing_but_its_own_scripts_and_is_kept_by_nobody(phone: Instance, path: str) -> None:
    phone.post_json(LEAST)
    page = phone.open("GET", path)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "strict-origin"
    html = page.get_data(as_text=True)
    assert " style=" not in html
    assert "<style" not in html
    assert " on" not in {part[:3] for part in html.split("<")}
    assert html.count("<script ") == html.count("<script") == html.count('<script src="/assets/')


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"


def test_xss_whatever_is_typed_is_shown_as_text(phone: Instance) -> None:
    typed = {name: HOSTILE[:limit] for name, limit in LIMITS.items()} | {"same_as": HOSTILE, "call_started_at": HOSTILE}
    wrong = phone.post_form(typed)
    assert wrong.status_code == 422
    assert value_of(wrong, "description") == HOSTILE
    call = {**LEAST, "name": HOSTILE, "subject": HOSTILE, "description": HOSTILE}
    assert phone.post_json(call).status_code == 201
    pages = [
        wrong,
        phone.get("/saved", ticket="12345"),
        phone.get("/", same_as="12345"),
        phone.get("/saved", ticket=HOSTILE),
    ]
    pages.append(phone.open("GET", "/" + HOSTILE.replace("/", "")))
    for page in pages:
        html = page.get_data(as_text=True)
        assert "<script>alert" not in html
        assert "<img" not in html
        assert "<b>" not in html.replace("<b>ivan", "")
    recent = phone.post_json({"phone": "8 916 123-45-67"}, path="/recent")
    assert recent.mimetype == "application/json"
    assert HOSTILE in json.loads(recent.get_data())["tickets"][0]["title"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"phone": NaN}', 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (b"{" + b" " * 500_000 + b"}", 413),
    ],
)
def test_a_body_that_is_no_call_is_refused_in_russian(phone: Instance, world: World, body: bytes, status: int) -> None:
    response = phone.post_json(body)
    assert (response.status_code, problem_of(response)["status"]) == (status, status)
    assert phone.post_json(body, path="/told").status_code == status
    # Nobody has to be named there (yet).
    assert phone.post_json(body, path="/recent").status_code == (200 if body == b"{}" else status)
    assert untouched(world)


def test_a_form_that_is_too_large_is_refused(phone: Instance, world: World) -> None:
    page = phone.post_form({**LEAST, "description": "ы" * 200_000})
    assert (page.status_code, page.mimetype) == (413, "text/html")
    assert untouched(world)


def test_a_key_that_is_too_long_is_refused(phone: Instance) -> None:
    assert problem_of(phone.post_json(LEAST, {"Idempotency-Key": "x" * 256}))["status"] == 400


def test_a_field_that_nobody_knows_is_named(phone: Instance) -> None:
    assert wrong_fields(phone.post_json({**LEAST, "consent": True, "surname": "Петров"})).keys() == {
        "consent",
        "surname",
    }


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from([*LIMITS, "urgent", "same_as", "call_started_at", "ticket"]) | st.text(max_size=20)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.dictionaries(NAMES, ANYTHING, max_size=6))
def test_whatever_is_posted_is_answered_and_never_fails(phone: Instance, body: dict[str, object]) -> None:
    assert phone.post_json(body, path="/recent").status_code in {200, 422}
    for path in ("/", "/told"):
        program = phone.post_json(body, path=path)
        person = phone.post_form({name: str(value) for name, value in body.items()}, path=path)
        assert {program.status_code, person.status_code} <= {200, 201, 303, 404, 422}


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(), st.text())
def test_whatever_is_asked_for_is_answered_and_never_fails(phone: Instance, one: str, other: str) -> None:
    assert phone.post_json({"phone": one, "email": other}, path="/recent").status_code == 200
    assert phone.get("/saved", ticket=one, way=other).status_code == 404
    assert phone.get("/", same_as=one).status_code == 200
