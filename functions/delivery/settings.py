"""What `delivery` takes from its environment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """Settings of `delivery`; sizes are in bytes, lists separated by commas.

    Attributes:
        google_cloud_project: Project of the ledger and of the topic.
        notifications_topic: Short name of the topic that rings `notify`.
        specialists_email: Who is told when a client has not got the number (R9).
        event_keys: SendGrid's public keys for the Event Webhook, as its console shows them; several while one replaces
            the other.
        firestore_database: Database of the ledger.
        max_request_bytes: A post of events; SendGrid's are smaller by far.
    """

    google_cloud_project: str
    notifications_topic: str
    specialists_email: str
    event_keys: tuple[str, ...]
    firestore_database: str = "(default)"
    max_request_bytes: int = 16 * 2**20
