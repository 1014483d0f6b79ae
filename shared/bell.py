"""The bell: a Pub/Sub message says "look at notification X now"; what has to be done stands in the ledger."""

import json
import logging
import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError

from shared.logs import fields

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient

RING_TIME = 3.0
"""Seconds after which a ring is given up: the sweep makes up for it."""

_MESSAGES_IN_A_CALL = 1000
"""The most that Pub/Sub takes."""

log = logging.getLogger(__name__)


class PubSubBell:
    """`shared.registration.Bell` through Pub/Sub.

    One publish call for all notifications of a group commit, answered before the function's CPU is taken away: the
    client library's own batching is done by a thread, some time later.

    Args:
        project: Project of the topic.
        topic: Its short name.
    """

    def __init__(self, project: str, topic: str) -> None:
        self._topic = f"projects/{project}/topics/{topic}"

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
        from google.pubsub_v1 import PublishRequest  # noqa: PLC0415  # see `publisher`

        for first in range(0, len(notifications), _MESSAGES_IN_A_CALL):
            part = notifications[first : first + _MESSAGES_IN_A_CALL]
            # The generated message itself: its wrapper takes far longer to fill.
            request = PublishRequest.pb(PublishRequest(topic=self._topic))
            for notification in part:
                request.messages.add().data = json.dumps({"notification": notification}).encode()
            try:
                self.publisher.publish(PublishRequest.wrap(request), retry=None, timeout=RING_TIME)
            except (GoogleAPIError, GoogleAuthError) as error:
                log.warning("bell_failed", extra=fields(notifications=len(part), error=str(error)))
