"""What came in, as the pages show it: its text, how it came, its files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from functions.desk.files import FileLinks
from functions.desk.moments import Clock, Moment, size
from functions.desk.words import ATTACHMENTS, SUBMISSION_STATES, name_of
from shared.domain.flag import Flag
from shared.domain.submission import Attachment, Channel, Details, Message, Submission, SubmissionState
from shared.domain.ticket import tag
from shared.ledger import Entry
from shared.request_fields import LABELS
from shared.staff.people import Person
from shared.wording import CHANNELS, MARKS

Row = tuple[str, str]
"""A label and a text."""

_DETAILS = ("steps", "product_version", "device_model", "os_version")


@dataclass(frozen=True, slots=True)
class FileView:
    """A file.

    Attributes:
        link: Where it is downloaded; None when it was not kept.
        refusal: Why it was not; empty when it was.
    """

    name: str
    size: str
    link: str | None
    refusal: str


@dataclass(frozen=True, slots=True)
class FlagView:
    """A flag.

    Attributes:
        cleared: When its cause was gone; None while it is not.
    """

    reason: str
    raised: Moment
    cleared: Moment | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A submission.

    Attributes:
        what: As what it came, or how far it has come.
        by: The specialist who wrote it down, or decided about it; empty where none did.
        rows: What it says in fields.
        text: What it says.
        marks: What there is to know about it.
        how: How it came, if by e-mail.
        raw: Link to the message as it came; None when there is none.
        splits: Whether it can be made a request of its own.
    """

    key: str
    channel: str
    at: Moment
    what: str
    by: str
    contact: Sequence[str]
    subject: str
    text: str
    rows: Sequence[Row]
    marks: Sequence[str]
    how: Sequence[Row]
    files: Sequence[FileView]
    raw: str | None
    splits: bool


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Makes views of submissions for one person's page.

    Attributes:
        page: The page's path: whoever comes with a link that is too old is led back there.
    """

    links: FileLinks
    person: Person
    clock: Clock
    page: str

    def of(self, entry: Entry) -> Arrival:
        """Give the view of an entry."""
        submission = entry.submission
        message = submission.message
        return Arrival(
            key=submission.key,
            channel=CHANNELS[submission.channel],
            at=self.clock.moment(submission.received_at),
            what=ATTACHMENTS[entry.attachment] if entry.attachment else SUBMISSION_STATES[entry.state],
            by=name_of(submission.by) if submission.by else "",
            contact=contact_lines(submission),
            subject=submission.details.subject,
            text=submission.details.description,
            rows=list(_rows(submission.details)),
            marks=[*(MARKS[mark] for mark in submission.marks), *_apart(submission)],
            how=list(_how(message)) if message else [],
            files=[self._file(submission, place) for place in range(len(submission.files))],
            raw=self.links.message(message, submission.key, self.person, self.page) if message else None,
            splits=_splits(entry),
        )

    def flag(self, flag: Flag) -> FlagView:
        """Give the view of a flag."""
        return FlagView(flag.reason, self.clock.moment(flag.raised_at), self.clock.maybe(flag.cleared_at))

    def _file(self, submission: Submission, place: int) -> FileView:
        file = submission.files[place]
        link = self.links.file(file, self.person, self.page)
        return FileView(file.name, size(file.size), link, file.refusal or ("" if link else "не сохранён"))


def contact_lines(submission: Submission) -> list[str]:
    """Give what a submission says of who sent it."""
    contact = submission.contact
    return list(filter(None, (contact.name, contact.email, contact.phone_as_typed or contact.phone)))


def _rows(details: Details) -> Iterator[Row]:
    for name in _DETAILS:
        value = str(getattr(details, name))
        if value:
            yield LABELS[name], value
    if details.previous_ticket is not None:
        yield LABELS["previous_ticket"], tag(details.previous_ticket)


def _how(message: Message) -> Iterator[Row]:
    rows = {
        "От кого": message.sender or "не указано",
        "Конверт": message.return_path or "пусто",
        "Кому": ", ".join(message.recipients),
        "Участники": ", ".join(message.participants),
        "SPF": message.spf or "нет",
        "DKIM": message.dkim or "нет",
        "Оценка спама": "" if message.spam_score is None else f"{message.spam_score:g}".replace(".", ","),
        "Похоже на автоматическое": message.automatic or "",
        "Сервер отправителя": message.sender_ip,
        "Message-ID": message.message_id or "нет",
        "Что не так с письмом": "; ".join(message.defects),
    }
    return ((label, text) for label, text in rows.items() if text)


def _apart(submission: Submission) -> Iterator[str]:
    if submission.apart:
        yield f"человек решил, что это не {', '.join(map(tag, submission.apart))}"


def _splits(entry: Entry) -> bool:
    joined = entry.state is SubmissionState.ATTACHED and entry.attachment is not Attachment.ANSWER
    # What a specialist has written down for a ticket of its own is one.
    return joined and (entry.submission.channel is not Channel.PHONE or bool(entry.submission.details.description))
