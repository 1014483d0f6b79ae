"""What is seen of many tickets at once: what needs a person, the list with its search, today's picture."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Request
from werkzeug import Response
from werkzeug.utils import redirect

from functions.desk import rows
from functions.desk.attention import for_people, letters_needed, sections
from functions.desk.cursors import read_place, write_place
from functions.desk.door import Route
from functions.desk.flash import read_flash
from functions.desk.moments import Clock
from functions.desk.search import LONGEST, read_search
from functions.desk.today import day_of, picture
from functions.desk.words import SHORT_CONCERNS
from shared.domain.working_time import WorkingHours
from shared.staff.pages import StaffPages
from shared.staff.people import Person
from shared.staff.post_tokens import PostTokens
from shared.store.desk import FirestoreDesk, Place
from shared.store.today import FirestoreToday
from shared.wording import CHANNELS


@dataclass(frozen=True, slots=True)
class Listing:
    """Answers what only looks at many tickets.

    Attributes:
        now: Gives the time, aware and in UTC.
    """

    desk: FirestoreDesk
    days: FirestoreToday
    pages: StaffPages
    tokens: PostTokens
    hours: WorkingHours
    now: Callable[[], datetime]

    def routes(self) -> Sequence[Route]:
        """Give what can be asked for."""
        return (
            Route("GET", re.compile("/"), self.attention),
            Route("GET", re.compile("/tickets"), self.tickets),
            Route("GET", re.compile("/today"), self.today),
        )

    def attention(self, request: Request, person: Person, _: re.Match[str]) -> Response:
        """Show what needs a person, the most pressing first."""
        found = self.desk.attention()
        shown = sections(found, self.desk.letters(letters_needed(found)), self._clock())
        return self._page(
            "attention.html",
            person,
            sections=shown,
            total=for_people(shown),
            token=self.tokens.issue(person),
            flash=read_flash(request.args),
        )

    def tickets(self, request: Request, person: Person, _: re.Match[str]) -> Response:
        """Show a page of the list, of all tickets or of those that are looked for."""
        search = read_search(request.args, self.hours.zone)
        if search.ticket is not None:
            return redirect(f"/tickets/{search.ticket}", HTTPStatus.SEE_OTHER)
        by_text = bool(search.wanted.text)
        older = read_place(request.args.get("older", ""), by_text=by_text)
        newer = read_place(request.args.get("newer", ""), by_text=by_text)
        if newer is not None and older is None:
            page = self.desk.page_before(search.wanted, newer)
        else:
            page = self.desk.page(search.wanted, older)
        return self._page(
            "tickets.html",
            person,
            search=search,
            tickets=page.tickets,
            older=_link(search.chosen, "older", page.last),
            newer=_link(search.chosen, "newer", page.first),
            first=_link(search.chosen) if older is not None or newer is not None else None,
            by_text=by_text,
            concerns=SHORT_CONCERNS,
            longest=LONGEST,
        )

    def today(self, _: Request, person: Person, __: re.Match[str]) -> Response:
        """Show what the day has come to so far."""
        now = self.now()
        begin, _end = day_of(now, self.hours.zone)
        figures = self.days.count(begin, now)
        return self._page("today.html", person, picture=picture(figures, now, self.hours.zone))

    def _page(self, template: str, person: Person, **values: object) -> Response:
        values |= {"clock": self._clock(), "rows": rows, "channels": CHANNELS}
        return self.pages.render(HTTPStatus.OK, template, person, **values)

    def _clock(self) -> Clock:
        return Clock(self.now(), self.hours.zone)


def _link(chosen: Mapping[str, str], name: str = "", place: Place | None = None) -> str | None:
    """Give the address of another part of a list; None when there is none."""
    if name and place is None:
        return None
    parameters = {**chosen, name: write_place(place)} if place is not None else chosen
    return f"/tickets?{urlencode(parameters)}" if parameters else "/tickets"
