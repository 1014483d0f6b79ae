"""What is closed because its client's personal data were erased (docs/adr/0020-erasure.md)."""

from shared.ledger import LedgerConflictError


class ErasedTicketError(LedgerConflictError):
    """The ticket takes nothing any more; what belongs to it is a request of its own."""
