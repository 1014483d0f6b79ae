"""The bell through Pub/Sub: a message says "look at notification X now"."""

import json
import logging
from collections.abc import Sequence

from shared.logs import fields
from shared.topic import MESSAGES_IN_A_CALL, Message, PublishError, Topic

RING_TIME = 3.0
"""Seconds after which a ring is given up: the sweep makes up for it."""

log = logging.getLogger(__name__)


class PubSubBell:
    """`shared.bell.Bell` through Pub/Sub: one publish call for all notifications of a group commit.

    Args:
        project: Project of the topic.
        topic: Its short name.
    """

    def __init__(self, project: str, topic: str) -> None:
        self._topic = Topic(project, topic)

    def ring(self, notifications: Sequence[str]) -> None:
        """See `Bell.ring`."""
        for first in range(0, len(notifications), MESSAGES_IN_A_CALL):
            part = notifications[first : first + MESSAGES_IN_A_CALL]
            messages = [Message(json.dumps({"notification": notification}).encode()) for notification in part]
            try:
                self._topic.publish(messages, RING_TIME)
            except PublishError as error:
                log.warning("bell_failed", extra=fields(notifications=len(part), error=str(error)))
