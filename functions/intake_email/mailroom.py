"""The mailroom: what becomes of a message (R1, R5r, R14, R17).

Every message ends in exactly one of these, and each leaves a submission in the ledger that points to the message as it
came: it opens a ticket, joins one, is recorded as no request at all (a bounce, our own letter), or waits in quarantine
for a person. The steps are in an order in which the process may die between any two: the provider calls again, and the
same message has the same key.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO

from functions.intake_email.attachments import Attachments
from functions.intake_email.authentication import authentication
from functions.intake_email.bounced_letters import BouncedLetters
from functions.intake_email.keys import submission_key
from functions.intake_email.letter_limit import LetterLimit
from functions.intake_email.parsing.parsed import ParsedMail
from functions.intake_email.parsing.parser import parse_mail
from functions.intake_email.reading import OwnAddresses, as_message, how_it_came, read_request
from functions.intake_email.threads import Threads
from functions.intake_email.webhook.post import InboundPost
from shared.domain.contact import Contact
from shared.domain.notification import RING_AGAIN_AFTER
from shared.domain.submission import (
    Attachment,
    Channel,
    Details,
    Mark,
    Message,
    Omission,
    Quarantine,
    Submission,
    SubmissionState,
)
from shared.files import Files, FileStoreError
from shared.joining import Joiner
from shared.ledger import Entry, LedgerConflictError, LedgerRefusedError, LedgerUnavailableError
from shared.logs import fields
from shared.numbering import ErasedError
from shared.registration import Kept, Registrar
from shared.store.submissions import FirestoreSubmissions

log = logging.getLogger(__name__)

_UPLOAD_TIME = 30.0
"""Seconds for one message of 30 MB."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message.

    Attributes:
        ticket: The ticket that it opened or joined; None when there is none.
    """

    state: SubmissionState
    ticket: int | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message on its way through the mailroom.

    Attributes:
        key: The submission's key.
        received_at: When it arrived (R16).
        how: How it came.
        cut: Its middle is missing.
        kept: Its entry, when it is in the ledger already, without a ticket.
        released: A person has judged that it is a request.
        by: The person.
    """

    key: str
    received_at: datetime
    how: Message
    cut: bool = False
    kept: Entry | None = None
    released: bool = False
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Mailroom:
    """Takes messages.

    Attributes:
        spam_limit: Spam score from which on a message waits for a person.
        now: Gives the time, aware and in UTC.
    """

    files: Files
    attachments: Attachments
    submissions: FirestoreSubmissions
    registrar: Registrar
    joiner: Joiner
    threads: Threads
    bounced: BouncedLetters
    letter_limit: LetterLimit
    own: OwnAddresses
    spam_limit: float
    now: Callable[[], datetime]

    def take(self, post: InboundPost, received_at: datetime, *, cut: bool = False) -> Outcome:
        """Take a message that the provider passes on.

        Raises:
            FileStoreError, LedgerUnavailableError, LedgerConflictError: It is not safe yet: the provider must come
                again. All that was done will be found done.
        """
        key = submission_key(post.email)
        how = how_it_came(post, self._keep_raw(key, post.email, "eml"))
        incoming = Incoming(key, received_at, how, cut)
        return self._unless_known(incoming, lambda incoming: self._sort_safely(incoming, post.email))

    def take_malformed(self, body: bytes, received_at: datetime, *, cut: bool = False) -> Outcome:
        """Keep a provider's call that can't be taken apart: a message is in it, and a person will find it.

        Raises:
            FileStoreError, LedgerUnavailableError: See `take`.
        """
        key = submission_key(body)
        incoming = Incoming(key, received_at, Message(raw=self._keep_raw(key, body, "post")), cut)
        return self._unless_known(
            incoming, lambda incoming: self._quarantine(incoming, _stub(incoming), Quarantine.MALFORMED)
        )

    def replay(self, entry: Entry, post: InboundPost, *, released: bool, by: str | None = None) -> Outcome:
        """Send a message from quarantine through once more, with its first time of arrival.

        Args:
            entry: As it stands in quarantine.
            post: The message, and what the provider said of it.
            released: A person has judged that it is a request, whatever speaks against it.
            by: The person.

        Raises:
            FileStoreError, LedgerUnavailableError, LedgerConflictError: See `take`.
        """
        submission = entry.submission
        raw = submission.message.raw if submission.message else ""
        cut = Mark.MESSAGE_CUT in submission.marks
        how = how_it_came(post, raw)
        incoming = Incoming(submission.key, submission.received_at, how, cut, entry, released, by)
        return self._sort_safely(incoming, post.email)

    def _unless_known(self, incoming: Incoming, sort: Callable[[Incoming], Outcome]) -> Outcome:
        """Sort a message; one that turns out to be known is answered as before. To look first would cost a read."""
        try:
            return sort(incoming)
        except (LedgerConflictError, ErasedError):
            entry = self.submissions.find(incoming.key)
            if entry is None:
                raise
            if entry.state is SubmissionState.RECEIVED:
                return sort(replace(incoming, kept=entry))
            return self._again(entry)

    def _again(self, entry: Entry) -> Outcome:
        """Answer a repeated delivery: who answered first may not have rung. Of what was erased nothing stays again."""
        if entry.submission.erased_at is not None:
            self.files.delete_of(entry.submission.key)
        elif entry.state is SubmissionState.REGISTERED:
            self.registrar.earlier(entry.submission)
        elif entry.state is SubmissionState.ATTACHED and entry.ticket is not None:
            self.joiner.join(entry.submission, entry.ticket, entry.attachment or Attachment.REPLY)
        log.info("message_known", extra=fields(submission=entry.submission.key, state=entry.state.value))
        return Outcome(entry.state, entry.ticket)

    def _sort_safely(self, incoming: Incoming, raw: bytes) -> Outcome:
        """Sort a message; whatever goes wrong with this one must not lose it, nor stop the others."""
        try:
            return self._sort(incoming, parse_mail(raw, incoming.how.return_path))
        except (FileStoreError, LedgerUnavailableError, LedgerConflictError, ErasedError):
            raise
        except LedgerRefusedError:
            log.exception("message_refused", extra=fields(submission=incoming.key))
            return self._quarantine(incoming, _stub(incoming), Quarantine.REFUSED)
        except Exception:
            # The outermost edge of one message: SendGrid would repeat it for 72 hours, and then drop it.
            log.exception("message_failed", extra=fields(submission=incoming.key))
            return self._quarantine(incoming, _stub(incoming), Quarantine.FAILED)

    def _sort(self, incoming: Incoming, mail: ParsedMail) -> Outcome:
        submission = read_request(incoming.key, incoming.received_at, incoming.how, mail, self.own)
        if incoming.by:
            submission = replace(submission, by=incoming.by)
        if incoming.cut:
            submission = replace(submission, marks=(*submission.marks, Mark.MESSAGE_CUT))
        verdict = authentication(incoming.how.spf, incoming.how.dkim)
        sender = (submission.message.sender if submission.message else None) or ""
        failed = verdict.fails(sender)
        if mail.bounce is not None:
            letter = self.bounced.record(mail.bounce, incoming.how.recipients)
            if letter is not None:
                return self._record(incoming, submission, letter)
            # Delays, too: a postmaster who writes about one is a person, and nobody looks at what is recorded.
            if not incoming.released:
                ready = self._ready(incoming, mail, submission, failed=failed)
                return self._quarantine(incoming, ready, Quarantine.UNKNOWN_BOUNCE)
        if self._is_own_letter(mail, submission):
            return self._record(incoming, submission, None)
        authentic = verdict.speaks_for(sender, incoming.how.return_path)
        belonging = self.threads.belonging(mail, submission, authentic=authentic)
        if belonging.ticket is None:
            return self._open(incoming, mail, submission, belonging.named, failed=failed)
        if belonging.known and (entry := self.submissions.find(incoming.key)) is not None:
            return self._again(entry)
        message = as_message(submission, mail, self.own, belonging.missing)
        message = replace(message, files=self.attachments.store(incoming.key, mail.attachments, cut=incoming.cut))
        # Some robot may read the specialists' letters: what is too much for a client is too much for them.
        told = self.letter_limit.allows(f"ticket {belonging.ticket} {sender}", self.now())
        ticket = self.joiner.join(message, belonging.ticket, Attachment.REPLY, incoming.kept, told=told)
        return Outcome(SubmissionState.ATTACHED, ticket.number)

    def _open(
        self, incoming: Incoming, mail: ParsedMail, submission: Submission, named: int | None, *, failed: bool
    ) -> Outcome:
        details = submission.details if named is None else replace(submission.details, previous_ticket=named)
        submission = self._ready(incoming, mail, replace(submission, details=details), failed=failed)
        if (incoming.how.spam_score or 0.0) >= self.spam_limit and not incoming.released:
            return self._quarantine(incoming, submission, Quarantine.SPAM)
        contact = submission.contact
        if not any((contact.email, contact.phone, contact.name)) and not incoming.released:
            return self._quarantine(incoming, submission, Quarantine.NO_CONTACT)
        outcome = self.registrar.register(submission)
        if isinstance(outcome, Kept):
            # It is safe, but has no number: the provider's next call is the soonest that can give it one.
            raise LedgerUnavailableError("the message is kept, and has no number yet")
        state = SubmissionState.ATTACHED if outcome.duplicate else SubmissionState.REGISTERED
        return Outcome(state, outcome.ticket.number)

    def _ready(self, incoming: Incoming, mail: ParsedMail, submission: Submission, *, failed: bool) -> Submission:
        """Give a request with its files and with what is known against an answer to it (docs/adr/0008-mail-loops.md).

        What waits in quarantine is made ready, too: who releases it need not read the message again.

        Args:
            incoming: How the message came.
            mail: What was read of it.
            submission: What was made of that.
            failed: SPF and DKIM both fail: the sender may be forged.
        """
        message = submission.message
        omission = None
        if message and (message.automatic is not None or (message.sender and self.own.hold(message.sender))):
            omission = Omission.AUTOMATIC
        elif failed and submission.contact.email is not None:
            omission = Omission.UNVERIFIED_SENDER
        files = self.attachments.store(incoming.key, mail.attachments, cut=incoming.cut)
        return replace(submission, files=files, unanswered=omission)

    def _is_own_letter(self, mail: ParsedMail, submission: Submission) -> bool:
        """Tell whether an automatic letter of ours came back: sent by us, as a robot, and signed."""
        sender = submission.message.sender if submission.message else None
        if sender is None or mail.automatic is None or not self.own.hold(sender):
            return False
        if not all(self.own.hold(each.address) for each in mail.reply_to):
            # A mailing list of ours writes so for a client.
            return False
        ids = [*mail.references, *([mail.message_id] if mail.message_id else ())]
        # Digests and reports are about no ticket.
        replies = self.own.replies
        return replies.number_in(ids) is not None or replies.notification_in(ids) is not None

    def _keep_raw(self, key: str, content: bytes, ending: str) -> str:
        name = f"mail/raw/{key}/{hashlib.blake2b(content, digest_size=20).hexdigest()}.{ending}"
        self.files.put(name, BytesIO(content), len(content), "application/octet-stream", _UPLOAD_TIME)
        return name

    def _record(self, incoming: Incoming, submission: Submission, about: str | None) -> Outcome:
        self.submissions.record(submission, about, incoming.kept)
        log.info("message_recorded", extra=fields(submission=incoming.key, notification=about))
        return Outcome(SubmissionState.RECORDED)

    def _quarantine(self, incoming: Incoming, submission: Submission, reason: Quarantine) -> Outcome:
        log.warning("message_quarantined", extra=fields(submission=incoming.key, reason=reason.value))
        if incoming.kept is None:
            self.submissions.quarantine(submission, reason, self.now() + RING_AGAIN_AFTER)
        return Outcome(SubmissionState.QUARANTINED)


def _stub(incoming: Incoming) -> Submission:
    """Give a submission for a message of which nothing could be read: it points to the message as it came."""
    return Submission(
        key=incoming.key,
        channel=Channel.EMAIL,
        received_at=incoming.received_at,
        contact=Contact("", None, None),
        details=Details("", "", "", "", "", "", urgent=False, previous_ticket=None),
        marks=(Mark.MESSAGE_CUT,) if incoming.cut else (),
        message=incoming.how,
    )
