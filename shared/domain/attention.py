"""Which tickets need a person, and for what: the first page of the specialists' desk (R9, R10, R15, R16, R7)."""

from shared.domain.concern import Concern
from shared.domain.flag import any_open
from shared.domain.submission import Omission
from shared.domain.ticket import Acceptance, Ticket

_HELD_BACK = frozenset({Omission.TOO_MANY_LETTERS, Omission.UNVERIFIED_SENDER})
_FAILED = frozenset({Acceptance.UNDELIVERABLE, Acceptance.REVOKED})


def concerns(ticket: Ticket) -> tuple[Concern, ...]:
    """Give what a person has to see to about a ticket, the most pressing first; nothing for most tickets.

    A ticket that was merged goes on under another number, and one whose client's data were erased is closed.
    """
    if ticket.merged_into is not None or ticket.erased_at is not None:
        return ()
    call = ticket.acceptance is Acceptance.PENDING and ticket.confirmation_omitted is Omission.NO_EMAIL
    undelivered = ticket.acceptance in _FAILED
    held_back = ticket.acceptance is Acceptance.NOT_AWAITED and ticket.confirmation_omitted in _HELD_BACK
    # Who names an earlier ticket of his says himself that this is another request.
    alike = ticket.related is not None and ticket.related != ticket.previous_ticket
    needed = {
        Concern.UNDELIVERED: undelivered,
        Concern.CALL: call,
        Concern.LATE: any_open(ticket.flags) and not undelivered and not call,
        Concern.NO_LETTER: held_back,
        Concern.POSSIBLE_DUPLICATE: alike and ticket.related not in ticket.apart,
        Concern.INFORMATION: not ticket.complete and ticket.handed_on is None,
    }
    return tuple(concern for concern, is_needed in needed.items() if is_needed and concern not in ticket.settled)
