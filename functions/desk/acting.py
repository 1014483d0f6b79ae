"""What specialists decide about a ticket: from a post to what was done, or to a page that says why it was not.

Nobody acts on what he has not seen: each form carries what its page knew of the history, and who was overtaken by a
colleague sees first what has changed. The same post again finds that it was done, and ends on the same page.
"""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Protocol

from flask import Request
from werkzeug import Response
from werkzeug.utils import redirect

from functions.desk.door import Route
from functions.desk.flash import local_page, with_flash
from functions.desk.not_done import NEVER_TAKEN, NotDoneError
from functions.desk.offering import Field, Offer, Offers
from functions.desk.seen import SEEN, of_consequence, unseen
from shared.domain.history import HistoryEntry
from shared.ledger import LedgerConflictError, LedgerRefusedError, LedgerUnavailableError
from shared.logs import fields
from shared.posts import FORMS, Refusal, read_form, refusals
from shared.staff.people import Person
from shared.staff.post_tokens import FIELD, PostTokens, from_other_site
from shared.store.dossier import Dossier, FirestoreDossiers

log = logging.getLogger(__name__)

BACK = "back"
"""Name of the hidden field that says where to go afterwards."""

_MOST_BYTES = 300_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for.

    Attributes:
        dossier: The ticket as it is.
        typed: The action's fields.
    """

    dossier: Dossier
    person: Person
    typed: Mapping[str, str]

    @property
    def number(self) -> int:
        """The ticket's number."""
        return self.dossier.ticket.number


@dataclass(frozen=True, slots=True)
class Landing:
    """Where somebody ends who has done something.

    Attributes:
        ticket: Whose page it is.
        code: What was done; see `functions.desk.flash`.
    """

    ticket: int
    code: str


class Action(Protocol):
    """Something that can be done about a ticket."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        ...

    @property
    def button(self) -> str:
        """What its button says."""
        ...

    @property
    def fields(self) -> Sequence[Field]:
        """What its form holds."""
        ...

    @property
    def by_letters(self) -> bool:
        """Whether somebody may decide otherwise for what became of a letter."""
        ...

    def carry_out(self, asked: Asked) -> Landing:
        """Do it.

        Raises:
            NotDoneError, LedgerError: See there.
        """
        ...

    def done_by(self, line: HistoryEntry, asked: Asked) -> Landing | None:
        """Give where to end when a line of the history says that just this was done; None when it does not."""
        ...


@dataclass(frozen=True, slots=True)
class Acting:
    """Takes the posts of forms about tickets."""

    dossiers: FirestoreDossiers
    tokens: PostTokens
    offers: Offers
    actions: Sequence[Action]

    def routes(self) -> Sequence[Route]:
        """Give what can be asked for."""
        return [
            Route("POST", re.compile(rf"/tickets/([0-9]{{1,15}})/{re.escape(each.name)}"), partial(self._act, each))
            for each in self.actions
        ]

    def _act(self, action: Action, request: Request, person: Person, match: re.Match[str]) -> Response:
        number, page = int(match[1]), f"/tickets/{int(match[1])}"
        form = read_post(request)
        typed = {field.name: form.get(field.name, "") for field in action.fields}
        back, seen = form.get(BACK, ""), form.get(SEEN)
        offer = Offer(f"{page}/{action.name}", page, action.button, action.fields, typed, back, seen)
        if self.tokens.read(form.get(FIELD, ""), person) is None:
            return self.offers.stale(offer, person)
        try:
            return self._answer(action, number, offer, person)
        except LedgerConflictError:
            return self.offers.contended(offer, person)
        except LedgerUnavailableError:
            log.exception("action_uncertain", extra=fields(ticket=number, action=action.name))
            return self.offers.uncertain(offer, person)
        except LedgerRefusedError:
            log.exception("action_refused", extra=fields(ticket=number, action=action.name))
            return self.offers.refused(offer, person, NEVER_TAKEN)

    def _answer(self, action: Action, number: int, offer: Offer, person: Person) -> Response:
        dossier = self.dossiers.read(number)
        if dossier is None:
            raise no_such_ticket()
        asked = Asked(dossier, person, offer.typed)
        if offer.seen is not None and (new := _new_to(action, dossier, offer.seen)):
            done = _done_before(action, asked, new)
            return self._land(done, offer) if done else self.offers.changed(offer, person, dossier, new)
        try:
            return self._land(action.carry_out(asked), offer)
        except NotDoneError as refused:
            # A second click, while the first was at work, is refused what the first has done.
            now = self.dossiers.read(number) or dossier
            new = _new_to(action, now, offer.seen)
            done = None if refused.errors else _done_before(action, Asked(now, person, offer.typed), new)
            return self._land(done, offer) if done else self.offers.refused(offer, person, refused, now)

    def _land(self, landing: Landing, offer: Offer) -> Response:
        back = local_page(offer.back)
        there = f"/tickets/{landing.ticket}" if back is None else back
        return land(with_flash(there, landing.code, None if back is None else landing.ticket))


def no_such_ticket() -> Refusal:
    """Give what to answer where there is no ticket with a number."""
    return Refusal(HTTPStatus.NOT_FOUND, "Такого обращения нет", "Проверьте номер: возможно, в нём опечатка.")


def read_post(request: Request) -> Mapping[str, str]:
    """Read a form that one of our own pages has sent, its token not yet checked.

    Raises:
        Refusal: It is no such form.
    """
    if from_other_site(request):
        title, text = "Действие запросил другой сайт", "Ничего не сделано. Откройте обращение и повторите там."
        raise Refusal(HTTPStatus.FORBIDDEN, title, text)
    if request.mimetype not in FORMS:
        text = "Действия принимаются только из форм на страницах стола."
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Нужна форма", text)
    title, text = "Слишком много текста", "Сократите его и отправьте ещё раз."
    with refusals(request, Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, title, text)):
        return read_form(request, _MOST_BYTES, _MOST_BYTES).to_dict()


def land(address: str) -> Response:
    """Send a browser to a page after a post, so that reloading it repeats nothing."""
    return redirect(address, HTTPStatus.SEE_OTHER)


def _new_to(action: Action, dossier: Dossier, seen: str | None) -> Sequence[HistoryEntry]:
    """Give the lines that a page has not shown, as far as they bear on an action; the latest, if it has shown none."""
    if seen is None:
        return of_consequence(dossier.history, letters=action.by_letters)[-1:]
    return unseen(dossier.history, seen, letters=action.by_letters)


def _done_before(action: Action, asked: Asked, new: Sequence[HistoryEntry]) -> Landing | None:
    """Give where a repeated click ends; None when no line says that the first has done it."""
    own = (line for line in reversed(new) if line.by == asked.person.signature)
    try:
        return next(filter(None, (action.done_by(line, asked) for line in own)), None)
    except NotDoneError:
        # What was typed is nothing that can have been done.
        return None
