"""The local Cloud Storage: the official client finds in it what was uploaded, and hears of all that it can't do."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
import requests
from google.api_core.exceptions import Conflict, MethodNotImplemented, NotFound
from google.cloud.storage import Bucket, Client

from shared.files import CloudStorageFiles, FileStoreError

PATIENCE = 10.0


@pytest.fixture
def bucket(storage_emulator: str) -> Iterator[Bucket]:  # noqa: ARG001  # asked for so that it runs
    client = Client(project="test")
    yield client.create_bucket(f"bucket-{uuid.uuid4().hex}")
    client.close()


def put(bucket: Bucket, name: str, content: bytes, content_type: str = "text/plain") -> None:
    CloudStorageFiles(str(bucket.name)).put(name, BytesIO(content), len(content), content_type, PATIENCE)


@pytest.mark.parametrize("name", ["a.txt", "mail/1/Счёт №5 (копия).pdf", "a b+c%2F?&=#.txt", "/", "\u0435\u0308"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\0\r\n\r\n\xff", bytes(range(256)) * 2**12], ids=len)
def test_what_was_uploaded_is_read_back(bucket: Bucket, name: str, content: bytes) -> None:
    put(bucket, name, content, "application/pdf")

    [found] = bucket.client.list_blobs(bucket)
    assert (found.name, found.content_type, found.size) == (name, "application/pdf", len(content))
    assert found.download_as_bytes(checksum="md5") == content
    assert bucket.get_blob(name).md5_hash == found.md5_hash
    assert CloudStorageFiles(str(bucket.name)).get(name) == content


def test_a_second_upload_under_a_name_replaces_the_first(bucket: Bucket) -> None:
    put(bucket, "a", b"first")
    first = bucket.get_blob("a")
    put(bucket, "a", b"second")

    assert [blob.download_as_bytes() for blob in bucket.client.list_blobs(bucket)] == [b"second"]
    with pytest.raises(NotFound):
        first.download_as_bytes()


def test_objects_are_listed_by_name_and_prefix(bucket: Bucket) -> None:
    for name in ("mail/2", "form/1", "mail/1"):
        put(bucket, name, b"")

    assert [blob.name for blob in bucket.client.list_blobs(bucket)] == ["form/1", "mail/1", "mail/2"]
    assert [blob.name for blob in bucket.client.list_blobs(bucket, prefix="mail/")] == ["mail/1", "mail/2"]


def test_many_uploads_at_once_are_all_kept(bucket: Bucket) -> None:
    store = CloudStorageFiles(str(bucket.name))
    contents = {f"{number}": f"{number}".encode() * 2_000 for number in range(200)}

    with ThreadPoolExecutor(32) as threads:
        list(
            threads.map(
                lambda each: store.put(each[0], BytesIO(each[1]), len(each[1]), "x/y", PATIENCE), contents.items()
            )
        )

    found = {blob.name: blob.download_as_bytes() for blob in bucket.client.list_blobs(bucket)}
    assert found == contents


def test_what_is_not_there_is_not_found(bucket: Bucket) -> None:
    absent = bucket.client.bucket(f"absent-{uuid.uuid4().hex}")

    assert bucket.exists()
    assert not absent.exists()
    assert bucket.get_blob("absent") is None
    with pytest.raises(FileStoreError, match="404"):
        put(absent, "a", b"")
    with pytest.raises(FileStoreError, match="404"):
        CloudStorageFiles(str(bucket.name)).get("absent")
    with pytest.raises(Conflict):
        bucket.client.create_bucket(bucket)


def test_what_is_not_emulated_is_refused(bucket: Bucket) -> None:
    put(bucket, "a", b"kept")

    for upload in (
        lambda: bucket.blob("a").upload_from_string("in two parts"),
        lambda: bucket.blob("a").upload_from_string("once", if_generation_match=0),
        lambda: bucket.blob("a").download_as_bytes(if_generation_match=7),
        lambda: list(bucket.client.list_blobs(bucket, delimiter="/")),
        lambda: bucket.blob("a").delete(if_generation_match=7),
    ):
        with pytest.raises(MethodNotImplemented):
            upload()

    assert bucket.blob("a").download_as_bytes() == b"kept"


def test_what_is_deleted_is_gone(bucket: Bucket) -> None:
    put(bucket, "письмо №1.eml", b"secret")
    put(bucket, "b", b"kept")

    bucket.blob("письмо №1.eml").delete()

    assert [blob.name for blob in bucket.client.list_blobs(bucket)] == ["b"]
    with pytest.raises(NotFound):
        bucket.blob("письмо №1.eml").delete()


@pytest.mark.parametrize("path", ["", "storage/v1", "storage/v1/b/x/y", "upload/storage/v1/b//o"])
def test_nothing_else_is_there(storage_emulator: str, path: str) -> None:
    assert requests.get(f"{storage_emulator}/{path}", timeout=PATIENCE).status_code == 404
