"""The same action offered once more, with all that was typed: after a refusal, a change, or no answer of the ledger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from zoneinfo import ZoneInfo

from werkzeug import Response

from functions.desk.history_words import Told, sentence
from functions.desk.moments import Clock
from functions.desk.not_done import NotDoneError
from functions.desk.seen import seen_mark
from functions.desk.words import acceptance_of
from shared.domain.history import HistoryEntry
from shared.staff.pages import StaffPages
from shared.staff.people import Person
from shared.staff.post_tokens import PostTokens
from shared.store.dossier import Dossier
from shared.wording import MISSING

_RETRY_AFTER = "10"
"""Seconds."""

FORCE = "force"
"""Name of the hidden field by which a person insists."""


class Look(StrEnum):
    """How a field looks."""

    HIDDEN = "hidden"
    LINE = "text"
    EMAIL = "email"
    NUMBER = "number"
    TEXT = "textarea"
    TICK = "checkbox"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an action's form.

    Attributes:
        label: In Russian; empty for what nobody sees.
        most: Characters.
    """

    name: str
    label: str = ""
    look: Look = Look.HIDDEN
    most: int = 1000


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that may be asked for once more.

    Attributes:
        action: Where its form is sent.
        page: The page to look at instead.
        button: What its button says.
        typed: Values by field.
        back: Where to go after it, as a form has said.
        seen: What the page knew of the history; None where it knew nothing.
    """

    action: str
    page: str
    button: str
    fields: Sequence[Field]
    typed: Mapping[str, str]
    back: str
    seen: str | None


@dataclass(frozen=True, slots=True)
class Offers:
    """Renders the pages that say why something was not done, and offer it again.

    Attributes:
        now: Gives the time, aware and in UTC.
        zone: In which times are shown.
    """

    pages: StaffPages
    tokens: PostTokens
    now: Callable[[], datetime]
    zone: ZoneInfo

    def stale(self, offer: Offer, person: Person) -> Response:
        """Say that the page was open for too long, or was another person's."""
        title, text = "Страница устарела", "Ничего не сделано: страница была открыта слишком долго. Повторите действие."
        return self._render(HTTPStatus.FORBIDDEN, offer, person, title, text)

    def contended(self, offer: Offer, person: Person) -> Response:
        """Say that others keep changing the same."""
        title = "Обращение как раз меняют другие"
        return self._render(HTTPStatus.CONFLICT, offer, person, title, "Ничего не сделано. Повторите через минуту.")

    def uncertain(self, offer: Offer, person: Person) -> Response:
        """Say that the ledger has not answered."""
        title = "Неизвестно, сделано ли"
        text = "База данных не ответила. Повторите: если всё уже сделано, второй раз оно не сделается."
        response = self._render(HTTPStatus.SERVICE_UNAVAILABLE, offer, person, title, text)
        response.headers["Retry-After"] = _RETRY_AFTER
        return response

    def refused(self, offer: Offer, person: Person, refused: NotDoneError, dossier: Dossier | None = None) -> Response:
        """Say why it is not done, and offer it again where that makes sense: with other values, or all the same."""
        if dossier is not None:
            offer = replace(offer, seen=None if offer.seen is None else seen_mark(dossier.history))
        if refused.forcible:
            offer = replace(offer, typed={**offer.typed, FORCE: "1"}, button="Всё равно отправить")
        status = HTTPStatus.UNPROCESSABLE_ENTITY if refused.errors else HTTPStatus.CONFLICT
        visible = any(field.look is not Look.HIDDEN for field in offer.fields)
        return self._render(
            status,
            offer,
            person,
            refused.title,
            refused.text,
            errors=refused.errors or {},
            ticket=refused.ticket,
            offered=refused.forcible or (visible and not refused.final),
        )

    def changed(self, offer: Offer, person: Person, dossier: Dossier, new: Sequence[HistoryEntry]) -> Response:
        """Say what others have done since the page was shown, and offer the action again to who still wants it."""
        ticket = dossier.ticket
        clock = Clock(self.now(), self.zone)
        told = Told.of(dossier)
        acceptance, tone = acceptance_of(ticket)
        return self._render(
            HTTPStatus.CONFLICT,
            replace(offer, seen=seen_mark(dossier.history)),
            person,
            "Пока вы смотрели, обращение изменилось",
            "Ваше действие ещё не сделано. Посмотрите, что произошло, и решите, нужно ли оно.",
            lines=[(clock.moment(line.at), sentence(line, told)) for line in new],
            standing={
                "title": ticket.title,
                "acceptance": acceptance,
                "tone": tone,
                "email": ticket.contact.email,
                "missing": [MISSING[detail] for detail in ticket.missing],
                "merged_into": ticket.merged_into,
            },
        )

    def _render(  # noqa: PLR0913  # what the one template shows
        self,
        status: HTTPStatus,
        offer: Offer,
        person: Person,
        heading: str,
        text: str,
        *,
        errors: Mapping[str, str] | None = None,
        ticket: int | None = None,
        offered: bool = True,
        lines: Sequence[object] = (),
        standing: Mapping[str, object] | None = None,
    ) -> Response:
        return self.pages.render(
            status,
            "again.html",
            person,
            heading=heading,
            text=text,
            offer=offer,
            offered=offered,
            post_token=self.tokens.issue(person),
            errors=errors or {},
            ticket=ticket,
            lines=lines,
            standing=standing,
        )
