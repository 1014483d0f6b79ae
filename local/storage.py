"""A Cloud Storage emulator: `python -m local.storage PORT`; everything is in memory.

It has the part of the JSON API that the functions and the tests use: buckets are made and looked up, objects uploaded
in one piece, listed, looked up, read and deleted. Whatever else is asked of it gets 501: nothing is left aside in
silence.
https://cloud.google.com/storage/docs/json_api/v1

The published one for Python (gcp-storage-emulator) takes 0.4 ms of processor time for each small object, more than the
mail's door spends on an upload, serves one caller at a time, and leaves preconditions aside. This one takes 0.15 ms.
"""

import asyncio
import hashlib
import json
import re
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

from local.processes import HOST

_END_OF_HEAD = b"\r\n\r\n"
_MAX_HEAD_BYTES = 2**16
_BACKLOG = 128
_NOT_EMULATED = HTTPStatus.NOT_IMPLEMENTED
_HARMLESS = frozenset({"project", "projection", "prettyPrint", "fields"})
"""Parameters that may be left aside: they ask for fewer fields, or for other white space."""

_TARGET = re.compile(
    r"/(?P<way>upload/|download/)?storage/v1/b(?:/(?P<bucket>[^/]+)(?P<objects>/o(?:/(?P<object>[^/]+))?)?)?"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's status, content and type, and the headers that it has besides."""

    status: HTTPStatus
    content: bytes
    content_type: str = "application/json; charset=UTF-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object.

    Attributes:
        generation: Changes with every upload under the same name.
        md5: Of the content, in base64.
    """

    content: bytes
    content_type: str
    generation: int
    stored_at: datetime
    md5: str


class RefusedError(Exception):
    """A request that gets an error: its status, and what is wrong with it."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Storage:
    """All buckets, and what the JSON API does with them."""

    def __init__(self) -> None:
        self._buckets: dict[str, dict[str, StoredObject]] = {}
        self._generation = 0

    def answer(self, method: str, target: str, content_type: str, content: bytes) -> Answer:
        """Answer a request.

        Args:
            method: In capital letters.
            target: Path and query, percent-encoded.
            content_type: What the request says that its content is.
            content: The request's content.
        """
        try:
            return self._answer(method, target, content_type, content)
        except RefusedError as error:
            body = {"error": {"code": error.status.value, "message": str(error)}}
            return Answer(error.status, json.dumps(body).encode())

    def _answer(self, method: str, target: str, content_type: str, content: bytes) -> Answer:
        path, _, query = target.partition("?")
        asked = dict(parse_qsl(query, keep_blank_values=True))
        place = _TARGET.fullmatch(path)
        if place is None:
            # Whoever waits for the emulator asks for `/`.
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is nothing here")
        bucket, name = (None if part is None else unquote(part) for part in place.group("bucket", "object"))
        match method, place["way"]:
            case "POST", "upload/" if bucket and place["objects"] and name is None:
                return self._upload(bucket, asked, content_type, content)
            case "POST", None if bucket is None:
                return self._make_bucket(asked, content)
            case "GET", None if bucket and not place["objects"]:
                self._objects(bucket)
                return _resource({"kind": "storage#bucket", "id": bucket, "name": bucket}, asked)
            case "GET", None if bucket and name is None:
                return self._list(bucket, asked)
            case "GET", None | "download/" if bucket and name is not None:
                return self._read(bucket, name, asked)
            case "DELETE", None if bucket and name is not None:
                return self._delete(bucket, name, asked)
        raise RefusedError(_NOT_EMULATED, f"{method} is not emulated here")

    def _objects(self, bucket: str) -> dict[str, StoredObject]:
        if bucket not in self._buckets:
            raise RefusedError(HTTPStatus.NOT_FOUND, "The specified bucket does not exist.")
        return self._buckets[bucket]

    def _make_bucket(self, asked: Mapping[str, str], content: bytes) -> Answer:
        try:
            name = str(json.loads(content)["name"])
        except (ValueError, KeyError, TypeError):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "a bucket has a name") from None
        if name in self._buckets:
            raise RefusedError(HTTPStatus.CONFLICT, "The requested bucket name is not available.")
        self._buckets[name] = {}
        return _resource({"kind": "storage#bucket", "id": name, "name": name}, asked)

    def _upload(self, bucket: str, asked: dict[str, str], content_type: str, content: bytes) -> Answer:
        objects = self._objects(bucket)
        if asked.pop("uploadType", "") != "media":
            raise RefusedError(_NOT_EMULATED, "only uploadType=media is emulated here")
        name = asked.pop("name", "")
        if not name:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "an object has a name")
        self._generation += 1
        md5 = b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        stored = StoredObject(
            content, content_type or "application/octet-stream", self._generation, datetime.now(UTC), md5
        )
        answer = _resource(_metadata(bucket, name, stored), asked)
        objects[name] = stored
        return answer

    def _list(self, bucket: str, asked: dict[str, str]) -> Answer:
        prefix = asked.pop("prefix", "")
        # By name, as Cloud Storage lists them.
        listed = sorted((name, stored) for name, stored in self._objects(bucket).items() if name.startswith(prefix))
        items = [_metadata(bucket, name, stored) for name, stored in listed]
        return _resource({"kind": "storage#objects", "items": items}, asked)

    def _delete(self, bucket: str, name: str, asked: Mapping[str, str]) -> Answer:
        _refuse_unknown(asked)
        if self._objects(bucket).pop(name, None) is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"No such object: {bucket}/{name}")
        return Answer(HTTPStatus.NO_CONTENT, b"")

    def _read(self, bucket: str, name: str, asked: dict[str, str]) -> Answer:
        stored = self._objects(bucket).get(name)
        # As in a bucket without versioning, only the last upload is there.
        if stored is None or asked.pop("generation", "") not in {"", str(stored.generation)}:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"No such object: {bucket}/{name}")
        if asked.pop("alt", "json") != "media":
            return _resource(_metadata(bucket, name, stored), asked)
        _refuse_unknown(asked)
        headers = {"X-Goog-Generation": str(stored.generation), "X-Goog-Hash": f"md5={stored.md5}"}
        return Answer(HTTPStatus.OK, stored.content, stored.content_type, headers)


