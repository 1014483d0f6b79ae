"""A Pub/Sub topic to publish to, with as many messages in a call as Pub/Sub takes."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError

if TYPE_CHECKING:
    from google.pubsub_v1 import PublisherClient

MESSAGES_IN_A_CALL = 1000
"""The most that Pub/Sub takes."""


class PublishError(Exception):
    """Not everything was published, or nobody knows."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; without any data a push subscription would refuse it."""

    data: bytes
    attributes: Mapping[str, str] = field(default_factory=dict)


class Topic:
    """Publishes, and waits for the answer.

    The client library's own batching is done by a thread, some time later, when the function's CPU may have been taken
    away.

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

    def publish(self, messages: Sequence[Message], timeout: float) -> None:
        """Publish messages in one call, `MESSAGES_IN_A_CALL` at most; `timeout` is in seconds.

        Raises:
            PublishError: It failed, or there was no answer; any of them may have been published.
        """
        from google.pubsub_v1 import PublishRequest  # noqa: PLC0415  # see `publisher`

        # The generated message itself: its wrapper takes far longer to fill.
        request = PublishRequest.pb(PublishRequest(topic=self._topic))
        for message in messages:
            added = request.messages.add()
            added.data = message.data
            added.attributes.update(message.attributes)
        try:
            self.publisher.publish(PublishRequest.wrap(request), retry=None, timeout=timeout)
        except (GoogleAPIError, GoogleAuthError) as error:
            raise PublishError(str(error)) from error
