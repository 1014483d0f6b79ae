"""R17: what was attached is kept file by file, or says why it is not."""

import hashlib
import mimetypes
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email import attachments
from functions.intake_email.attachments import MOST_FILES, Attachments
from functions.intake_email.parsing.parsed import Attachment
from shared.domain.submission import File
from shared.files import FileStoreError
from tests.unit.fake_ledger import FakeTime

KEY = "mail-0123456789abcdef"
PATIENCE = 10.0
IN_THE_MESSAGE = "не выделен в отдельный файл, есть в исходном письме."
KNOWN_TYPES = {*mimetypes.types_map.values(), *mimetypes.common_types.values(), "application/octet-stream"}
CUT = "письмо слишком большое, файл принят не полностью."


@dataclass
class FakeStore:
    """Keeps files in memory.

    Attributes:
        refuses: Tells of a content whether it is not kept.
        meanwhile: What happens while a file is being kept.
    """

    refuses: Callable[[bytes], bool] = lambda _: False
    meanwhile: Callable[[], object] = lambda: None
    kept: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    timeouts: list[float] = field(default_factory=list)

    def put(self, name: str, content: IO[bytes], size: int, content_type: str, timeout: float) -> None:
        body = content.read()
        assert len(body) == size
        self.timeouts.append(timeout)
        self.meanwhile()
        if self.refuses(body):
            raise FileStoreError("no")
        self.kept[name] = (body, content_type)


