"""Erasure: what is left of a ticket, a submission and a letter once the client's personal data are gone.

Numbers, times, channels and states stay, so that the ledger still counts what happened; words, names and addresses go.
Every function gives the same object where nothing is left to be erased, so that a repeated erasure finds what remains.
docs/adr/0020-erasure.md says who is a client, and why which part goes.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.contact import Contact, identities, parse_email, parse_phone
from shared.domain.flag import Flag, FlagKind, cleared
from shared.domain.history import HistoryEntry
from shared.domain.merging import AWAITED
from shared.domain.notification import TO_CLIENTS, Failure, Notification, NotificationState
from shared.domain.submission import Details, Submission
from shared.domain.ticket import Acceptance, Ticket, tag
from shared.domain.trouble import ERASED_REASON, KNOWN_DEAD_REASON, NOT_NEEDED

ERASED_TOPIC = "Данные удалены по запросу клиента"
"""What stands in an erased ticket's title, behind its number."""

SOMEBODY = "client"
"""Who did something, in a ticket's history, where his address was erased."""

_NOBODY = Contact("", None, None)
_NOTHING = Details("", "", "", "", "", "", urgent=False, previous_ticket=None)
_UNSENT = frozenset({NotificationState.REQUESTED, NotificationState.SENDING})
_OWN_REASONS = NOT_NEEDED | {KNOWN_DEAD_REASON}
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
"""An enhanced status code (RFC 3463): all that a mail server's words may leave behind."""
_FLAGGED: Mapping[FlagKind, str] = {
    FlagKind.NOT_REGISTERED: "Номер не был присвоен за 15 минут.",
    FlagKind.REGISTERED_LATE: "Номер присвоен позже, чем через 15 минут после поступления.",
    FlagKind.NOT_CONFIRMED: "За 15 минут не было подтверждено, что клиент получил номер.",
}


@dataclass(frozen=True, slots=True)
class Client:
    """Whose data it is about: one mailbox, one phone number without a mailbox, or a ticket that names neither.

    Exactly one of the three is there. Whoever has the mailbox is taken for the person; a phone number is only
    somebody's claim, and counts where no address stands beside it (`shared.domain.contact.may_be_same`).

    Attributes:
        email: Normalised.
        phone: E.164.
        ticket: Number of a ticket whose client has left neither.
    """

    email: str | None = None
    phone: str | None = None
    ticket: int | None = None

    def __post_init__(self) -> None:
        if [self.email, self.phone, self.ticket].count(None) != 2:  # noqa: PLR2004  # all but one
            raise ValueError("a client is known by one thing")

    @property
    def identity(self) -> str | None:
        """By what other requests are found; None where there is nothing."""
        return next(iter(identities(Contact("", self.email, self.phone))), None)

    def is_contact(self, contact: Contact) -> bool:
        """Tell whether a contact is this client's."""
        if self.email is not None:
            return contact.email == self.email
        return self.phone is not None and contact.phone == self.phone and contact.email is None

    def has_written(self, submission: Submission) -> bool:
        """Tell whether a submission is this client's own."""
        message = submission.message
        if message is None or self.email is None:
            return self.is_contact(submission.contact)
        # What can't be read has an envelope only.
        by_envelope = submission.contact.email is None and message.return_path.lower() == self.email
        return self.is_contact(submission.contact) or message.sender == self.email or by_envelope


def parse_client(text: str) -> Client:
    """Read an e-mail address or a phone number.

    Raises:
        ValueError: It is neither.
    """
    return Client(email=parse_email(text)) if "@" in text else Client(phone=parse_phone(text))


def client_of(ticket: Ticket) -> Client:
    """Give the client of a ticket."""
    contact = ticket.contact
    if contact.email is not None:
        return Client(email=contact.email)
    return Client(ticket=ticket.number) if contact.phone is None else Client(phone=contact.phone)


