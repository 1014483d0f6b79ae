"""The ledger's invariants, checked from outside (DESIGN: one request, one number; no gaps; nothing lost).

The audit may run while requests come in: the counter is read first and last, and what was written in between is left to
the next audit.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.domain.delivery import FAILED
from shared.domain.merging import AWAITED
from shared.domain.notification import NotificationKind, NotificationState
from shared.domain.submission import SubmissionState
from shared.domain.ticket import Acceptance
from shared.store.documents import COUNTER, ticket_path

if TYPE_CHECKING:
    from google.cloud.firestore import Client

_WITHOUT_TICKET = (SubmissionState.RECEIVED, SubmissionState.QUARANTINED, SubmissionState.RECORDED)
_OPEN = (SubmissionState.RECEIVED, SubmissionState.QUARANTINED)
_UNSENT = (NotificationState.REQUESTED, NotificationState.SENDING)
_SETTLED = (Acceptance.ACCEPTED, Acceptance.NOT_AWAITED)
_PAGE = 500
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit found; numbers and keys in order.

    Attributes:
        first: The first number given; None when none was.
        last: The last one.
        gaps: Numbers given without a ticket: each would be a lost request.
        duplicates: Submissions that stand in more than one ticket, tickets that do not bear their own number, and
            tickets beyond the counter.
        unanswered: Tickets without a letter to the client and without a reason why not.
        orphans: Submissions that are said to have a ticket, and stand in none.
        waiting: Submissions that are kept and have no number yet; not an error by itself.
        quarantined: Submissions that wait for a person; not an error by itself.
        undelivered: Letters that did not arrive; not an error by itself.
        unwatched: What is not settled, and would be forgotten: the sweep has no `check_at` to find it by, and no open
            flag shows it to a person.
        flagged: What is flagged as late, and still is; not an error by itself.
        remains: What was erased at a client's wish, and is not wholly: data in the ticket, or a submission of it.
        redirects: Merged tickets whose redirect leads nowhere, of which the ticket that it leads to does not know, for
            which somebody still waits, or which a person has taken apart.
    """

    first: int | None
    last: int | None
    gaps: Sequence[int]
    duplicates: Sequence[str]
    unanswered: Sequence[int]
    orphans: Sequence[str]
    waiting: Sequence[str]
    quarantined: Sequence[str]
    undelivered: Sequence[str]
    unwatched: Sequence[str]
    flagged: Sequence[str]
    redirects: Sequence[str]
    remains: Sequence[str]

    @property
    def broken(self) -> bool:
        """Whether an invariant is broken."""
        lost = (self.gaps, self.duplicates, self.unanswered, self.orphans)
        return any((*lost, self.unwatched, self.redirects, self.remains))

    def text(self) -> str:
        """Write the report for a terminal."""
        given = 0 if self.first is None or self.last is None else self.last - self.first + 1
        numbers = f"{given} (#{self.first} to #{self.last})" if given else "0"
        rows: Sequence[tuple[str, Sequence[object]]] = (
            ("gaps", self.gaps),
            ("duplicates", self.duplicates),
            ("tickets without client notification", self.unanswered),
            ("submissions without ticket", self.orphans),
            ("submissions waiting for a number", self.waiting),
            ("submissions in quarantine", self.quarantined),
            ("letters that did not arrive", self.undelivered),
            ("flagged as late", self.flagged),
            ("not settled, and watched by nobody", self.unwatched),
            ("redirects that are broken", self.redirects),
            ("erased, and not wholly", self.remains),
        )
        lines = [f"numbers given: {numbers}", *(f"{title}: {_shown(found)}" for title, found in rows)]
        return "\n".join([*lines, "BROKEN" if self.broken else "all invariants hold"])


def audit(ledger: "Client") -> Report:
    """Read the whole ledger and check it. Costs a read for each document."""
    counter = _counter(ledger)
    first, last = counter.get("first"), counter.get("last")
    numbers: set[int] = set()
    duplicates: list[str] = []
    letterless: set[int] = set()
    owners: dict[str, int] = {}
    claims: Counter[str] = Counter()
    watched = _Watched([], [])
    redirects: dict[int, int] = {}
    erased = _Erased(set(), [])
    fields = (
        *("number", "submissions", "confirmation_omitted", "acceptance", "check_at", "flagged_at"),
        *("merged_into", "handed_on", "follow_up_at", "erased_at", "contact", "participants"),
    )
    for path, ticket in _stream(ledger, "tickets", fields):
        number = ticket["number"]
        watched.look(f"ticket {path}", ticket, settled=_is_settled(ticket))
        erased.look(ticket)
        if ticket.keys().isdisjoint({"merged_into", "handed_on", "follow_up_at", "erased_at"}):
            watched.unwatched.append(f"ticket {path}, never handed on")
        if "merged_into" in ticket:
            redirects[number] = ticket["merged_into"]
        if path != str(number):
            duplicates.append(f"ticket {path} bears number {number}")
        numbers.add(number)
        claims.update(ticket["submissions"])
        owners |= dict.fromkeys(ticket["submissions"], number)
        if "confirmation_omitted" not in ticket:
            letterless.add(number)
    duplicates += [f"submission {key}" for key, count in sorted(claims.items()) if count > 1]

    undelivered = []
    for path, letter in _stream(ledger, "notifications", ("kind", "ticket", "state", "check_at")):
        # What became of the letter with the number is watched at its ticket.
        own = letter["kind"] == NotificationKind.CONFIRMATION and letter["state"] == NotificationState.SENDING
        watched.look(f"letter {path}", letter, settled=own or letter["state"] not in _UNSENT)
        if letter["kind"] == NotificationKind.CONFIRMATION:
            letterless.discard(letter["ticket"])
        if letter["state"] in FAILED:
            undelivered.append(path)

    without_ticket, orphans = _submissions(ledger, owners, last or 0, watched, erased)
    now_last = _counter(ledger).get("last", 0)
    duplicates += [f"ticket {number} is beyond the counter" for number in sorted(numbers) if number > now_last]
    return Report(
        first=first,
        last=last,
        gaps=[] if first is None or last is None else sorted(set(range(first, last + 1)) - numbers),
        duplicates=duplicates,
        unanswered=sorted(letterless),
        orphans=sorted(orphans),
        waiting=sorted(without_ticket[SubmissionState.RECEIVED]),
        quarantined=sorted(without_ticket[SubmissionState.QUARANTINED]),
        undelivered=sorted(undelivered),
        unwatched=watched.unwatched,
        flagged=watched.flagged,
        redirects=list(_broken(ledger, redirects)),
        remains=erased.remains,
    )


