"""What waits in quarantine: show it, and send it through the mailroom once more (R14)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from functions.intake_email.mailroom import Mailroom
from functions.intake_email.webhook.post import InboundPost, MalformedPostError, NotRawModeError, read_post
from shared.domain.submission import Message, Quarantine, Submission, SubmissionState
from shared.files import CloudStorageFiles, FileStoreError
from shared.ledger import LedgerError
from shared.store.submissions import FirestoreSubmissions

_OPEN = frozenset({SubmissionState.QUARANTINED, SubmissionState.RECEIVED})
"""States in which a submission may still be sent through."""


def listing(submissions: FirestoreSubmissions) -> Iterator[str]:
    """Give some lines for each submission in quarantine, the oldest first."""
    for submission, reason in submissions.quarantined():
        yield _lines(submission, reason)


def _lines(submission: Submission, reason: Quarantine) -> str:
    message = submission.message or Message(raw="")
    score = "" if message.spam_score is None else f" (spam score {message.spam_score:g})"
    sender = message.sender or message.return_path or "unknown sender"
    return "\n".join(
        (
            f"{submission.key}  {submission.received_at:%Y-%m-%d %H:%M} UTC  {reason}{score}",
            f"    from {sender!r}, subject {submission.details.subject!r}",
            f"    as it came: {message.raw}",
        )
    )


@dataclass(frozen=True, slots=True)
class Replay:
    """Sends submissions through the mailroom again.

    Attributes:
        released: A person has judged that they are requests.
        by: The person; None where no name is known.
    """

    mailroom: Mailroom
    files: CloudStorageFiles
    released: bool
    by: str | None = None

    def run(self, keys: Sequence[str]) -> bool:
        """Replay each, print what became of it; tell whether all are settled now."""
        settled = True
        for key in keys:
            try:
                done, what = self._replay(key)
            except (LedgerError, FileStoreError, MalformedPostError, NotRawModeError) as error:
                done, what = False, f"not done: {type(error).__name__}: {error}"
            settled &= done
            print(f"{key}: {what}")
        return settled

    def _replay(self, key: str) -> tuple[bool, str]:
        entry = self.mailroom.submissions.find(key)
        if entry is None:
            return False, "there is no such submission"
        if entry.state not in _OPEN:
            return True, f"is {entry.state} already" + (f" as #{entry.ticket}" if entry.ticket else "")
        if entry.submission.message is None:
            return False, "did not come by e-mail"
        post = _post_of(entry.submission.message, self.files)
        outcome = self.mailroom.replay(entry, post, released=self.released, by=self.by)
        ticket = f" as #{outcome.ticket}" if outcome.ticket else ""
        return outcome.state is not SubmissionState.QUARANTINED, f"{outcome.state}{ticket}"


def _post_of(message: Message, files: CloudStorageFiles) -> InboundPost:
    """Give the provider's call again, from the message as it came and from what was recorded beside it."""
    content = files.get(message.raw)
    if message.raw.endswith(".post"):
        # The whole call was kept; its boundary is on its first line.
        boundary = content.partition(b"\r\n")[0].removeprefix(b"--").decode(errors="replace")
        return read_post(content, f'multipart/form-data; boundary="{boundary}"')
    return InboundPost(
        email=content,
        recipients=message.recipients,
        return_path=message.return_path,
        sender_ip=message.sender_ip,
        spf=message.spf,
        dkim=message.dkim,
        spam_score=message.spam_score,
    )
