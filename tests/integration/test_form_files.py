"""R17: files that come with the form, down to the bytes in the bucket."""

import hashlib
import json
from collections.abc import Callable

import pytest

from local.processes import HOST, free_port
from tests.form_instance import TYPED, Attachment, Instance, number_of, text_of, wrong_fields
from tests.function_instance import World

Start = Callable[..., Instance]

JSON = {"Accept": "application/json"}
ODD_BYTES = bytes(range(256)) * 5000  # 1.28 MB: more than is held in memory


def test_r17_files_are_stored_whole_under_their_own_names(form: Instance, world: World) -> None:
    files = [
        Attachment("Счёт №5 (копия).pdf", ODD_BYTES, "application/pdf"),
        Attachment("снимок экрана.PNG", b"\x89PNG\r\n\x1a\n--", "image/png"),
        Attachment('кавычки "и" 100%.txt', "текст".encode(), "text/plain"),
    ]

    response = form.post_form({**TYPED, "page_token": form.token()}, files)

    assert response.status_code == 201
    [submission] = world.documents("submissions").values()
    stored = world.objects()
    recorded = {file["name"]: file for file in submission["files"]}
    assert set(recorded) == {"Счёт №5 (копия).pdf", "снимок экрана.PNG", 'кавычки "и" 100%.txt'}
    assert len(stored) == 3
    for file, record in zip(files, recorded.values(), strict=True):
        content, _ = stored[record["stored_as"]]
        assert record["stored_as"].endswith("/" + record["name"])
        assert content == file.content
        assert (record["size"], record["sha256"]) == (len(file.content), hashlib.sha256(file.content).hexdigest())
    assert "Не удалось принять" not in text_of(response)


def test_r17_a_file_is_served_as_its_ending_says_whatever_the_browser_claims(form: Instance, world: World) -> None:
    form.post_form({**TYPED, "page_token": form.token()}, [Attachment("x.png", b"<script>", "text/html")])

    [(_, content_type)] = world.objects().values()
    assert content_type == "image/png"


def test_r17_a_refused_file_is_named_and_the_request_registered_with_the_others(start: Start, world: World) -> None:
    form = start(MAX_FILE_BYTES=str(2**20), MAX_FILES="3")
    files = [
        Attachment("вирус.exe", b"MZ"),
        Attachment("большой.png", b"x" * (2**20 + 1)),
        Attachment("хороший.png", b"ok"),
        Attachment("четвёртый.png", b"ok"),
    ]

    person = form.post_form({**TYPED, "page_token": form.token()}, files)
    program = form.post_form({**TYPED, "page_token": form.token()}, files, JSON)

    assert (person.status_code, number_of(person)) == (201, 12345)
    assert program.status_code == 201
    refused = {each["name"]: each["reason"] for each in json.loads(program.get_data())["refused_files"]}
    assert list(refused) == ["вирус.exe", "большой.png", "четвёртый.png"]
    assert ("типа" in refused["вирус.exe"], "1 МБ" in refused["большой.png"]) == (True, True)
    assert "не больше 3" in refused["четвёртый.png"]
    for name, reason in refused.items():
        assert f"{name} : {reason}" in text_of(person)
    assert [content for content, _ in world.objects().values()] == [b"ok", b"ok"]
    [first, _] = world.documents("submissions").values()
    assert [file.get("refusal") is None for file in first["files"]] == [False, False, True, False]


def test_r17_a_repeated_post_stores_no_second_copy(form: Instance, world: World) -> None:
    typed = {**TYPED, "page_token": form.token()}
    files = [Attachment("фото.png", b"1"), Attachment("фото.png", b"2")]

    answers = [form.post_form(typed, files) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert sorted(content for content, _ in world.objects().values()) == [b"1", b"2"]


def test_other_files_from_a_used_page_are_another_request(form: Instance) -> None:
    typed = {**TYPED, "page_token": form.token()}
    form.post_form(typed, [Attachment("фото.png", b"1")])

    assert form.post_form(typed, [Attachment("фото.png", b"2")]).status_code == 422


def test_files_that_have_to_be_chosen_again_are_named(form: Instance, world: World) -> None:
    response = form.post_form({"page_token": form.token()}, [Attachment("Счёт №5.pdf", b"1"), Attachment("", b"")])

    assert response.status_code == 422
    assert "Выберите эти файлы ещё раз: браузер не сохраняет их выбор. Счёт №5.pdf" in text_of(response)
    assert world.objects() == {}


def test_r17_without_the_store_the_request_is_registered_and_its_files_named(start: Start, world: World) -> None:
    form = start(STORAGE_EMULATOR_HOST=f"http://{HOST}:{free_port()}")
    files = [Attachment("Счёт №5.pdf", b"1"), Attachment("вирус.exe", b"MZ")]

    person = form.post_form({**TYPED, "page_token": form.token()}, files)
    program = form.post_form({**TYPED, "page_token": form.token()}, files, JSON)

    assert (person.status_code, number_of(person)) == (201, 12345)
    assert "Счёт №5.pdf : не удалось сохранить из-за сбоя на нашей стороне." in text_of(person)
    assert "вирус.exe" in text_of(person)
    names = [each["name"] for each in json.loads(program.get_data())["refused_files"]]
    assert names == ["Счёт №5.pdf", "вирус.exe"]
    for submission in world.documents("submissions").values():
        assert [file.get("stored_as") for file in submission["files"]] == [None, None]
        assert all(file["refusal"] for file in submission["files"])


def test_r17_without_the_bucket_the_request_is_registered_and_its_files_named(start: Start) -> None:
    form = start(FILES_BUCKET="nobody-made-this-one")

    response = form.post_form({**TYPED, "page_token": form.token()}, [Attachment("фото.png", b"1")])

    assert (response.status_code, number_of(response)) == (201, 12345)
    assert "фото.png : не удалось сохранить" in text_of(response)


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd.txt", "C:\\temp\\passwd.txt", "/passwd.txt", "..\\..\\passwd.txt"]
)
def test_no_files_name_leads_out_of_its_submissions_folder(form: Instance, world: World, name: str) -> None:
    form.post_form({**TYPED, "page_token": form.token()}, [Attachment(name, b"1")])

    [(key, _)] = world.documents("submissions").items()
    [path] = world.objects()
    folder, submission, _, kept_name = path.split("/")
    assert (folder, submission) == ("form", key)
    assert kept_name.endswith("passwd.txt")


def test_fields_that_come_as_files_and_files_that_come_as_fields_are_no_fault_of_ours(form: Instance) -> None:
    content = (
        b'--x\r\nContent-Disposition: form-data; name="description"; filename="d.txt"\r\n\r\n1\r\n'
        b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\nC:\\photo.png\r\n--x--\r\n'
    )

    response = form.open("POST", data=content, content_type="multipart/form-data; boundary=x", headers=JSON)

    assert response.status_code == 422
    assert "description" in wrong_fields(response)