def _is_settled(ticket: Mapping[str, Any]) -> bool:
    """Tell whether nothing is left to be done for a ticket: nobody waits for its acceptance, and it was handed on."""
    closed = "merged_into" in ticket or "erased_at" in ticket
    return closed or (ticket["acceptance"] in _SETTLED and "handed_on" in ticket)


def _broken(ledger: "Client", redirects: Mapping[int, int]) -> Iterator[str]:
    """Give the redirects that are not as they should be: to a lower number, which knows of it, with nothing left."""
    for number, into in sorted(redirects.items()):
        # Read once more, both as of one moment: they may have been taken apart since.
        pair = [ledger.document(ticket_path(each)) for each in dict.fromkeys((number, into))]
        found = {int(each.id): each.to_dict() or {} for each in ledger.get_all(pair)}
        gone, target = found[number], found[into]
        if gone.get("merged_into") != into:
            continue
        if into >= number or number not in target.get("merged", ()):
            yield f"ticket {number} into {into}"
        elif gone["acceptance"] in AWAITED or "flagged_at" in gone:
            yield f"ticket {number} into {into}, and somebody waits for it"
        elif into in gone.get("apart", ()) or number in target.get("apart", ()):
            yield f"ticket {number} into {into}, from which it was taken apart"


@dataclass(slots=True)
class _Watched:
    """Whether somebody looks after what is not settled: the sweep, by `check_at`, or a person, by an open flag."""

    unwatched: list[str]
    flagged: list[str]

    def look(self, name: str, document: Mapping[str, Any], *, settled: bool) -> None:
        if "flagged_at" in document:
            self.flagged.append(name)
        elif not settled and "check_at" not in document:
            self.unwatched.append(name)


@dataclass(slots=True)
class _Erased:
    """Whether all of what was erased at a client's wish is.

    Attributes:
        tickets: Numbers of the erased ones.
    """

    tickets: set[int]
    remains: list[str]

    def look(self, ticket: Mapping[str, Any]) -> None:
        if "erased_at" in ticket:
            self.tickets.add(ticket["number"])
            if any(ticket["contact"].values()) or "participants" in ticket:
                self.remains.append(f"ticket {ticket['number']}")

    def look_at_submission(self, key: str, submission: Mapping[str, Any]) -> None:
        if submission.get("ticket") in self.tickets and "erased_at" not in submission:
            self.remains.append(f"submission {key}")


def _submissions(
    ledger: "Client", owners: Mapping[str, int], last: int, watched: _Watched, erased: _Erased
) -> tuple[Mapping[str, Sequence[str]], Sequence[str]]:
    """Give the submissions without a ticket by their state, and those that are missing in theirs."""
    without_ticket: dict[str, list[str]] = {state: [] for state in _WITHOUT_TICKET}
    orphans = []
    for key, submission in _stream(ledger, "submissions", ("state", "ticket", "check_at", "flagged_at", "erased_at")):
        erased.look_at_submission(key, submission)
        watched.look(f"submission {key}", submission, settled=submission["state"] not in _OPEN)
        if submission["state"] in without_ticket:
            without_ticket[submission["state"]].append(key)
        elif submission["ticket"] <= last and owners.get(key) != submission["ticket"]:
            # It may have joined its ticket after that was read.
            ticket = ledger.document(ticket_path(submission["ticket"])).get().to_dict() or {}
            if key not in ticket.get("submissions", ()):
                orphans.append(key)
    return without_ticket, orphans


def _counter(ledger: "Client") -> Mapping[str, Any]:
    return ledger.document(COUNTER).get().to_dict() or {}


def _stream(ledger: "Client", collection: str, fields: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give every document's id and the named fields, page by page: one long stream would not outlive its deadline."""
    query = ledger.collection(collection).select(fields).order_by("__name__").limit(_PAGE)
    page = list(query.stream())
    while page:
        for snapshot in page:
            yield snapshot.id, snapshot.to_dict() or {}
        page = list(query.start_after(page[-1]).stream())


def _shown(found: Sequence[object]) -> str:
    if not found:
        return "none"
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{len(found)}: {', '.join(map(str, found[:_SHOWN]))}{more}"
