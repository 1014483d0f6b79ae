"""A submission's page, and what people decide about one that waits: in quarantine, or for its number."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Request
from werkzeug import Response

from functions.desk.acting import BACK, land, read_post
from functions.desk.arrivals import Arrivals
from functions.desk.door import Route
from functions.desk.files import FileLinks
from functions.desk.flash import local_page, read_flash, with_flash
from functions.desk.moments import Clock
from functions.desk.not_done import NEVER_TAKEN, NotDoneError, not_released
from functions.desk.offering import Field, Look, Offer, Offers
from shared.domain.lateness import QUARANTINED
from shared.domain.submission import Submission, SubmissionState
from shared.ledger import LedgerConflictError, LedgerRefusedError, LedgerUnavailableError
from shared.logs import fields
from shared.numbering import KeyReusedError
from shared.posts import Refusal
from shared.releasing import READABLE, Releaser, ReleaseRefusedError, Written
from shared.request_fields import (
    LABELS,
    LIMITS,
    SPECIALISTS_FLAGS,
    InvalidFieldsError,
    read_answer,
    read_fields,
)
from shared.staff.pages import StaffPages
from shared.staff.people import Person
from shared.staff.post_tokens import FIELD, PostTokens
from shared.store.submissions import FirestoreSubmissions

log = logging.getLogger(__name__)

_KEY = "[A-Za-z0-9-]{1,100}"
_REOPEN = "reopen"
"""Name of the hidden field by which a person takes back that it was closed."""

_WRITTEN: Sequence[Field] = (
    Field("name", LABELS["name"], Look.LINE, LIMITS["name"]),
    Field("email", LABELS["email"], Look.EMAIL, LIMITS["email"]),
    Field("phone", LABELS["phone"], Look.LINE, LIMITS["phone"]),
    Field("description", LABELS["description"], Look.TEXT, LIMITS["description"]),
    Field("urgent", LABELS["urgent"], Look.TICK),
    Field(_REOPEN),
)


class Decision(StrEnum):
    """What can be decided; the last part of its path."""

    RELEASE = "release"
    REGISTER = "register"
    """By hand: a person writes down what it says."""
    DISCARD = "discard"


_BUTTONS: Mapping[Decision, str] = {
    Decision.RELEASE: "Зарегистрировать",
    Decision.REGISTER: "Зарегистрировать",
    Decision.DISCARD: "Закрыть: не обращение",
}


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    """Shows submissions, and takes what is decided about them.

    Attributes:
        now: Gives the time, aware and in UTC.
        zone: In which times are shown.
    """

    submissions: FirestoreSubmissions
    releaser: Releaser
    pages: StaffPages
    tokens: PostTokens
    offers: Offers
    links: FileLinks
    now: Callable[[], datetime]
    zone: ZoneInfo

    def routes(self) -> Sequence[Route]:
        """Give what can be asked for."""
        decisions = [
            Route("POST", re.compile(f"/submissions/({_KEY})/{each}"), partial(self._decide, each)) for each in Decision
        ]
        return [Route("GET", re.compile(f"/submissions/({_KEY})"), self._show), *decisions]

    def _show(self, request: Request, person: Person, match: re.Match[str]) -> Response:
        entry = self.submissions.find(match[1])
        if entry is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "Такого сообщения нет", "Возможно, в адресе опечатка.")
        submission, clock = entry.submission, Clock(self.now(), self.zone)
        arrivals = Arrivals(self.links, person, clock, f"/submissions/{submission.key}")
        closed = entry.state is SubmissionState.RECORDED
        return self.pages.render(
            HTTPStatus.OK,
            "submission.html",
            person,
            flash=read_flash(request.args),
            post_token=self.tokens.issue(person),
            entry=entry,
            arrival=arrivals.of(entry),
            why=QUARANTINED[entry.quarantine] if entry.quarantine else "",
            flags=[arrivals.flag(flag) for flag in entry.flags],
            waits=entry.state is SubmissionState.QUARANTINED,
            kept=entry.state is SubmissionState.RECEIVED,
            closed=closed,
            one_click=entry.quarantine in READABLE,
            reopens=closed and submission.by is not None and submission.erased_at is None,
            written=_WRITTEN,
            values=_known(submission),
            errors={},
        )

    def _decide(self, decision: Decision, request: Request, person: Person, match: re.Match[str]) -> Response:
        key = match[1]
        form, page = read_post(request), f"/submissions/{key}"
        wanted = _WRITTEN if decision is Decision.REGISTER else ()
        typed = {field.name: form.get(field.name, "") for field in wanted}
        offer = Offer(f"{page}/{decision}", page, _BUTTONS[decision], wanted, typed, form.get(BACK, ""), None)
        if self.tokens.read(form.get(FIELD, ""), person) is None:
            return self.offers.stale(offer, person)
        try:
            return self._carry_out(decision, key, offer, person)
        except NotDoneError as refused:
            return self.offers.refused(offer, person, refused)
        except LedgerConflictError:
            return self.offers.contended(offer, person)
        except LedgerUnavailableError:
            log.exception("decision_uncertain", extra=fields(submission=key, decision=decision.value))
            return self.offers.uncertain(offer, person)
        except (LedgerRefusedError, KeyReusedError):
            log.exception("decision_refused", extra=fields(submission=key, decision=decision.value))
            return self.offers.refused(offer, person, NEVER_TAKEN)

    def _carry_out(self, decision: Decision, key: str, offer: Offer, person: Person) -> Response:
        back, by = local_page(offer.back), person.signature
        written = self._written(key, offer.typed) if decision is Decision.REGISTER else None
        try:
            if decision is Decision.DISCARD:
                self.releaser.close(key, by)
                return land(with_flash(back or offer.page, "discard"))
            number = self.releaser.release(key, by, written)
        except ReleaseRefusedError as refused:
            raise not_released(refused) from refused
        if number is None:
            return land(with_flash(back or offer.page, "release_soon"))
        return land(with_flash(back or f"/tickets/{number}", "release", None if back is None else number))

    def _written(self, key: str, typed: Mapping[str, str]) -> Written | None:
        """Read what was written down; None of what is only kept, which needs no person's words.

        Raises:
            NotDoneError: Not everything is there, or right.
        """
        entry = self.submissions.find(key)
        if entry is not None and entry.state is SubmissionState.RECEIVED:
            return None
        texts = {name: text for name, text in typed.items() if name not in {*SPECIALISTS_FLAGS, _REOPEN}}
        try:
            contact, details = read_fields({**texts, "urgent": bool(typed["urgent"])}, SPECIALISTS_FLAGS)
        except InvalidFieldsError as error:
            title, text = "Проверьте написанное", "Исправьте отмеченные поля и зарегистрируйте ещё раз."
            raise NotDoneError(title, text, errors=error.errors) from error
        if entry is not None and details.description == _shown_text(entry.submission):
            # A mail may be longer than what can be typed: what nobody has changed stays whole.
            details = replace(details, description=entry.submission.details.description)
        return Written(contact, details, reopen=bool(typed[_REOPEN]))


def _known(submission: Submission) -> Mapping[str, str]:
    """Give what the form begins with."""
    contact = submission.contact
    return {
        "name": contact.name,
        "email": contact.email or "",
        "phone": contact.phone_as_typed or contact.phone or "",
        "description": submission.details.description[: LIMITS["description"]],
        "urgent": "1" if submission.details.urgent else "",
        _REOPEN: "1" if submission.by is not None else "",
    }


def _shown_text(submission: Submission) -> str:
    shown = submission.details.description[: LIMITS["description"]]
    try:
        return read_answer({"description": shown}, ["description"]).description
    except InvalidFieldsError:
        return ""
