"""What is seen of many tickets at once: what needs a person, the list with its search, today's picture."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from flask import Request
from werkzeug import Response

from functions.desk.door import Route
from shared.domain.working_time import WorkingHours
from shared.staff.pages import StaffPages
from shared.staff.people import Person
from shared.staff.post_tokens import PostTokens
from shared.store.desk import FirestoreDesk


@dataclass(frozen=True, slots=True)
class Listing:
    """Answers what only looks at many tickets."""

    desk: FirestoreDesk
    pages: StaffPages
    tokens: PostTokens
    hours: WorkingHours
    now: Callable[[], datetime]

    def attention(self, _: Request, person: Person, __: re.Match[str]) -> Response:
        """Show what needs a person, the most pressing first."""
        return self.pages.message(HTTPStatus.OK, "Требует внимания", "", person)

    def routes(self) -> Sequence[Route]:
        """Give what can be asked for."""
        return [Route("GET", re.compile("/"), self.attention)]
