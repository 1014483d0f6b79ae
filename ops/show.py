"""A ticket's dossier as a text for a terminal, with the rule book's check-list (R20)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from ops.terminal import harmless
from shared.domain.checklist import ANSWERS, Answer, Point, checklist, teller
from shared.domain.completeness import Detail, Known, Source
from shared.domain.flag import Flag
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import Notification, NotificationState
from shared.domain.submission import Message
from shared.domain.ticket import Ticket, tag
from shared.domain.trouble import DeadAddress, explain
from shared.ledger import Entry
from shared.store.dossier import Dossier
from shared.wording import CHANNELS, MARKS, MISSING, OMISSIONS

MOSCOW = ZoneInfo("Europe/Moscow")
_EXCERPT = 200
_VALUE = 80
_BOXES: Mapping[Answer, str] = {Answer.YES: "[x]", Answer.NO: "[ ]", Answer.NOT_NEEDED: "[-]"}
_EVENTS: Mapping[Event, str] = {
    Event.MESSAGE_JOINED: "message joined",
    Event.DUPLICATE_ATTACHED: "the same request came once more:",
    Event.DETAILS_ANSWERED: "the client gave what was missing:",
    Event.MERGED: "merged with ticket",
    Event.MERGE_UNDONE: "taken apart again from ticket",
    Event.SPLIT_OFF: "made a request of its own of",
    Event.REMINDED: "reminded the client of what is missing:",
    Event.HANDED_ON: "handed on to classification, revision",
    Event.ACCEPTED: "accepted: the client got",
    Event.UNDELIVERABLE: "undeliverable:",
    Event.ACCEPTANCE_REVOKED: "acceptance revoked: came back",
    Event.LETTER_ASKED_AGAIN: "letter asked for again:",
    Event.NUMBER_TOLD: "the client was told the number, instead of",
    Event.CONTACT_CORRECTED: "the client's address was corrected by",
    Event.CONCERN_SETTLED: "has seen to:",
    Event.ERASED: "erased the client's personal data of ticket",
    Event.EXPORTED: "exported the client's data of ticket",
}

_SOURCES: Mapping[Source, str] = {
    Source.FIELD: "a field of the form",
    Source.TEXT: "the text",
    Source.REPLY: "a message of the client",
    Source.PAGE: "the page of the request",
    Source.SPECIALIST: "a specialist",
}


def text(dossier: Dossier) -> str:
    """Write a dossier. Times are Moscow's; nothing in it can do a terminal harm."""
    parts = (
        _head(dossier),
        _section("known", _known(dossier)),
        _section("flags", map(_flag, dossier.ticket.flags)),
        _section("submissions", _submissions(dossier)),
        _section("letters", (line for letter in dossier.letters for line in _letter(letter))),
        _section("history", _history(dossier)),
        _section("check-list", map(_point, checklist(dossier.record))),
    )
    return "\n".join(line for part in parts for line in part)


def moment(at: datetime | None) -> str:
    """Write a moment to the second, in Moscow time; a dash for none."""
    return f"{at.astimezone(MOSCOW):%Y-%m-%d %H:%M:%S} MSK" if at else "-"


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = list(lines)
    yield ""
    yield title if found else f"{title}: none"
    yield from (f"  {line}" for line in found)


def _head(dossier: Dossier) -> Iterator[str]:
    ticket = dossier.ticket
    yield harmless(ticket.title)
    if ticket.merged_into is not None:
        yield f"merged into {tag(ticket.merged_into)}"
    rows = {
        "contact": _contact(ticket),
        "channels": ", ".join(CHANNELS[channel] for channel in ticket.channels),
        "received": moment(ticket.received_at),
        "registered": moment(ticket.registered_at),
        "accepted": moment(ticket.accepted_at),
        "response from": moment(ticket.response_starts_at),
        "acceptance": _acceptance(ticket),
        "no letter": OMISSIONS[ticket.confirmation_omitted] if ticket.confirmation_omitted else "",
        "missing": ", ".join(MISSING[detail] for detail in ticket.missing) or "nothing",
        "device data": "" if ticket.device_data else "does not apply",
        "asked": moment(ticket.asked_at) if ticket.asked_at else "",
        "reminded": moment(ticket.reminded_at) if ticket.reminded_at else "",
        "handed on": _handed_on(ticket),
        "urgent": "yes" if ticket.urgent else "",
        "previous": f"{tag(ticket.previous_ticket)}, as the client says" if ticket.previous_ticket else "",
        "related": _tags(ticket.related),
        "merged here": _tags(*ticket.merged),
        "kept apart": _tags(*ticket.apart),
        "marks": "; ".join(MARKS[mark] for mark in ticket.marks),
        "participants": harmless(", ".join(ticket.participants)),
        "settled": ", ".join(ticket.settled),
        "erased": moment(ticket.erased_at) if ticket.erased_at else "",
        "next look": moment(ticket.check_at) if ticket.check_at else "",
        "next step": moment(ticket.follow_up_at) if ticket.follow_up_at else "",
    }
    yield from (f"{name:<15}{value}" for name, value in rows.items() if value)
    yield from map(_dead, dossier.dead)


def _tags(*numbers: int | None) -> str:
    return ", ".join(tag(number) for number in numbers if number is not None)


def _handed_on(ticket: Ticket) -> str:
    handover = ticket.handed_on
    if handover is None:
        return ""
    return f"{moment(handover.at)}, revision {handover.revision}{'' if handover.complete else ', incomplete'}"