def erased_ticket(ticket: Ticket, at: datetime) -> Ticket:
    """Give a ticket without its client's data: nobody waits for anything about it any more.

    What points to other tickets stays, numbers being nobody's data, and so does what a specialist has said.
    """
    after = replace(
        ticket,
        title=f"[{tag(ticket.number)}] {ERASED_TOPIC}",
        contact=_NOBODY,
        participants=(),
        acceptance=Acceptance.NOT_AWAITED if ticket.acceptance in AWAITED else ticket.acceptance,
        flags=tuple(map(_erased_flag, cleared(ticket.flags, at))),
        check_at=None,
        follow_up_at=None,
        erased_at=ticket.erased_at or at,
    )
    return ticket if after == ticket else after


def erased_submission(submission: Submission, at: datetime) -> Submission:
    """Give a submission of which only arrival, channel and the client's consent are left."""
    after = replace(
        submission,
        contact=_NOBODY,
        details=replace(_NOTHING, urgent=submission.details.urgent),
        files=(),
        message=None,
        from_text=(),
        erased_at=submission.erased_at or at,
    )
    return submission if after == submission else after


def without(client: Client, submission: Submission) -> Submission:
    """Give somebody else's submission without the places in which it names a client by his address or number."""
    contact, message = submission.contact, submission.message
    if client.is_contact(contact):
        # A wrong address that was typed in: the name beside it is of whoever typed it.
        contact = replace(contact, email=None) if client.email else _NOBODY
    if message is not None and client.email is not None:
        message = replace(
            message,
            sender=None if message.sender == client.email else message.sender,
            participants=tuple(each for each in message.participants if each != client.email),
            recipients=tuple(each for each in message.recipients if each.lower() != client.email),
            return_path="" if message.return_path.lower() == client.email else message.return_path,
        )
    after = replace(submission, contact=contact, message=message)
    return submission if after == submission else after


def without_participant(client: Client, ticket: Ticket) -> Ticket:
    """Give somebody else's ticket, in which a client takes no part any more."""
    left = tuple(each for each in ticket.participants if each != client.email)
    return ticket if left == ticket.participants else replace(ticket, participants=left)


def erased_letter(letter: Notification) -> Notification:
    """Give a letter about an erased ticket, or to an erased client: one that was not sent yet, is not sent any more."""
    unsent = letter.state in _UNSENT
    failure = Failure(None, ERASED_REASON) if unsent else _erased_failure(letter.failure)
    after = replace(
        letter,
        recipient="" if letter.kind in TO_CLIENTS else letter.recipient,
        state=NotificationState.DROPPED if unsent else letter.state,
        failure=failure,
        check_at=None,
        lease_until=None,
        # The provider's name for it would lead to the address in the provider's own log.
        message_id=None,
        claim=None,
    )
    return letter if after == letter else after


def erased_line(line: HistoryEntry, addresses: Collection[str]) -> HistoryEntry:
    """Give a line of history that does not say by its address which client did it."""
    return replace(line, by=SOMEBODY) if line.by in addresses else line


def addresses_in(ticket: Ticket, submissions: Collection[Submission]) -> frozenset[str]:
    """Give the addresses of all clients who stand in a ticket: those of our side are nobody's contact there."""
    messages = [each.message for each in submissions if each.message is not None]
    contacts = [ticket.contact, *(each.contact for each in submissions)]
    return frozenset(
        (
            *filter(None, (contact.email for contact in contacts)),
            *ticket.participants,
            *(address for message in messages for address in message.participants),
        )
    )


def _erased_flag(flag: Flag) -> Flag:
    # Flags of earlier releases repeat mail servers' words, and those the address.
    return replace(flag, reason=_FLAGGED[flag.kind])


def _erased_failure(failure: Failure | None) -> Failure | None:
    """Give a failure with no more of the server's words than their code: they repeat the address."""
    if failure is None or failure.reason in _OWN_REASONS:
        return failure
    code = _STATUS.search(failure.reason)
    return Failure(failure.status, code[0] if code else "")
