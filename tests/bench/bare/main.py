"""The baseline of the door's benchmarks: a function that does one `create()` and nothing else."""

import os
import uuid
from functools import cache

import functions_framework
from flask import Request
from google.cloud import firestore


@cache
def _client() -> firestore.Client:
    return firestore.Client(project=os.environ["GOOGLE_CLOUD_PROJECT"])


@functions_framework.http
def bare(request: Request) -> tuple[dict[str, bool], int]:
    """Keep the posted JSON as one document."""
    if request.method == "POST":
        _client().collection("bare").document(uuid.uuid4().hex).create(request.get_json())
    return {"kept": True}, 201
