"""What Terraform makes in the cloud and the emulators start without: topics, subscriptions, bucket.

Plain HTTP to the emulators' REST interfaces. Doing it again changes nothing, so an emulator that somebody else
runs, and that has them already, is as good as a fresh one.
"""

import json
from http.client import HTTPConnection
from typing import Any

from local.errors import StackError

_PATIENCE = 10  # seconds for one answer
_OK, _CONFLICT = 200, 409
_ACK_DEADLINE_SECONDS = 60
_RETRY_POLICY = {"minimumBackoff": "1s", "maximumBackoff": "10s"}


class ResourceError(StackError):
    """An emulator would not make what the functions need."""


def make_topic(host: str, project: str, topic: str) -> str:
    """Makes a topic in the Pub/Sub emulator at `host` (`host:port`); gives its full name, or raises ResourceError."""
    path = f"projects/{project}/topics/{topic}"
    _call(host, "PUT", f"/v1/{path}", {})
    return path


def make_push(host: str, project: str, topic: str, subscription: str, endpoint: str) -> None:
    """Makes the topic, and the subscription that pushes its messages to `endpoint`.

    Args:
        host: the Pub/Sub emulator, `host:port`.
        project: the project id.
        topic: the topic's short name.
        subscription: the subscription's short name.
        endpoint: the URL that gets the messages.

    Raises:
        ResourceError: the emulator refused.
    """
    topic_path = make_topic(host, project, topic)
    subscription_path = f"projects/{project}/subscriptions/{subscription}"
    push = {"pushConfig": {"pushEndpoint": endpoint}}
    wanted = {"topic": topic_path, "ackDeadlineSeconds": _ACK_DEADLINE_SECONDS, "retryPolicy": _RETRY_POLICY}
    if _call(host, "PUT", f"/v1/{subscription_path}", wanted | push) == _CONFLICT:
        # It may still push to the port of an earlier start.
        _call(host, "POST", f"/v1/{subscription_path}:modifyPushConfig", push)


def make_pull(host: str, project: str, topic: str, subscription: str) -> None:
    """Makes a topic, and a subscription from which its messages are fetched; see `make_push`."""
    topic_path = make_topic(host, project, topic)
    wanted = {"topic": topic_path, "ackDeadlineSeconds": _ACK_DEADLINE_SECONDS}
    _call(host, "PUT", f"/v1/projects/{project}/subscriptions/{subscription}", wanted)


def make_bucket(host: str, project: str, bucket: str) -> None:
    """Makes the bucket in the Cloud Storage emulator at `host` (`host:port`); ResourceError when it refuses."""
    _call(host, "POST", f"/storage/v1/b?project={project}", {"name": bucket})


def _call(host: str, method: str, path: str, body: dict[str, Any]) -> int:
    connection = HTTPConnection(host, timeout=_PATIENCE)
    try:
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read().decode("utf-8", errors="replace")
    except OSError as error:
        raise ResourceError(f"{method} http://{host}{path}: {error}") from error
    finally:
        connection.close()
    if response.status not in (_OK, _CONFLICT):
        raise ResourceError(f"{method} http://{host}{path} answered {response.status}: {text[:500]}")
    return response.status
