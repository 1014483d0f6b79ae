"""One client's data in Firestore: found, and erased.

The indexes that its queries need. All are of a single field; the pages go by the documents' names, which such an index
holds as well. Fields that are not listed here, nor by another module of this folder, need none.

| collection | field | what for |
|---|---|---|
| tickets | contact.email, contact.phone | the client's tickets |
| tickets | participants (array) | other clients' tickets in which he takes part |
| submissions | contact.email, contact.phone | his submissions |
| submissions | message.participants (array), message.recipients (array), message.return_path | what names him |
| submissions | state | quarantine, and what is no request: read whole |
| notifications | recipient | letters to him (also needed by `shared.store.changes`) |
| history (collection group) | by | what he did in any ticket |
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from google.cloud import firestore

from shared.domain.erasure import Client
from shared.domain.history import HistoryEntry
from shared.domain.submission import SubmissionState
from shared.domain.trouble import DeadAddress
from shared.ledger import Entry, Recent, StoredNotification, StoredTicket
from shared.personal_data import READ_TIME, StoredLine
from shared.store import contacts, digests, documents, submission_documents
from shared.store.changes import FirestoreChanges
from shared.store.client import patient
from shared.store.errors import ledger_errors
from shared.store.reading import existing

WRITE_TIME = 10.0
"""Seconds for one write."""

_PAGE = 200
_ASIDE = (SubmissionState.QUARANTINED, SubmissionState.RECORDED)


class FirestorePersonalData(FirestoreChanges):
    """`shared.erasing.Erasable` in Firestore."""

    def tickets_of(self, client: Client, most: int) -> Sequence[StoredTicket]:
        """See `PersonalData.tickets_of`."""
        if client.ticket is not None:
            stored = self.ticket(client.ticket)
            return [] if stored is None else [stored]
        found = (_ticket(each) for each in self._where("tickets", *_contact(client)))
        return list(islice((each for each in found if client.is_contact(each.ticket.contact)), most))

    def ticket(self, number: int) -> StoredTicket | None:
        """See `PersonalData.ticket`."""
        return self.tickets([number], READ_TIME).get(number)

    def with_participant(self, address: str, most: int) -> Sequence[StoredTicket]:
        """See `PersonalData.with_participant`."""
        return [_ticket(each) for each in self._where("tickets", "participants", "array_contains", address, most)]

    def naming(self, client: Client, most: int) -> Sequence[Entry]:
        """See `PersonalData.naming`."""
        queries = [_contact(client)]
        if client.email is not None:
            queries += [(f"message.{name}", "array_contains", client.email) for name in ("participants", "recipients")]
            queries.append(("message.return_path", "==", client.email))
        found = [each for query in queries for each in self._where("submissions", *query, most)]
        return list({each.id: _entry(each) for each in found}.values())

    def aside(self, address: str) -> Sequence[Entry]:
        """See `PersonalData.aside`."""
        return [
            _entry(each)
            for state in _ASIDE
            for each in self._where("submissions", "state", "==", state.value)
            if _holds(each.to_dict(), address)
        ]

    def entries(self, keys: Collection[str]) -> Mapping[str, Entry]:
        """See `PersonalData.entries`."""
        found = existing(self._client, map(documents.submission_path, keys), READ_TIME)
        return {each.id: submission_documents.entry_from(each.id, each.fields, each.version) for each in found}

    def letters_about(self, number: int) -> Sequence[StoredNotification]:
        """See `PersonalData.letters_about`."""
        # By their ids, which begin with the ticket's number. «.» follows «-».
        collection = self._client.collection("notifications")
        first, beyond = (collection.document(f"{number}{end}") for end in "-.")
        query = collection.order_by("__name__").start_at({"__name__": first}).end_before({"__name__": beyond})
        return [_letter(each) for each in self._pages(query)]

    def letters_to(self, address: str, most: int) -> Sequence[StoredNotification]:
        """See `PersonalData.letters_to`."""
        return [_letter(each) for each in self._where("notifications", "recipient", "==", address, most)]

    def lines_of(self, number: int) -> Sequence[StoredLine]:
        """See `PersonalData.lines_of`."""
        query = self._client.collection(f"{documents.ticket_path(number)}/history").order_by("__name__")
        return [_line(each) for each in self._pages(query)]

    def lines_by(self, address: str, most: int) -> Sequence[StoredLine]:
        """See `PersonalData.lines_by`."""
        said = firestore.FieldFilter("by", "==", address)
        query = self._client.collection_group("history").where(filter=said).order_by("__name__")
        return [_line(each) for each in islice(self._pages(query), most)]

    def recent(self, identity: str) -> Sequence[Recent]:
        """See `PersonalData.recent`."""
        found = existing(self._client, [contacts.contact_path(identity)], READ_TIME)
        return [recent for each in found for recent in contacts.recent_from(each.fields)]

    def dead_address(self, address: str, timeout: float) -> DeadAddress | None:
        """See `PersonalData.dead_address`."""
        found = existing(self._client, [digests.address_path(address)], timeout)
        return next((digests.address_from(each.fields) for each in found), None)

    def addresses_beside(self, phone: str) -> Collection[str]:
        """See `PersonalData.addresses_beside`."""
        found = (_ticket(each).ticket.contact.email for each in self._where("tickets", "contact.phone", "==", phone))
        return {email for email in found if email is not None}

    def write_line(self, before: StoredLine, after: HistoryEntry) -> None:
        """See `Erasable.write_line`."""
        fields = documents.changed(documents.history_document(before.line), documents.history_document(after))
        self._write(before.path, fields, before.version)

    def forget_request(self, identity: str, number: int) -> None:
        """See `Erasable.forget_request`."""
        path = contacts.contact_path(identity)
        for each in existing(self._client, [path], READ_TIME):
            left = dict(each.fields.get("recent", {}))
            if left.pop(str(number), None) is None:
                continue
            if left:
                self._write(path, {"recent": left}, each.version)
                continue
            option = self._client.write_option(last_update_time=each.version)
            with ledger_errors():
                self._client.document(path).delete(option=option, retry=None, timeout=WRITE_TIME)

    def forget_identity(self, identity: str) -> None:
        """See `Erasable.forget_identity`."""
        self._delete(contacts.contact_path(identity))

    def forget_address(self, address: str, ticket: int | None = None) -> None:
        """See `Erasable.forget_address`."""
        if ticket is not None:
            dead = self.dead_address(address, READ_TIME)
            if dead is None or not (dead.notification or "").startswith(f"{ticket}-"):
                return
        self._delete(digests.address_path(address))

    def _write(self, path: str, fields: Mapping[str, object], version: object) -> None:
        option = self._client.write_option(last_update_time=version)
        with ledger_errors():
            self._client.document(path).update(dict(fields), option=option, retry=None, timeout=WRITE_TIME)

    def _delete(self, path: str) -> None:
        with ledger_errors():
            self._client.document(path).delete(retry=patient(WRITE_TIME), timeout=WRITE_TIME)

    def _where(self, collection: str, field: str, how: str, value: str, most: int | None = None) -> Iterator[Any]:
        named = firestore.FieldFilter(field, how, value)
        query = self._client.collection(collection).where(filter=named).order_by("__name__")
        return islice(self._pages(query), most)

    def _pages(self, query: Any) -> Iterator[Any]:  # noqa: ANN401  # the client's queries are generic in no useful way
        page_of = query.limit(_PAGE)
        while True:
            with ledger_errors():
                page = list(page_of.stream(retry=patient(READ_TIME), timeout=READ_TIME))
            yield from page
            if len(page) < _PAGE:
                return
            page_of = query.limit(_PAGE).start_after(page[-1])


def _contact(client: Client) -> tuple[str, str, str]:
    if client.email is not None:
        return "contact.email", "==", client.email
    return "contact.phone", "==", client.phone or ""


def _ticket(snapshot: Any) -> StoredTicket:  # noqa: ANN401  # the client's snapshots are generic in no useful way
    return StoredTicket(documents.ticket_from(snapshot.to_dict() or {}), snapshot.update_time)


def _entry(snapshot: Any) -> Entry:  # noqa: ANN401  # as above
    return submission_documents.entry_from(snapshot.id, snapshot.to_dict() or {}, snapshot.update_time)


def _letter(snapshot: Any) -> StoredNotification:  # noqa: ANN401  # as above
    letter = documents.notification_from(snapshot.id, snapshot.to_dict() or {})
    return StoredNotification(letter, snapshot.update_time)


def _line(snapshot: Any) -> StoredLine:  # noqa: ANN401  # as above
    line, path = documents.history_from(snapshot.to_dict() or {}), snapshot.reference.path
    return StoredLine(int(path.split("/")[1]), path, line, snapshot.update_time)


def _holds(value: Any, text: str) -> bool:  # noqa: ANN401  # whatever stands in a document
    """Tell whether a text stands anywhere in a document, in whatever case."""
    match value:
        case str():
            return text in value.lower()
        case dict():
            return any(_holds(each, text) for each in value.values())
        case list():
            return any(_holds(each, text) for each in value)
    return False
