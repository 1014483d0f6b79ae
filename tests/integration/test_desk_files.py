"""R17: what came with a request is downloaded through short-lived signed links, and never shown by a browser."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from io import BytesIO

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from werkzeug.http import parse_options_header
from werkzeug.test import TestResponse

from shared.domain.submission import File, Quarantine
from shared.files import CloudStorageFiles
from shared.store.submissions import FirestoreSubmissions
from tests.desk_instance import DeskInstance, arrival, desk_instance, mail, register, text_of
from tests.function_instance import World
from tests.staff import BORIS, SECRET, STRANGER, Issuer

NOW = datetime.now(UTC)
HTML = b"<!doctype html><script>alert(document.domain)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
NAMES = {
    "Снимок экрана «шлагбаум» 2026.png": b"\x89PNG",
    "страница.html": HTML,
    "рисунок.svg": SVG,
    'ка"вычки; filename=x.txt': b"quotes",
    "пробел и 100% плюс+.txt": b"percent",
    "файл.pdf": b"",
}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture
def desk(world: World, issuer: Issuer) -> Iterator[DeskInstance]:
    with desk_instance(world, issuer) as running:
        yield running


def keep(world: World, name: str, content: bytes, content_type: str = "application/octet-stream") -> None:
    CloudStorageFiles(world.bucket).put(name, BytesIO(content), len(content), content_type, 10.0)


def with_files(world: World, *names: str, content_type: str = "text/html") -> None:
    files = tuple(
        File(name, content_type, len(NAMES[name]), f"{place:064}", f"form/one/{place}/{name}")
        for place, name in enumerate(names)
    )
    for file in files:
        keep(world, file.stored_as or "", NAMES[file.name], content_type)
    register(world, replace(arrival("one", NOW), files=files))


def links_of(response: TestResponse) -> dict[str, str]:
    """The links to files on a page, by what they are called there."""
    found = re.findall(r'<a href="(/files/[^"]+)"[^>]*>([^<]*)</a>', response.get_data(as_text=True))
    return {unescape(name): unescape(link) for link, name in found}


def name_in(response: TestResponse) -> str:
    kind, parameters = parse_options_header(response.headers["Content-Disposition"])
    assert kind == "attachment"
    return parameters["filename"]


def test_r17_every_file_comes_back_byte_for_byte_under_its_own_name(desk: DeskInstance, world: World) -> None:
    with_files(world, *NAMES)
    links = links_of(desk.get("/tickets/12345"))
    assert links.keys() == NAMES.keys()
    for name, link in links.items():
        given = desk.get(link)
        assert (given.status_code, given.get_data(), name_in(given)) == (200, NAMES[name], name)


@pytest.mark.parametrize("name", ["страница.html", "рисунок.svg"])
def test_no_file_is_ever_shown_as_a_page(desk: DeskInstance, world: World, name: str) -> None:
    with_files(world, name)
    [link] = links_of(desk.get("/tickets/12345")).values()
    given = desk.get(link)
    assert given.headers["Content-Type"] == "application/octet-stream"
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert given.headers["Cache-Control"] == "no-store"
    assert given.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_link_is_one_person_s(desk: DeskInstance, world: World) -> None:
    with_files(world, "файл.pdf")
    [link] = links_of(desk.get("/tickets/12345")).values()
    assert [desk.get(link, person).status_code for person in (BORIS, STRANGER, None)] == [403, 403, 403]
    assert desk.get(link).status_code == 200


def test_a_link_that_is_too_old_leads_back_to_its_page(
    desk: DeskInstance, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_files(world, "страница.html")
    now = TimestampSigner("a").get_timestamp()
    with monkeypatch.context() as patch:
        patch.setattr(TimestampSigner, "get_timestamp", lambda _: now - 5 * 60 - 5)
        [link] = links_of(desk.get("/tickets/12345")).values()
    late = desk.get(link)
    assert late.status_code == 410
    assert "Ссылка устарела" in text_of(late)
    assert 'href="/tickets/12345"' in late.get_data(as_text=True)
    assert HTML not in late.get_data()
    assert desk.get(link, BORIS).status_code == 403


def forged(what: list[str], salt: str = "pass24-intake-desk-file", key: str = SECRET) -> str:
    return "/files/" + str(URLSafeTimedSerializer(key, salt=salt).dumps(what))


def test_only_what_a_page_has_linked_is_given(desk: DeskInstance, world: World) -> None:
    keep(world, "mail/raw/secret.eml", b"secret")
    wanted = ["anna@pass24online.ru", "mail/raw/secret.eml", "a.eml", "/tickets/12345"]
    good = forged(wanted)
    assert desk.get(good).get_data() == b"secret"
    for link in (
        forged(wanted, key="another key"),
        # A token of a form says nothing about files.
        forged(wanted, salt="pass24-intake-staff-post"),
        good[:-1],
        good.replace(".", "", 1),
        "/files/nonsense",
        "/files/mail/raw/secret.eml",
        "/files/..%2Fmail%2Fraw%2Fsecret.eml",
        "/files/" + "a" * 5000,
    ):
        refused = desk.get(link)
        assert refused.status_code in {403, 404}, link
        assert refused.get_data() != b"secret"


def test_a_file_that_is_gone_is_told(desk: DeskInstance, world: World) -> None:
    with_files(world, "файл.pdf")
    page = desk.get("/tickets/12345")
    world.files.bucket(world.bucket).delete_blobs(list(world.files.list_blobs(world.bucket)))
    [link] = links_of(page).values()
    missing = desk.get(link)
    assert missing.status_code == 404
    assert "Файл не найден" in text_of(missing)


def test_what_was_not_kept_has_no_link_and_says_why(desk: DeskInstance, world: World) -> None:
    file = File("вирус.exe", "application/x-msdownload", 3, "0" * 64, None, "такие файлы не принимаются")
    register(world, replace(arrival("one", NOW), files=(file,)))
    page = desk.get("/tickets/12345")
    assert links_of(page) == {}
    assert "вирус.exe 3 Б — такие файлы не принимаются" in text_of(page)


def test_r17_a_message_in_quarantine_can_be_had_as_it_came(desk: DeskInstance, world: World) -> None:
    submission = mail("mail-1", NOW)
    assert submission.message is not None
    keep(world, submission.message.raw, b"From: a\r\n\r\n<script>")
    FirestoreSubmissions(world.ledger).quarantine(submission, Quarantine.SPAM, NOW)
    link = links_of(desk.get("/submissions/mail-1"))["Скачать исходное письмо"]
    given = desk.get(link)
    assert (given.get_data(), name_in(given)) == (b"From: a\r\n\r\n<script>", "mail-1.eml")


def test_a_look_without_the_content_is_possible(desk: DeskInstance, world: World) -> None:
    with_files(world, "страница.html")
    [link] = links_of(desk.get("/tickets/12345")).values()
    head = desk.open("HEAD", link)
    assert (head.status_code, head.get_data()) == (200, b"")
    assert desk.open("POST", link).status_code == 405
