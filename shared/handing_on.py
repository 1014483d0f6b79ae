"""Handing on: a Pub/Sub message tells classification that a ticket is ready for it (R18).

docs/ticket-ready.v1.schema.json says what the message holds, docs/adr/0017-handing-on.md when it is published, and how
often.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.completeness import Detail
from shared.domain.ticket import Handover, Ticket
from shared.topic import MESSAGES_IN_A_CALL, Message, PublishError, Topic

SCHEMA = "ticket-ready/1"
"""Name and version of the message's schema."""

PUBLISH_TIME = 5.0
"""Seconds for one call; what is not published is left to the next sweep."""


class NotHandedOnError(Exception):
    """Classification may not have got all of it."""


class Classification(Protocol):
    """Whoever classifies and prioritises tickets."""

    def hand_on(self, tickets: Sequence[Ticket]) -> None:
        """Tell of tickets, each as its `handed_on` says.

        Raises:
            NotHandedOnError: It may not know of all of them.
        """
        ...


class ReadyTopic:
    """`Classification` through Pub/Sub.

    Args:
        project: Project of the topic.
        topic: Its short name.
    """

    def __init__(self, project: str, topic: str) -> None:
        self._topic = Topic(project, topic)

    def hand_on(self, tickets: Sequence[Ticket]) -> None:
        """See `Classification.hand_on`."""
        messages = [ready_message(ticket, ticket.handed_on) for ticket in tickets if ticket.handed_on is not None]
        for first in range(0, len(messages), MESSAGES_IN_A_CALL):
            try:
                self._topic.publish(messages[first : first + MESSAGES_IN_A_CALL], PUBLISH_TIME)
            except PublishError as error:
                raise NotHandedOnError(str(error)) from error


def ready_message(ticket: Ticket, handover: Handover) -> Message:
    """Write the message about a ticket: numbers, times and flags, nothing of what the client wrote, nor who he is."""
    body = {
        "ticket": ticket.number,
        "revision": handover.revision,
        "handed_on_at": _time(handover.at),
        "complete": handover.complete,
        "unclear": Detail.DESCRIPTION in ticket.missing,
        "missing": [detail.value for detail in ticket.missing],
        "known": [{"detail": known.detail.value, "source": known.source.value} for known in ticket.known],
        "device_data": ticket.device_data,
        "urgent": ticket.urgent,
        "channels": [channel.value for channel in ticket.channels],
        "received_at": _time(ticket.received_at),
        "registered_at": _time(ticket.registered_at),
        "response_starts_at": _time(ticket.response_starts_at),
        "acceptance": ticket.acceptance.value,
        "related": ticket.related,
        "merged_into": ticket.merged_into,
        "merged": list(ticket.merged),
    }
    attributes = {
        "schema": SCHEMA,
        "ticket": str(ticket.number),
        "revision": str(handover.revision),
        "complete": "true" if handover.complete else "false",
    }
    return Message(json.dumps(body).encode(), attributes)


def _time(moment: datetime) -> str:
    return moment.isoformat()
