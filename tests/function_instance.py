"""One instance of a function in this process, wired by its own main.py, over the emulators; and what it leaves."""

import json
import logging
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import pytest
import requests
from flask import Flask
from functions_framework import create_app
from google.cloud import firestore
from google.cloud.storage import Client as StorageClient

from local.processes import ROOT
from local.resources import make_bucket, make_pull
from local.services import authority

TOPIC, READY_TOPIC = "notifications", "ticket-ready"
_PATIENCE = 10.0  # seconds for one answer of an emulator


@dataclass(frozen=True, slots=True)
class World:
    """The emulators' part that belongs to one test: project, bucket, subscriptions."""

    project: str
    bucket: str
    pubsub: str
    ledger: firestore.Client
    files: StorageClient

    def documents(self, collection: str) -> dict[str, dict[str, Any]]:
        """What stands in a collection of the ledger, by id."""
        return {snapshot.id: snapshot.to_dict() or {} for snapshot in self.ledger.collection(collection).stream()}

    def objects(self) -> dict[str, tuple[bytes, str]]:
        """Content and type of each stored file, by the object's name."""
        blobs = self.files.list_blobs(self.bucket)
        return {blob.name: (blob.download_as_bytes(), blob.content_type) for blob in blobs}

    def rings(self) -> list[str]:
        """The notifications that were announced since the last call."""
        return sorted(each["notification"] for each, _ in self._published("test"))

    def handed_on(self) -> list[tuple[dict[str, Any], dict[str, str]]]:
        """The messages to classification since the last call, with their attributes."""
        return self._published("classification")

    def _published(self, subscription: str) -> list[tuple[dict[str, Any], dict[str, str]]]:
        url = f"http://{self.pubsub}/v1/projects/{self.project}/subscriptions/{subscription}:pull"
        question = {"maxMessages": 1000, "returnImmediately": True}
        answer = requests.post(url, json=question, timeout=_PATIENCE).json()
        received = answer.get("receivedMessages", [])
        if received:
            ids = [each["ackId"] for each in received]
            requests.post(url.replace(":pull", ":acknowledge"), json={"ackIds": ids}, timeout=_PATIENCE)
        messages = [each["message"] for each in received]
        return [(json.loads(b64decode(each["data"])), each.get("attributes", {})) for each in messages]


def make_world(project: str, pubsub: str, storage_url: str) -> World:
    """Makes topic, subscription and bucket for one test; `make_ready_topic` makes what only the sweep publishes to."""
    make_pull(pubsub, project, TOPIC, "test")
    bucket = f"files-{project}"
    make_bucket(authority(storage_url), project, bucket)
    return World(project, bucket, pubsub, firestore.Client(project=project), StorageClient(project=project))


def make_ready_topic(world: World) -> None:
    """Makes the topic to classification, and the subscription of `World.handed_on`."""
    make_pull(world.pubsub, world.project, READY_TOPIC, "classification")


@contextmanager
def function_app(function: str, declared: type[Any], settings: Mapping[str, str]) -> Iterator[Flask]:
    """A function's application under its settings, whose dataclass is `declared`.

    Every one executes main.py anew, so each has a door and clients of its own. What main.py does to this process's
    logging is undone at the end.
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    source = ROOT / "functions" / function / "main.py"
    app = create_app(target=function, source=str(source), signature_type="http")  # type: ignore[no-untyped-call]  # published without types
    try:
        with pytest.MonkeyPatch.context() as patch:
            for field in fields(declared):
                patch.delenv(field.name.upper(), raising=False)
            for name, value in settings.items():
                patch.setenv(name, value)
            yield app
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
