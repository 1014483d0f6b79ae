"""R17: files keep their own names, and those that can't be kept are named with the reason."""

import hashlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage

from functions.intake_form.uploads import ACCEPTED, Uploads
from shared.files import FileStoreError, safe_name

KEY = "form-0123"


@dataclass
class FakeStore:
    """Keeps files in memory; refuses those whose content is `refused`."""

    refused: bytes | None = None
    kept: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def put(self, name: str, content: IO[bytes], size: int, content_type: str, timeout: float) -> None:
        assert timeout > 0
        content.seek(0)
        body = content.read()
        assert len(body) == size
        if body == self.refused:
            raise FileStoreError("no")
        self.kept[name] = (body, content_type)


def upload(name: str, content: bytes = b"content", content_type: str = "text/html") -> FileStorage:
    return FileStorage(BytesIO(content), filename=name, content_type=content_type)


@pytest.mark.parametrize(
    ("given_name", "kept_name"),
    [
        ("Счёт №5.pdf", "Счёт №5.pdf"),
        ("снимок экрана (1).png", "снимок экрана (1).png"),
        ("C:\\Users\\Иван\\Рабочий стол\\фото.jpg", "фото.jpg"),
        ("../../etc/cron.d/x.txt", "x.txt"),
        ("/var/log/app.log", "app.log"),
        ("архив.tar.gz", "архив.tar.gz"),
        ("a\x00b\r\nc.png", "abc.png"),
        ("фото\u202egnp.exe", "фотоgnp.exe"),
        ("\ud800.png", ".png"),
        ("  .pdf  ", ".pdf"),
        ("", "file"),
        ("папка/", "file"),
        ("\x00", "file"),
    ],
)
def test_r17_a_file_keeps_its_own_name_without_folders_and_controls(given_name: str, kept_name: str) -> None:
    assert safe_name(given_name) == kept_name


def test_r17_a_name_that_is_too_long_keeps_its_ending() -> None:
    assert safe_name("я" * 500 + ".docx") == "я" * 195 + ".docx"
    assert safe_name("a." + "b" * 500) == "a." + "b" * 19


@given(st.text(st.characters(codec=None), max_size=400))
def test_r17_every_name_is_fit_to_be_an_objects(name: str) -> None:
    kept = safe_name(name)

    assert 0 < len(kept.encode()) <= 800  # of the 1,024 bytes that an object's name may have
    assert not {"/", "\\", "\r", "\n", "\x00"} & set(kept)
    assert safe_name(kept) == kept.strip() or len(kept) == 200


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("вирус.exe", b"MZ", "типа"),
        ("page.html", b"<b>", "типа"),
        ("без_ending", b"1", "типа"),
        ("фото.png.js", b"1", "типа"),
        (".png", b"1", "типа"),
        ("фото.png", b"", "пуст"),
        ("фото.png", b"x" * 2_097_153, "больше 2 МБ"),
    ],
)
def test_r17_a_file_that_is_not_kept_has_a_reason_in_russian(name: str, content: bytes, reason: str) -> None:
    store = FakeStore()
    uploads = Uploads(store, max_files=10, max_bytes=2 * 2**20)

    files = uploads.store(uploads.examine(KEY, [upload(name, content)]), [upload(name, content)])

    [file] = files
    assert (file.name, file.size, file.stored_as) == (name, len(content), None)
    assert file.refusal is not None
    assert reason in file.refusal
    assert store.kept == {}


@pytest.mark.parametrize("ending", sorted(ACCEPTED))
def test_r17_an_accepted_ending_counts_in_either_case(ending: str) -> None:
    for name in (f"файл{ending}", f"файл{ending.upper()}"):
        [file] = Uploads(FakeStore(), 10, 100).examine(KEY, [upload(name)])
        assert file.refusal is None


def test_r17_nothing_that_a_double_click_would_run_is_accepted() -> None:
    runs = "exe msi bat cmd com scr pif js jse vbs vbe wsf hta ps1 lnk jar apk dmg html htm svg xhtml reg url iso"

    assert ACCEPTED.isdisjoint(f".{ending}" for ending in runs.split())


def test_r17_files_over_the_number_are_named_and_the_others_kept() -> None:
    store = FakeStore()
    uploads = Uploads(store, max_files=2, max_bytes=100)
    posted = [upload(f"{number}.png", b"%d" % number) for number in range(4)]

    files = uploads.store(uploads.examine(KEY, posted), posted)

    assert [file.refusal is None for file in files] == [True, True, False, False]
    assert [body for body, _ in store.kept.values()] == [b"0", b"1"]


def test_r17_two_files_of_one_name_are_both_kept() -> None:
    store = FakeStore()
    posted = [upload("фото.png", b"1"), upload("фото.png", b"2")]
    uploads = Uploads(store, 10, 100)

    uploads.store(uploads.examine(KEY, posted), posted)

    assert sorted(body for body, _ in store.kept.values()) == [b"1", b"2"]
    assert all(name.endswith("/фото.png") for name in store.kept)


def test_r17_the_same_post_again_writes_the_same_objects() -> None:
    store = FakeStore()
    uploads = Uploads(store, 10, 100)
    for _ in range(2):
        posted = [upload("фото.png", b"1")]
        [file] = uploads.store(uploads.examine(KEY, posted), posted)

    assert list(store.kept) == [file.stored_as]
    assert file.sha256 == hashlib.sha256(b"1").hexdigest()
    assert KEY in (file.stored_as or "")


def test_r17_what_a_file_is_served_as_follows_from_its_ending_and_not_from_the_browsers_claim() -> None:
    store = FakeStore()
    uploads = Uploads(store, 10, 100)
    posted = [upload("фото.png", b"<script>", "text/html"), upload("x.msg", b"?", "text/html")]

    uploads.store(uploads.examine(KEY, posted), posted)

    types = [content_type for _, content_type in store.kept.values()]
    assert types[0] == "image/png"
    assert "html" not in types[1]


def test_r17_a_file_that_the_store_does_not_take_is_named_and_the_others_kept() -> None:
    store = FakeStore(refused=b"1")
    uploads = Uploads(store, 10, 100)
    posted = [upload("первый.png", b"1"), upload("второй.png", b"2")]

    first, second = uploads.store(uploads.examine(KEY, posted), posted)

    assert (first.stored_as, second.refusal) == (None, None)
    assert "сбоя на нашей стороне" in (first.refusal or "")
    assert list(store.kept) == [second.stored_as]


def test_a_file_field_that_was_left_empty_is_no_file() -> None:
    uploads = Uploads(FakeStore(), 10, 100)
    posted = [upload("", b""), upload("фото.png", b"1")]

    [file] = uploads.store(uploads.examine(KEY, posted), posted)

    assert file.name == "фото.png"
