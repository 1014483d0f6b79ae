"""How the sweep's digests and the addresses that do not work look as Firestore documents."""

import hashlib

from shared.domain.lateness import Digest, Remark, Severity
from shared.domain.trouble import DeadAddress
from shared.store.documents import Document


def digest_path(digest_id: str) -> str:
    """Give the path of a digest's document."""
    return f"digests/{digest_id}"


def digest_document(digest: Digest) -> dict[str, object]:
    """Write a digest; its id is the document's."""
    return {
        "at": digest.at,
        "remarks": [_remark_document(remark) for remark in digest.remarks],
        "omitted": digest.omitted,
    }


def digest_from(digest_id: str, document: Document) -> Digest:
    """Read a digest."""
    remarks = tuple(
        Remark(
            Severity(remark["severity"]),
            remark["ticket"],
            remark["submission"],
            remark["text"],
            remark["received_at"],
        )
        for remark in document["remarks"]
    )
    return Digest(digest_id, document["at"], remarks, document["omitted"])


def address_path(address: str) -> str:
    """Give the path of an address that does not work; an address itself may hold characters that no id may."""
    return f"addresses/{hashlib.blake2b(address.encode(), digest_size=16).hexdigest()}"


def address_document(dead: DeadAddress) -> dict[str, object]:
    """Write an address that does not work."""
    return {
        "address": dead.address,
        "since": dead.since,
        "reason": dead.reason,
        "notification": dead.notification,
    }


def address_from(document: Document) -> DeadAddress:
    """Read an address that does not work."""
    return DeadAddress(document["address"], document["since"], document["reason"], document["notification"])


def _remark_document(remark: Remark) -> dict[str, object]:
    return {
        "severity": remark.severity.value,
        "ticket": remark.ticket,
        "submission": remark.submission,
        "text": remark.text,
        "received_at": remark.received_at,
    }