def _metadata(bucket: str, name: str, stored: StoredObject) -> dict[str, str]:
    at = stored.stored_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "kind": "storage#object",
        "id": f"{bucket}/{name}/{stored.generation}",
        "name": name,
        "bucket": bucket,
        "generation": str(stored.generation),
        "metageneration": "1",
        "contentType": stored.content_type,
        "size": str(len(stored.content)),
        "md5Hash": stored.md5,
        "timeCreated": at,
        "updated": at,
    }


def _resource(resource: Mapping[str, object], asked: Mapping[str, str]) -> Answer:
    _refuse_unknown(asked)
    return Answer(HTTPStatus.OK, json.dumps(resource).encode())


def _refuse_unknown(asked: Mapping[str, str]) -> None:
    if unknown := asked.keys() - _HARMLESS:
        raise RefusedError(_NOT_EMULATED, f"not emulated here: {', '.join(sorted(unknown))}")


async def _converse(storage: Storage, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection, until its other side ends it."""
    try:
        while True:
            head = await reader.readuntil(_END_OF_HEAD)
            request_line, *lines = head.decode("latin-1").splitlines()
            method, target, _ = request_line.split(" ")
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            if "transfer-encoding" in fields:
                break
            if fields.get("expect") == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            content = await reader.readexactly(int(fields.get("content-length", 0)))
            answer = storage.answer(method, target, fields.get("content-type", ""), content)
            headers = {"Content-Type": answer.content_type, "Content-Length": len(answer.content), **answer.headers}
            begin = [f"HTTP/1.1 {answer.status} {answer.status.phrase}", *(f"{k}: {v}" for k, v in headers.items())]
            writer.write("\r\n".join([*begin, "\r\n"]).encode("latin-1") + answer.content)
            await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
        # The other side is done, or speaks something else.
        return
    finally:
        writer.close()


async def _serve(port: int) -> None:
    storage = Storage()
    server = await asyncio.start_server(
        lambda reader, writer: _converse(storage, reader, writer), HOST, port, limit=_MAX_HEAD_BYTES, backlog=_BACKLOG
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
