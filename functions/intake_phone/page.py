"""The specialists' pages: the call, its number, and what to do when it has none yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo

from werkzeug import Response

from functions.intake_phone.call import SAME_AS, STARTED_AT
from functions.intake_phone.saving import Way
from shared.domain.ticket import Acceptance, Ticket
from shared.request_fields import LIMITS, SPECIALISTS_FLAGS
from shared.staff.pages import StaffPages
from shared.staff.people import Person
from shared.staff.post_tokens import PostTokens
from shared.web import rfc3339
from shared.wording import MISSING


@dataclass(frozen=True, slots=True)
class Shown:
    """A number that is shown to be read aloud.

    Attributes:
        number: The call's.
        tickets: Its ticket, and those that it was merged into, the one that goes on last; empty where the ledger does
            not say.
        way: How the call came by it; None where that is not said.
    """

    number: int
    tickets: tuple[Ticket, ...]
    way: Way | None


@dataclass(frozen=True, slots=True)
class CallPages:
    """Renders them.

    Attributes:
        zone: In which times are shown and typed.
    """

    pages: StaffPages
    tokens: PostTokens
    zone: ZoneInfo

    def call(  # noqa: PLR0913  # each says one thing of the one page
        self,
        person: Person,
        now: datetime,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        typed: Mapping[str, object] | None = None,
        token: str | None = None,
        notice: str | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        """Give the page of a call.

        Args:
            person: Who types.
            now: The present, at which the call begins until somebody types.
            status: The answer's status.
            typed: What to fill in; None for an empty page.
            token: The page's token; None for a new one.
            notice: What is wrong, where it is not about one field.
            errors: What is wrong, by field.
        """
        values: dict[str, object] = {STARTED_AT: f"{now.astimezone(self.zone):%Y-%m-%dT%H:%M:%S}", **(typed or {})}
        return self.pages.render(
            status,
            "call.html",
            person,
            values={name: str(values.get(name) or "") for name in (*LIMITS, STARTED_AT, SAME_AS)}
            | {name: bool(values.get(name)) for name in SPECIALISTS_FLAGS},
            blank=typed is None,
            token=token or self.tokens.issue(person),
            notice=notice,
            errors=errors or {},
            limits=LIMITS,
            now=rfc3339(now),
            offset=now.astimezone(self.zone).isoformat()[-6:],
            zone=self.zone.key,
        )

    def saved(self, person: Person, shown: Shown, status: HTTPStatus, *, notice: str | None = None) -> Response:
        """Give the page with the number.

        Args:
            person: Who reads it aloud.
            shown: The number.
            status: The answer's status.
            notice: What is wrong.
        """
        ticket = shown.tickets[-1] if shown.tickets else None
        number = ticket.number if ticket else shown.number
        return self.pages.render(
            status,
            "saved.html",
            person,
            number=number,
            merged=shown.number if number != shown.number else None,
            ticket=ticket,
            way=shown.way.value if shown.way else "",
            accepted=ticket is not None and ticket.acceptance is Acceptance.ACCEPTED,
            missing=[MISSING[detail] for detail in ticket.missing] if ticket else [],
            token=self.tokens.issue(person),
            notice=notice,
        )

    def kept(self, person: Person, status: HTTPStatus) -> Response:
        """Give the page of a call that is safe, and has no number yet."""
        return self.pages.render(status, "kept.html", person)
