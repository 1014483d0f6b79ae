"""A ticket's page: everything that is known of it, what needs a person on top."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Request
from werkzeug import Response

from functions.desk.acting import no_such_ticket
from functions.desk.arrivals import Arrivals
from functions.desk.attention import why
from functions.desk.door import Route
from functions.desk.files import FileLinks
from functions.desk.flash import read_flash
from functions.desk.history_words import Told, story
from functions.desk.moments import Clock, Moment
from functions.desk.seen import seen_mark
from functions.desk.words import CONCERNS, LETTER_STATES, LETTERS, SOURCES, acceptance_of, name_of
from shared.domain.attention import concerns
from shared.domain.checklist import ANSWERS, Answer, checklist, teller
from shared.domain.completeness import Detail, Known
from shared.domain.concern import Concern
from shared.domain.notification import TO_CLIENTS, Failure, Notification
from shared.domain.ticket import Acceptance
from shared.domain.trouble import DeadAddress, explain
from shared.ledger import Entry
from shared.request_fields import LIMITS
from shared.staff.pages import StaffPages
from shared.staff.people import Person
from shared.staff.post_tokens import PostTokens
from shared.store.dossier import Dossier, FirestoreDossiers
from shared.wording import CHANNELS, MARKS, MISSING, OMISSIONS

_TONES: Mapping[Answer, str] = {Answer.YES: "good", Answer.NO: "bad", Answer.NOT_NEEDED: ""}


@dataclass(frozen=True, slots=True)
class ConcernView:
    """What a person has to see to.

    Attributes:
        kind: Decides which remedies the page offers.
        why: How it came to that.
    """

    kind: Concern
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter.

    Attributes:
        times: What happened when.
        by: The person who asked for it; empty where the system did.
        why: Why it did not arrive; empty where nothing is known against it.
    """

    kind: str
    to_client: bool
    recipient: str
    state: str
    tone: str
    times: Sequence[tuple[str, Moment]]
    by: str
    why: str
    attempts: int


@dataclass(frozen=True, slots=True)
class KnownView:
    """A detail that is there, and where it came from.

    Attributes:
        submission: Key of what it came with, where this page shows that; None elsewhere.
    """

    label: str
    value: str
    source: str
    submission: str | None


@dataclass(frozen=True, slots=True)
class TicketPage:
    """Shows tickets.

    Attributes:
        now: Gives the time, aware and in UTC.
        zone: In which times are shown.
    """

    dossiers: FirestoreDossiers
    pages: StaffPages
    tokens: PostTokens
    links: FileLinks
    now: Callable[[], datetime]
    zone: ZoneInfo

    def routes(self) -> Sequence[Route]:
        """Give what can be asked for."""
        return [Route("GET", re.compile(r"/tickets/([0-9]{1,15})"), self._show)]

    def _show(self, request: Request, person: Person, match: re.Match[str]) -> Response:
        dossier = self.dossiers.read(int(match[1]))
        if dossier is None:
            raise no_such_ticket()
        ticket, clock, told = dossier.ticket, Clock(self.now(), self.zone), Told.of(dossier)
        arrivals = Arrivals(self.links, person, clock, f"/tickets/{ticket.number}")
        acceptance, tone = acceptance_of(ticket)
        confirmation = next((letter for letter in dossier.letters if letter.id == ticket.confirmation), None)
        return self.pages.render(
            HTTPStatus.OK,
            "ticket.html",
            person,
            flash=read_flash(request.args),
            post_token=self.tokens.issue(person),
            seen=seen_mark(dossier.history),
            ticket=ticket,
            limits=LIMITS,
            acceptance=acceptance,
            tone=tone,
            told_by=name_of(by) if (by := teller(ticket)) else "",
            omitted=OMISSIONS[ticket.confirmation_omitted] if ticket.confirmation_omitted else "",
            accepted=ticket.acceptance is Acceptance.ACCEPTED,
            channels=[CHANNELS[channel] for channel in ticket.channels],
            moments={
                "received": clock.moment(ticket.received_at),
                "registered": clock.moment(ticket.registered_at),
                "accepted": clock.maybe(ticket.accepted_at),
                "response": clock.moment(ticket.response_starts_at),
                "asked": clock.maybe(ticket.asked_at),
                "reminded": clock.maybe(ticket.reminded_at),
                "handed_on": clock.maybe(ticket.handed_on.at) if ticket.handed_on else None,
                "erased": clock.maybe(ticket.erased_at),
            },
            marks=[MARKS[mark] for mark in ticket.marks],
            known=list(_known(dossier)),
            missing=[(detail.value, MISSING[detail]) for detail in ticket.missing],
            missing_names={detail.value for detail in ticket.missing},
            concerns=[
                ConcernView(concern, CONCERNS[concern], why(concern, ticket, confirmation, clock))
                for concern in concerns(ticket)
            ],
            flags=[arrivals.flag(flag) for flag in ticket.flags],
            dead=[(each.address, clock.moment(each.since), _reason(each)) for each in dossier.dead],
            arrivals=[arrivals.of(entry) for entry in dossier.entries],
            letters=[_letter(letter, clock) for letter in dossier.letters],
            points=[
                (point.text, ANSWERS[point.answer], _TONES[point.answer], clock.maybe(point.at), point.remark)
                for point in checklist(dossier.record)
            ],
            lines=[(clock.moment(line.at), line) for line in story(dossier.history, told)],
        )


def _known(dossier: Dossier) -> Iterator[KnownView]:
    entries = {entry.submission.key: entry for entry in (*dossier.entries, *dossier.known_from)}
    shown = {entry.submission.key for entry in dossier.entries}
    for known in dossier.ticket.known:
        if known.detail is Detail.DESCRIPTION:
            # It stands on the page in full.
            continue
        entry = entries.get(known.submission)
        value = _value(known, entry) if entry else "в журнале этого нет"
        key = known.submission if known.submission in shown else None
        yield KnownView(MISSING[known.detail], value, SOURCES[known.source], key)


def _value(known: Known, entry: Entry) -> str:
    submission = entry.submission
    if submission.erased_at is not None:
        return "удалено"
    if known.detail is Detail.CONTACT:
        return ", ".join(filter(None, (submission.contact.email, submission.contact.phone)))
    return str(getattr(submission.details, known.detail.value))


def _letter(letter: Notification, clock: Clock) -> LetterView:
    state, tone = LETTER_STATES[letter.state]
    steps = {"запрошено": letter.requested_at, "отправлено": letter.sent_at, "последнее событие": letter.event_at}
    return LetterView(
        LETTERS[letter.kind],
        letter.kind in TO_CLIENTS,
        letter.recipient,
        state,
        tone,
        [(label, clock.moment(at)) for label, at in steps.items() if at],
        name_of(letter.requested_by) if letter.requested_by else "",
        explain(letter.failure) if letter.failure else "",
        letter.attempts,
    )


def _reason(dead: DeadAddress) -> str:
    return explain(Failure(None, dead.reason))
