"""Why a ticket needs a person, as far as a machine can tell; `shared.domain.attention` says when."""

from enum import StrEnum


class Concern(StrEnum):
    """What a person has to see to."""

    UNDELIVERED = "undelivered"
    """The letter with the number did not arrive, or came back (R9)."""
    CALL = "call"
    """The client left no address: somebody has to tell the number (R10)."""
    LATE = "late"
    """It is flagged (R16), for another reason than the above."""
    NO_LETTER = "no_letter"
    """The client got no letter: too many went to that address, or its mail fails SPF and DKIM."""
    POSSIBLE_DUPLICATE = "possible_duplicate"
    """It is like an earlier request of the same client, and the machine was not sure that it is the same (R15)."""
    INFORMATION = "information"
    """It cannot be worked on, and the client has not answered yet (R7)."""


SETTLED_BY_WORD = frozenset({Concern.NO_LETTER, Concern.POSSIBLE_DUPLICATE})
"""What is over when a person says so: nothing else would show that."""
