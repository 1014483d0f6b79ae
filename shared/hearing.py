"""What a specialist has heard of what a ticket lacks (R6, R10): a submission that gives it."""

from datetime import datetime
from hashlib import blake2b

from shared.domain.contact import Contact
from shared.domain.submission import Channel, Details, Submission

FIELDS = ("description", "steps", "product_version", "device_model", "os_version")
"""Names of the details that can be heard."""

_NOBODY = Contact("", None, None)
"""The ticket's contact stays what it is."""


def heard(ticket: int, said: Details, by: str, at: datetime) -> Submission:
    """Make a submission of what was heard, to be joined to a ticket as an answer.

    The same words said again by the same person are the same submission: a lost reply may be repeated.

    Args:
        ticket: The ticket that it was said about.
        said: What was said, as `shared.request_fields.read_answer` has checked it for `FIELDS`.
        by: Who has heard it.
        at: When.
    """
    words = (getattr(said, name) for name in FIELDS)
    digest = blake2b("\0".join((str(ticket), by, *words)).encode(), digest_size=16).hexdigest()
    return Submission(f"phone-{digest}", Channel.PHONE, at, _NOBODY, said, by=by)
