"""The bell: it says "look at notification X now"; what has to be done stands in the ledger."""

from collections.abc import Sequence
from typing import Protocol


class Bell(Protocol):
    """Tells the senders of letters that there is something to send; a bell that fails is made up for later."""

    def ring(self, notifications: Sequence[str]) -> None:
        """Announce notifications by their ids. Never raises: the ledger holds what has to be done."""
        ...