def _known(dossier: Dossier) -> Iterator[str]:
    entries = {entry.submission.key: entry for entry in (*dossier.entries, *dossier.known_from)}
    for known in dossier.ticket.known:
        entry = entries.get(known.submission)
        value = _value(known, entry) if entry else "what it came with is not in the ledger"
        yield harmless(f"{MISSING[known.detail]}: {value} (from {_SOURCES[known.source]}, {known.submission})")


def _value(known: Known, entry: Entry) -> str:
    submission = entry.submission
    if submission.erased_at is not None:
        return "erased"
    if known.detail is Detail.CONTACT:
        value = submission.contact.email or submission.contact.phone or ""
    else:
        value = " ".join(str(getattr(submission.details, known.detail.value)).split())
    return value if len(value) <= _VALUE else value[:_VALUE] + "…"


def _contact(ticket: Ticket) -> str:
    contact = ticket.contact
    typed = f"typed as «{contact.phone_as_typed}»" if contact.phone_as_typed not in {"", contact.phone} else ""
    return harmless(", ".join(filter(None, (contact.name, contact.email, contact.phone, typed))))


def _acceptance(ticket: Ticket) -> str:
    if told_by := teller(ticket):
        return harmless(f"{ticket.acceptance}, told by {told_by}")
    if ticket.accepted_by:
        return f"{ticket.acceptance}, by {ticket.accepted_by}"
    return f"{ticket.acceptance}, letter {ticket.confirmation or 'none'}"


def _dead(dead: DeadAddress) -> str:
    because = f"{dead.notification}: " if dead.notification else ""
    return harmless(f"{dead.address} gets no letters since {moment(dead.since)}: {because}{dead.reason}")


def _flag(flag: Flag) -> str:
    state = "OPEN" if flag.is_open else f"cleared {moment(flag.cleared_at)}"
    return harmless(f"{moment(flag.raised_at)}  {flag.kind}  {state}  {flag.reason}")


def _submissions(dossier: Dossier) -> Iterator[str]:
    entries = {entry.submission.key: entry for entry in dossier.entries}
    for key in dossier.ticket.submissions:
        if key in entries:
            yield from _submission(entries[key])
        else:
            yield harmless(f"{key}  is not in the ledger")


def _submission(entry: Entry) -> Iterator[str]:
    submission = entry.submission
    yield harmless(f"{moment(submission.received_at)}  {submission.channel}  {_state(entry)}  {submission.key}")
    if submission.by:
        yield harmless(f"    by {submission.by}")
    if submission.apart:
        yield f"    a person says that it does not belong to {_tags(*submission.apart)}"
    said = f"{submission.details.subject}: " if submission.details.subject else ""
    excerpt = " ".join(f"{said}{submission.details.description}".split())
    yield harmless(f"    {excerpt if len(excerpt) <= _EXCERPT else excerpt[:_EXCERPT] + '…'}")
    if submission.message is not None:
        yield harmless(f"    {_message(submission.message)}")
    for file in submission.files:
        kept = file.refusal or file.stored_as or "not kept"
        yield harmless(f"    file {file.name}, {file.size} bytes: {kept}")


def _state(entry: Entry) -> str:
    return f"{entry.state} as {entry.attachment}" if entry.attachment else str(entry.state)


def _message(message: Message) -> str:
    robot = f", a robot's: {message.automatic}" if message.automatic else ""
    verdicts = f"SPF {message.spf or 'none'}, DKIM {message.dkim or 'none'}"
    return f"from {message.sender or 'unknown'}, {verdicts}{robot}; as it came: {message.raw}"


def _letter(letter: Notification) -> Iterator[str]:
    attempts = "1 attempt" if letter.attempts == 1 else f"{letter.attempts} attempts"
    yield harmless(f"{letter.id}  {letter.state}  to {letter.recipient}  {attempts}")
    steps = {
        "requested": letter.requested_at,
        "sent": letter.sent_at,
        "last event": letter.event_at,
        "left alone until": letter.lease_until if letter.state is NotificationState.SENDING else None,
    }
    times = ", ".join(f"{name} {moment(at)}" for name, at in steps.items() if at)
    by = f", asked for by {letter.requested_by}" if letter.requested_by else ""
    yield harmless(f"    {times}{by}")
    if letter.failure is not None:
        status = f" (HTTP {letter.failure.status})" if letter.failure.status else ""
        yield harmless(f"    {explain(letter.failure)}{status}")


def _history(dossier: Dossier) -> Iterator[str]:
    ticket = dossier.ticket
    yield f"{moment(ticket.registered_at)}  system: registered as {tag(ticket.number)}"
    recipients = {letter.id: letter.recipient for letter in dossier.letters}
    yield from (harmless(_line(line, recipients)) for line in dossier.history)


def _line(line: HistoryEntry, recipients: Mapping[str, str]) -> str:
    to = f" to {recipients[line.about]}" if line.about in recipients else ""
    return f"{moment(line.at)}  {line.by}: {_EVENTS[line.event]} {line.about}{to}"


def _point(point: Point) -> str:
    facts = (ANSWERS[point.answer], moment(point.at) if point.at else "", point.remark)
    return harmless(f"{_BOXES[point.answer]} {point.text}: {', '.join(filter(None, facts))}")
