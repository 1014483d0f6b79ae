"""Letters in Firestore: notifications together with what they are about, as their sender needs them."""

from collections.abc import Iterable, Mapping
from datetime import date

from shared.domain.notification import TO_CLIENTS, Notification, NotificationKind
from shared.domain.ticket import MOST_REDIRECTS, Ticket
from shared.store import digests, documents, reports, submission_documents
from shared.store.client import patient
from shared.store.errors import ledger_errors
from shared.store.notifications import READ_TIME, FirestoreNotifications
from shared.store.reading import existing, readable
from shared.subjects import DigestSubject, ReportSubject, Subject, TicketSubject


class FirestoreLetters(FirestoreNotifications):
    """Reads also what notifications are about."""

    def subject(self, notification: Notification) -> Subject:
        """Read what a notification is about.

        Raises:
            LookupError: It is not in the ledger.
        """
        if notification.kind is NotificationKind.DIGEST:
            return self._digest(notification.about or "")
        if notification.kind is NotificationKind.REPORT:
            return self._report(date.fromisoformat(notification.about or ""))
        ticket = documents.ticket_from(self._fields(documents.ticket_path(notification.ticket or 0)))
        submission = documents.submission_path(notification.submission or ticket.submissions[0])
        is_notice = notification.kind is NotificationKind.UNDELIVERED
        about = documents.notification_path(notification.about or "") if is_notice else None
        address = digests.address_path(notification.recipient) if notification.kind in TO_CLIENTS else None
        found = self._several(filter(None, (submission, about, address)))
        if submission not in found:
            raise LookupError(f"{submission} is not in the ledger")
        failed = found.get(about or "")
        dead = found.get(address or "")
        entry = submission_documents.entry_from(submission.partition("/")[2], found[submission], None)
        return TicketSubject(
            ticket=ticket,
            submission=entry.submission,
            failed=None if failed is None else documents.notification_from(notification.about or "", failed),
            dead=None if dead is None else digests.address_from(dead),
            attachment=entry.attachment,
            goes_on=self._goes_on(ticket),
        )

    def _fields(self, path: str) -> Mapping[str, object]:
        with ledger_errors():
            fields = self._client.document(path).get(retry=patient(READ_TIME), timeout=READ_TIME).to_dict()
        if fields is None:
            raise LookupError(f"{path} is not in the ledger")
        return fields

    def _goes_on(self, ticket: Ticket) -> int | None:
        """Give the ticket that goes on in the place of one that was merged, at the end of all redirects."""
        number = ticket.merged_into
        for _ in range(MOST_REDIRECTS):
            if number is None:
                return None
            following = documents.ticket_from(self._fields(documents.ticket_path(number))).merged_into
            if following is None:
                return number
            number = following
        raise LookupError(f"the redirects of ticket {ticket.number} lead in a circle")

    def _digest(self, digest_id: str) -> DigestSubject:
        digest = digests.digest_from(digest_id, self._fields(digests.digest_path(digest_id)))
        return DigestSubject(digest, self._tickets(remark.ticket for remark in digest.remarks))

    def _report(self, day: date) -> ReportSubject:
        report = reports.report_from(day, self._fields(reports.report_path(day)))
        return ReportSubject(report, self._tickets(each.ticket for each in report.oldest_open))

    def _tickets(self, numbers: Iterable[int | None]) -> Mapping[int, Ticket]:
        named = {number for number in numbers if number is not None}
        found = self._several(map(documents.ticket_path, named))
        # The others, too, have a place in the letter: there a number stands for its ticket.
        tickets = (readable(documents.ticket_from, fields, path) for path, fields in found.items())
        return {ticket.number: ticket for ticket in tickets if ticket is not None}

    def _several(self, paths: Iterable[str]) -> Mapping[str, documents.Document]:
        """Read those of the documents that exist, by their paths."""
        return {each.path: each.fields for each in existing(self._client, paths, READ_TIME)}
