"""Every post of the desk: only from its own pages, only by people who may, and only while a page is fresh."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from itsdangerous import TimestampSigner

from functions.desk.settings import DeskSettings
from functions.desk.wiring import ticket_routes
from shared.settings import Secret, read_settings
from shared.staff.pages import StaffPages
from shared.staff.post_tokens import PostTokens
from tests.desk_acts import form_to, forms_of, location_of, send, token_for
from tests.desk_instance import (
    DeskInstance,
    arrival,
    bounced,
    desk_instance,
    quarantined,
    register,
    settings_of,
    text_of,
)
from tests.function_instance import World
from tests.staff import ANNA, BORIS, STRANGER, Issuer

NOW = datetime.now(UTC)
TYPED = {
    "/tickets/12345/told": {},
    "/tickets/12345/resend": {"to": "right@example.ru"},
    "/tickets/12345/merge": {"other": "12346"},
    "/tickets/12345/split": {"submission": "bounced"},
    "/tickets/12345/fill": {"os_version": "Android 16"},
    "/tickets/12345/settle": {"concern": "no_letter"},
    "/submissions/mail-quarantined/release": {},
    "/submissions/mail-quarantined/register": {"email": "right@example.ru", "description": "Не открывается"},
    "/submissions/mail-quarantined/discard": {},
}
"""What may be posted, with what would do something."""

every_post = pytest.mark.parametrize("path", TYPED)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture
def desk(world: World, issuer: Issuer) -> Iterator[DeskInstance]:
    bounced(world, NOW)
    register(world, arrival("other", NOW))
    quarantined(world, NOW)
    with desk_instance(world, issuer) as running:
        yield running


def everything(world: World) -> list[dict[str, dict[str, Any]]]:
    collections = ("tickets", "submissions", "notifications", "tickets/12345/history", "addresses")
    return [world.documents(each) for each in collections]


def test_every_post_is_held_to_these_rules(world: World, issuer: Issuer) -> None:
    settings = read_settings(DeskSettings, settings_of(world, issuer))
    pages = StaffPages(Path(), ZoneInfo("Europe/Moscow"), "Стол")
    routes = ticket_routes(settings, world.ledger, pages, PostTokens([Secret("a")]), lambda: NOW)
    posts = [route for route in routes if route.method == "POST"]
    assert len(posts) == len(TYPED)
    assert all(any(route.path.fullmatch(path) for path in TYPED) for route in posts)


def old_token(monkeypatch: pytest.MonkeyPatch) -> str:
    now = TimestampSigner("a").get_timestamp()
    with monkeypatch.context() as patch:
        patch.setattr(TimestampSigner, "get_timestamp", lambda _: now - 24 * 3600 - 5)
        return token_for(ANNA)


@every_post
def test_a_post_without_a_fresh_page_of_this_person_does_nothing_and_is_offered_again(
    desk: DeskInstance, world: World, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    before = everything(world)
    for token in ("", "forged.token.here", token_for(ANNA)[:-1], token_for(BORIS), old_token(monkeypatch)):
        refused = desk.post(path, {**TYPED[path], "post_token": token})
        assert refused.status_code == 403, token
        assert "Страница устарела" in text_of(refused)
        assert everything(world) == before
    # Nothing that was typed is lost, and the fresh page works: it is answered as if it had been the first.
    again = form_to(refused, path)
    assert TYPED[path].items() <= again.fields.items()
    assert send(desk, again).status_code in {303, 409}


@every_post
def test_what_another_site_has_a_browser_send_does_nothing(desk: DeskInstance, world: World, path: str) -> None:
    before = everything(world)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        typed = {**TYPED[path], "post_token": token_for(ANNA)}
        refused = desk.open("POST", path, data=typed, headers=headers)
        assert refused.status_code == 403, headers
        assert not any(form.action == path for form in forms_of(refused))
    assert everything(world) == before


@every_post
def test_who_may_not_look_may_not_act(desk: DeskInstance, world: World, path: str) -> None:
    before = everything(world)
    for person in (None, STRANGER):
        refused = desk.open("POST", path, person, data={**TYPED[path], "post_token": token_for(ANNA)})
        assert refused.status_code == 403
    assert everything(world) == before


@every_post
def test_a_look_does_nothing(desk: DeskInstance, world: World, path: str) -> None:
    before = everything(world)
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        refused = desk.open(method, path)
        assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
    assert everything(world) == before


@every_post
def test_what_is_no_form_of_ours_is_refused_in_words(desk: DeskInstance, world: World, path: str) -> None:
    before = everything(world)
    for body, content_type, status in (
        (b"{}", "application/json", 415),
        (b"a=b", "text/plain", 415),
        (b"", "", 415),
        (b"post_token=" + b"a" * 400_000, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe\x00=%ff%00", "application/x-www-form-urlencoded", 403),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 403),
    ):
        refused = desk.open("POST", path, data=body, content_type=content_type)
        assert refused.status_code == status, body[:20]
    assert everything(world) == before


@every_post
def test_a_fresh_page_s_post_is_carried_out_by_name(desk: DeskInstance, world: World, path: str) -> None:
    before = everything(world)
    response = desk.post(path, {**TYPED[path], "post_token": token_for(ANNA)})
    if path.endswith(("/split", "/settle")):
        # There is nothing to split off, and nothing to settle; see test_desk_actions.
        assert everything(world) == before
        return
    assert location_of(response)
    assert everything(world) != before
    assert ANNA in str(everything(world))
