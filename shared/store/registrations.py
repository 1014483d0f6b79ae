"""The registration commit in Firestore (docs/adr/0001-group-commit.md)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from google.cloud import firestore

from shared.domain.flag import any_open
from shared.domain.submission import Submission, SubmissionState
from shared.domain.ticket import Ticket
from shared.ledger import Counter, Entry, LedgerUnavailableError, Registration, Surroundings
from shared.store import contacts, documents
from shared.store.encoding import EncodedBatch
from shared.store.errors import ledger_errors
from shared.store.reading import existing
from shared.store.submission_documents import entry_from, submission_document


class FirestoreRegistrations:
    """`shared.registration.Ledger` in Firestore.

    The client's own retries are off: registration looks at what is there before it tries again.
    """

    def __init__(self, client: firestore.Client) -> None:
        self._client = client

    def look(self, keys: Collection[str], first_number: int, timeout: float) -> tuple[Counter, Mapping[str, Entry]]:
        """See `Ledger.look`."""
        paths = [*map(documents.submission_path, keys), documents.COUNTER]
        # What is read first has not changed by the time of what is read last: it is one call.
        found = {each.path: each for each in existing(self._client, paths, timeout, once=True)}
        counter = found.pop(documents.COUNTER, None)
        state = Counter(first_number - 1, None) if counter is None else Counter(counter.fields["last"], counter.version)
        return state, {each.id: entry_from(each.id, each.fields, each.version) for each in found.values()}

    def commit(self, before: Counter, registrations: Sequence[Registration], timeout: float) -> Counter:
        """See `Ledger.commit`."""
        batch = EncodedBatch(self._client)
        last = registrations[-1].ticket.number
        counter = self._client.document(documents.COUNTER)
        with ledger_errors():
            if before.version is None:
                batch.create_encoded(counter, {"first": before.last + 1, "last": last})
            else:
                batch.update(counter, {"last": last}, option=self._unchanged_since(before.version))
            for registration in registrations:
                self._add(batch, registration)
            results = batch.commit(retry=None, timeout=timeout)
        return Counter(last, results[0].update_time)

    def keep(self, submission: Submission, check_at: datetime, timeout: float) -> None:
        """See `Ledger.keep`."""
        reference = self._client.document(documents.submission_path(submission.key))
        with ledger_errors():
            reference.create(
                submission_document(submission, SubmissionState.RECEIVED, check_at=check_at),
                retry=None,
                timeout=timeout,
            )

    def ticket(self, number: int, timeout: float) -> Ticket:
        """See `Ledger.ticket`."""
        with ledger_errors():
            snapshot = self._client.document(documents.ticket_path(number)).get(retry=None, timeout=timeout)
        fields = snapshot.to_dict()
        if fields is None:
            raise LedgerUnavailableError(f"ticket {number} of a registered submission is not there")
        return documents.ticket_from(fields)

    def surroundings(self, identities: Collection[str], numbers: Collection[int], timeout: float) -> Surroundings:
        """See `Ledger.surroundings`."""
        paths = {contacts.contact_path(identity): identity for identity in identities}
        wanted = [*paths, *map(documents.ticket_path, numbers)]
        found = existing(self._client, wanted, timeout, once=True)
        recent = {paths[each.path]: contacts.recent_from(each.fields) for each in found if each.path in paths}
        tickets = [documents.ticket_from(each.fields) for each in found if each.path not in paths]
        return Surroundings(recent, {ticket.number: ticket for ticket in tickets})

    def submissions(self, keys: Collection[str], timeout: float) -> Mapping[str, Entry]:
        """See `Ledger.submissions`."""
        found = existing(self._client, map(documents.submission_path, keys), timeout, once=True)
        return {each.id: entry_from(each.id, each.fields, each.version) for each in found}

    def _add(self, batch: EncodedBatch, registration: Registration) -> None:
        ticket = registration.ticket
        write_submission(
            batch,
            self._client,
            submission_document(registration.submission, SubmissionState.REGISTERED, ticket=ticket.number),
            registration.submission.key,
            registration.kept,
        )
        reference = self._client.document(documents.ticket_path(ticket.number))
        batch.create_encoded(reference, documents.ticket_document(ticket))
        for letter in registration.notifications:
            reference = self._client.document(documents.notification_path(letter.id))
            batch.create_encoded(reference, documents.notification_document(letter))
        for trace in registration.traces:
            reference = self._client.document(contacts.contact_path(trace.identity))
            recent = contacts.recent_document(registration)
            batch.put_encoded(reference, "recent", str(ticket.number), recent, map(str, trace.outdated))

    def _unchanged_since(self, version: object) -> firestore.WriteOption:
        return self._client.write_option(last_update_time=version)


def write_submission(
    batch: EncodedBatch, client: firestore.Client, fields: Mapping[str, object], key: str, kept: Entry | None
) -> None:
    """Add a submission to a commit: as a new document, or over the one that is known, if nobody has changed it."""
    reference = client.document(documents.submission_path(key))
    if kept is None:
        batch.create_encoded(reference, fields)
    else:
        # A flag is the sweep's to clear, now that its cause is gone.
        check_at = kept.submission.received_at if any_open(kept.flags) else firestore.DELETE_FIELD
        changed = {"reason": firestore.DELETE_FIELD, "check_at": check_at, **fields}
        batch.update(reference, changed, option=client.write_option(last_update_time=kept.version))
