"""What each identity of a contact was registered with lately, as Firestore documents (R15).

An entry is written with each registration, and read by its name: neither takes a query, and no two registrations wait
for each other.
"""

import hashlib
from collections.abc import Mapping, Sequence

from shared.ledger import Recent, Registration
from shared.store.documents import Document


def contact_path(identity: str) -> str:
    """Give the path of an identity's entry: a digest, for an address may hold characters that no id may."""
    return f"contacts/{hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()}"


def recent_from(document: Document) -> Sequence[Recent]:
    """Read an entry, the oldest first."""
    recent: Mapping[str, Document] = document.get("recent", {})
    found = (Recent(int(number), each["submission"], each["received_at"]) for number, each in recent.items())
    return sorted(found, key=lambda each: (each.received_at, each.ticket))


def recent_document(registration: Registration) -> Mapping[str, object]:
    """Write what a registration adds to an entry."""
    submission = registration.submission
    return {"submission": submission.key, "received_at": submission.received_at}