@pytest.fixture
def elapsed(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """The seconds that keeping believes to have passed."""
    fake = FakeTime()
    monkeypatch.setattr(attachments, "time", fake)
    return fake


def attached(
    name: str = "фото.png", content: bytes = b"content", content_type: str = "image/png", *, inline: bool = False
) -> Attachment:
    return Attachment(name, content_type, content, inline)


def numbered(count: int) -> list[Attachment]:
    return [attached(f"{index}.txt", f"content {index}".encode()) for index in range(count)]


def store(files: FakeStore, *given_files: Attachment, cut: bool = False) -> tuple[File, ...]:
    return Attachments(files).store(KEY, given_files, cut=cut)


def test_r17_an_attachment_is_kept_under_its_name_with_its_digest() -> None:
    files = FakeStore()
    digest = hashlib.sha256(b"content").hexdigest()

    [file] = store(files, attached("Снимок экрана №5.png"))

    name = f"mail/{KEY}/{digest[:16]}/Снимок экрана №5.png"
    assert file == File("Снимок экрана №5.png", "image/png", 7, digest, name)
    assert files.kept == {name: (b"content", "image/png")}


@pytest.mark.parametrize("count", [0, 1, 2, 9, MOST_FILES])
def test_r17_files_stand_in_the_order_in_which_they_came(count: int) -> None:
    files = FakeStore()

    kept = store(files, *numbered(count))

    assert [file.name for file in kept] == [f"{index}.txt" for index in range(count)]
    assert [files.kept[file.stored_as or ""][0] for file in kept] == [each.content for each in numbered(count)]


def test_r17_files_stand_in_their_order_whichever_is_kept_first() -> None:
    last_is_kept = threading.Event()

    def waits_for_the_last(body: bytes) -> bool:
        if body == b"content 2":
            last_is_kept.set()
            return False
        return not last_is_kept.wait(PATIENCE)

    files = FakeStore(refuses=waits_for_the_last)

    assert [file.name for file in store(files, *numbered(3))] == ["0.txt", "1.txt", "2.txt"]
    assert len(files.kept) == 3


def test_r17_a_repeated_delivery_writes_the_same_objects_again() -> None:
    files = FakeStore()

    first, second = store(files, *numbered(3)), store(files, *numbered(3))

    assert first == second
    assert len(files.kept) == 3


def test_r17_files_of_one_name_do_not_replace_each_other() -> None:
    files = FakeStore()

    kept = store(files, attached(content=b"one"), attached(content=b"other"), attached(content=b"one"))

    assert [files.kept[file.stored_as or ""][0] for file in kept] == [b"one", b"other", b"one"]


def test_messages_do_not_share_objects() -> None:
    files = FakeStore()

    store(files, attached())
    Attachments(files).store("mail-another", [attached()], cut=False)

    assert len(files.kept) == 2


@pytest.mark.parametrize("broken", [{0}, {1}, {0, 1, 2}])
def test_r17_a_file_that_can_not_be_kept_says_so_and_stops_no_other(broken: set[int]) -> None:
    given_files = numbered(3)
    files = FakeStore(refuses=lambda body: body in {given_files[index].content for index in broken})

    kept = store(files, *given_files)

    assert [index for index, file in enumerate(kept) if file.stored_as is None] == sorted(broken)
    assert {file.refusal for file in kept if file.stored_as is None} == {IN_THE_MESSAGE}
    assert all(file.refusal is None for file in kept if file.stored_as)
    assert [(file.name, file.size, file.sha256) for file in kept] == [
        (each.filename, each.size, each.sha256) for each in given_files
    ]


def test_a_lone_file_that_can_not_be_kept_says_so_too() -> None:
    [file] = store(FakeStore(refuses=lambda _: True), attached())

    assert (file.stored_as, file.refusal) == (None, IN_THE_MESSAGE)


def test_r17_of_a_thousand_files_the_first_hundred_are_kept_one_by_one() -> None:
    files = FakeStore()

    kept = store(files, *numbered(1000))

    assert len(files.kept) == MOST_FILES == 100
    assert all(file.stored_as for file in kept[:-1])
    assert (kept[-1].name, kept[-1].refusal) == ("и ещё файлов: 900", IN_THE_MESSAGE)
    assert kept[-1].size == sum(each.size for each in numbered(1000)[100:])


def test_r17_after_the_time_is_up_files_stay_in_the_message(elapsed: FakeTime) -> None:
    files = FakeStore(meanwhile=lambda: elapsed.sleep(5))

    kept = store(files, *numbered(50))

    stored = [file for file in kept if file.stored_as]
    assert 4 <= len(stored) < 4 + 8  # those that had begun before
    assert len(files.kept) == len(stored)
    assert {file.refusal for file in kept if not file.stored_as} == {IN_THE_MESSAGE}
    assert all(1 <= timeout <= 20 for timeout in files.timeouts)


def test_a_file_gets_no_more_time_than_is_left(elapsed: FakeTime) -> None:
    lock = threading.Lock()

    def fifteen_seconds_once() -> None:
        with lock:
            if not elapsed.elapsed:
                elapsed.sleep(15)

    files = FakeStore(meanwhile=fifteen_seconds_once)

    assert all(file.stored_as for file in store(files, *numbered(30)))
    assert (max(files.timeouts), min(files.timeouts)) == (20, 5)


def test_a_store_that_hangs_holds_a_message_up_for_bounded_time(elapsed: FakeTime) -> None:
    files = FakeStore(refuses=lambda _: True)
    files.meanwhile = lambda: elapsed.sleep(files.timeouts[-1] / 8)  # eight hang at once

    kept = store(files, *numbered(MOST_FILES))

    assert not any(file.stored_as for file in kept)
    assert elapsed.elapsed < 30


def test_r17_files_of_a_cut_message_are_named_and_not_kept() -> None:
    files = FakeStore()

    kept = store(files, *numbered(3), cut=True)

    assert [(file.name, file.stored_as, file.refusal) for file in kept] == [
        (f"{index}.txt", None, CUT) for index in range(3)
    ]
    assert files.kept == {}


@pytest.mark.parametrize("declared", ["text/html", "image/svg+xml", "", "что угодно"])
@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("фото.png", "image/png"),
        ("ФОТО.JPG", "image/jpeg"),
        ("Счёт №5.pdf", "application/pdf"),
        ("запись.mp4", "video/mp4"),
        ("без окончания", "application/octet-stream"),
        ("вирус.неизвестно", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_what_the_sender_declares_is_not_what_a_file_is_served_as(name: str, content_type: str, declared: str) -> None:
    files = FakeStore()

    [file] = store(files, attached(name, content_type=declared))

    assert file.content_type == content_type
    assert [kept for _, kept in files.kept.values()] == [content_type]


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize("content", [b"", b"x" * 1_000_000])
def test_r17_every_kind_of_file_is_kept(content: bytes, *, inline: bool) -> None:
    [file] = store(FakeStore(), attached("page.exe", content, inline=inline))

    assert file.stored_as is not None
    assert file.size == len(content)


@given(
    st.text(st.characters(codec=None), max_size=300)
    | st.sampled_from(["data:", "data:a=b/c,d.png", "http://[x", "file:?#", "x:.html", "..", ".", "C:\\a\\b.txt"]),
    st.text(max_size=20),
)
def test_whatever_its_name_a_file_is_kept_inside_its_messages_folder(name: str, declared: str) -> None:
    files = FakeStore()

    [file] = store(files, attached(name, content_type=declared))

    [stored_as] = files.kept
    assert file.stored_as == stored_as
    assert stored_as.startswith(f"mail/{KEY}/")
    assert stored_as.count("/") == 3
    assert 0 < len(stored_as.encode()) <= 1024
    assert file.content_type in KNOWN_TYPES
    assert file.name.encode()
