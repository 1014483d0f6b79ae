"""The bell: a Pub/Sub message says "look at notification X now"; what has to be done stands in the ledger."""

import json
import logging
import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from google.api_core.exceptions import GoogleAPIError

from shared.grouping import Group, GroupTimeoutError
from shared.logs import fields

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient

RING_TIME = 3.0
"""Seconds after which a ring is given up: the sweep makes up for it."""

_MESSAGES_IN_A_CALL = 500
"""Pub/Sub takes 1,000 messages in one publish call."""

log = logging.getLogger(__name__)


class PubSubBell:
    """`shared.registration.Bell` through Pub/Sub.

    Concurrent callers share one publish call, and nobody waits for company. That, and an answer before the function's
    CPU is taken away, is what the client library's batching thread can't give (docs/adr/0001-group-commit.md).

    Args:
        project: Project of the topic.
        topic: Its short name.
    """

    def __init__(self, project: str, topic: str) -> None:
        self._topic = f"projects/{project}/topics/{topic}"
        self._group: Group[Sequence[str], None] = Group(self._publish, weigh=len, capacity=_MESSAGES_IN_A_CALL)

    @cached_property
    def publisher(self) -> "PublisherClient":
        """The connection, made at the first use: the import alone takes 40 ms."""
        # The generated client: the library's wrapper would batch in a thread of its own.
        from google.pubsub_v1 import PublisherClient  # noqa: PLC0415
        from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport  # noqa: PLC0415

        # The wrapper, unlike the generated client, knows this variable.
        address = os.environ.get("PUBSUB_EMULATOR_HOST")
        if not address:
            return PublisherClient()
        import grpc  # noqa: PLC0415  # loaded by the client; a channel of one's own asks for no credentials

        return PublisherClient(transport=PublisherGrpcTransport(channel=grpc.insecure_channel(address)))

    def ring(self, notifications: Sequence[str]) -> None:
        """See `Bell.ring`."""
        try:
            self._group.call(notifications, RING_TIME)
        except (GoogleAPIError, GroupTimeoutError) as error:
            log.warning("bell_failed", extra=fields(notifications=notifications, error=str(error)))

    def _publish(self, callers: Sequence[Sequence[str]]) -> list[None]:
        from google.pubsub_v1 import PubsubMessage  # noqa: PLC0415  # loaded by `publisher`

        messages = [
            PubsubMessage(data=json.dumps({"notification": notification}).encode())
            for notifications in callers
            for notification in notifications
        ]
        self.publisher.publish(topic=self._topic, messages=messages, retry=None, timeout=RING_TIME)
        return [None] * len(callers)
