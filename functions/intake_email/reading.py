"""From a parsed message to a submission: who asks, what for, and how it came (R2, R3, R6, R17)."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from functions.intake_email.parsing.parsed import Address, ParsedMail
from functions.intake_email.webhook.post import InboundPost
from shared.domain.answers import answers
from shared.domain.completeness import Detail
from shared.domain.contact import Contact, parse_email
from shared.domain.extraction import Extracted, extract
from shared.domain.submission import Channel, Details, Mark, Message, Submission
from shared.reply_address import ReplyAddresses

SUBJECT_LENGTH = 200
TEXT_LENGTH = 50_000
"""Characters; a document of the ledger takes 1 MiB. The whole text is in the message as it came."""

_NAME_LENGTH = 200
_MOST_PARTICIPANTS = 30
_MOST_REFERENCES = 20
_MOST_DEFECTS = 30
_FORWARD = re.compile(r"\s*(?:fwd?|fw|пересл|пер)\s*:", re.IGNORECASE)
_NO_TEXT = "(письмо без текста)"
_READ = ("steps", "product_version", "device_model", "os_version")
"""What `extract` finds of the details."""


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """Addresses of ours: they are nobody's contact, and what comes from them is not answered.

    Attributes:
        others: Besides the support mailbox, normalised.
    """

    replies: ReplyAddresses
    others: frozenset[str]

    def hold(self, address: str) -> bool:
        """Tell whether an address is ours."""
        return address.lower() in self.others or self.replies.is_ours(address)


def read_request(key: str, received_at: datetime, how: Message, mail: ParsedMail, own: OwnAddresses) -> Submission:
    """Make a submission of a message; its files are not kept yet.

    Args:
        key: The submission's key.
        received_at: Its arrival.
        how: How it came, as far as the provider tells.
        mail: What was read from it.
        own: Our addresses.
    """
    said = extract(mail.text[:TEXT_LENGTH])
    sender = _normal(mail.sender.address) if mail.sender else None
    senders = [*mail.reply_to, *([mail.sender] if mail.sender else ()), Address("", how.return_path)]
    return Submission(
        key=key,
        channel=Channel.EMAIL,
        received_at=received_at,
        contact=Contact(_name(mail.sender, sender), next(_foreign(senders, own), None), said.phone),
        details=_details(mail.subject, mail.text, said),
        from_text=_from_text(said),
        marks=(Mark.TEXT_SHORTENED,) if len(mail.text.strip()) > TEXT_LENGTH else (),
        message=replace(
            how,
            message_id=mail.message_id,
            references=tuple(dict.fromkeys((*mail.references, *mail.in_reply_to)))[-_MOST_REFERENCES:],
            sender=sender,
            participants=_participants(mail, own),
            automatic=mail.automatic,
            defects=mail.defects[:_MOST_DEFECTS],
        ),
    )


def as_message(
    submission: Submission, mail: ParsedMail, own: OwnAddresses, missing: Collection[Detail] = ()
) -> Submission:
    """Make a message of a ticket out of a request: only what is new in it is its text.

    The history below it is in the ticket already, and what our own letters say there is not the client's word. Nor is
    what robots write, or specialists, who name versions when they ask for them.

    Args:
        submission: What was made of the message as a request.
        mail: The message.
        own: Our addresses.
        missing: What the ticket lacks: an answer may give it without saying what it is (R7).
    """
    # What is forwarded looks like history, and is what the message is about.
    forwarded = _FORWARD.match(mail.subject) is not None
    text = mail.text if forwarded else mail.reply
    sender = submission.message.sender if submission.message else None
    of_a_client = mail.automatic is None and not (sender and own.hold(sender))
    written = text[:TEXT_LENGTH] if of_a_client else ""
    said = extract(written)
    if missing and not forwarded:
        # An answer is short: only its beginning is read like that.
        answered = answers(written, missing)
        said = replace(said, **{name: getattr(said, name) or getattr(answered, name) for name in _READ})
    shortened = (Mark.TEXT_SHORTENED,) if len(text.strip()) > TEXT_LENGTH else ()
    return replace(
        submission,
        contact=replace(submission.contact, phone=said.phone),
        details=_details(mail.subject, text, said),
        from_text=_from_text(said),
        marks=tuple(mark for mark in submission.marks if mark is not Mark.TEXT_SHORTENED) + shortened,
    )


def how_it_came(post: InboundPost, raw: str) -> Message:
    """Give what the provider tells of a message.

    Args:
        post: The provider's call.
        raw: Name of the object that holds the message as it came.
    """
    return Message(
        raw=raw,
        recipients=post.recipients[:_MOST_PARTICIPANTS],
        return_path=post.return_path,
        sender_ip=post.sender_ip,
        spf=post.spf,
        dkim=post.dkim,
        spam_score=post.spam_score,
    )


def _details(subject: str, text: str, said: Extracted) -> Details:
    return Details(
        subject=_shorten(subject, SUBJECT_LENGTH),
        description=_shorten(text.strip(), TEXT_LENGTH) or _NO_TEXT,
        steps=said.steps,
        product_version=said.product_version,
        device_model=said.device_model,
        os_version=said.os_version,
        urgent=False,
        previous_ticket=None,
    )


def _from_text(said: Extracted) -> tuple[str, ...]:
    return tuple(name for name in _READ if getattr(said, name))


def _name(sender: Address | None, normal: str | None) -> str:
    """Give the sender's name; the address as written too, where no letter can be sent to it (RFC 6531, say)."""
    if sender is None:
        return ""
    unusable = "" if normal else sender.address
    return _shorten(f"{sender.name} {unusable}".strip(), _NAME_LENGTH)


def _participants(mail: ParsedMail, own: OwnAddresses) -> tuple[str, ...]:
    people = [*([mail.sender] if mail.sender else ()), *mail.reply_to, *mail.to, *mail.cc]
    return tuple(dict.fromkeys(_foreign(people[:_MOST_PARTICIPANTS], own)))


def _foreign(addresses: Sequence[Address], own: OwnAddresses) -> Iterator[str]:
    for each in addresses:
        normal = _normal(each.address)
        if normal and not own.hold(normal):
            yield normal


@lru_cache(maxsize=256)  # a message names its people in several headers, and every message names us
def _normal(address: str) -> str | None:
    try:
        return parse_email(address)
    except ValueError:
        return None


def _shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
