"""A client's personal data: given out, or erased, at the client's wish; heads alone decide that.

To erase takes two posts: the first shows what would go, the second names the ticket's number as a confirmation. The
form of the second says whose data were shown, so that an attempt that broke off can be made again when the ticket
itself knows no client any more.
"""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Request
from werkzeug import Response

from functions.desk.acting import land, no_such_ticket, read_post
from functions.desk.door import Route
from functions.desk.flash import with_flash
from shared.domain.erasure import Client, client_of, parse_client
from shared.domain.ticket import Ticket, tag
from shared.erasing import Eraser, ErasureUnfinishedError
from shared.exporting import Exporter
from shared.files import FileStoreError
from shared.ledger import LedgerError
from shared.logs import fields
from shared.posts import Refusal
from shared.staff.gate import Gate
from shared.staff.pages import StaffPages
from shared.staff.people import Person
from shared.staff.post_tokens import FIELD, PostTokens

log = logging.getLogger(__name__)

CLIENT, NUMBER = "client", "number"
"""Names of the confirmation's fields: whose data it has shown, and the ticket's number as it was typed."""

_TICKET = r"/tickets/([0-9]{1,15})/"
_LONGEST_NUMBER = 20
_RETRY_AFTER = "10"
"""Seconds."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose data somebody wants to erase, and on which ticket's page."""

    ticket: Ticket
    client: Client
    person: Person

    @property
    def whose(self) -> str:
        """How the confirmation's form says whose data it is about."""
        client = self.client
        return client.email or client.phone or tag(client.ticket or 0)


@dataclass(frozen=True, slots=True)
class PersonalDataDoor:
    """Gives out and erases.

    Attributes:
        gate: Tells who is a head.
    """

    eraser: Eraser
    exporter: Exporter
    gate: Gate
    pages: StaffPages
    tokens: PostTokens

    def routes(self) -> Sequence[Route]:
        """Give what can be asked for."""
        return [
            Route("POST", re.compile(f"{_TICKET}erase"), self._erase),
            Route("POST", re.compile(f"{_TICKET}export"), self._export),
        ]

    def _export(self, request: Request, person: Person, match: re.Match[str]) -> Response:
        ticket, _ = self._read(request, person, match)
        if ticket.erased_at is not None:
            text = "О клиенте этого обращения система больше ничего не хранит."
            raise Refusal(HTTPStatus.CONFLICT, "Данные уже удалены", text)
        given = self.exporter.export(client_of(ticket), person.signature)
        response = Response(json.dumps(given, ensure_ascii=False, indent=2), content_type="application/json")
        response.headers["Content-Disposition"] = f'attachment; filename="client-of-{ticket.number}.json"'
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    def _erase(self, request: Request, person: Person, match: re.Match[str]) -> Response:
        ticket, form = self._read(request, person, match)
        shown, number = form.get(CLIENT, ""), form.get(NUMBER)
        if ticket.erased_at is not None and not shown:
            text = "Больше ничего удалять не нужно. Если что-то пришло позже, откройте новое обращение клиента."
            raise Refusal(HTTPStatus.CONFLICT, "Данные уже удалены", text)
        client = client_of(ticket) if ticket.erased_at is None else _named(shown)
        asked = _Asked(ticket, client, person)
        if number is None:
            return self._ask(asked, HTTPStatus.OK)
        if shown != asked.whose:
            # Somebody has corrected the contact meanwhile: it may be another person's.
            text = "Контакт в обращении изменился: проверьте ещё раз."
            return self._ask(asked, HTTPStatus.CONFLICT, text)
        if number.strip().strip("[]#") != str(ticket.number):
            text = f"Это не номер обращения. Введите {ticket.number}."
            return self._ask(asked, HTTPStatus.UNPROCESSABLE_ENTITY, text)
        try:
            self.eraser.erase(client, person.signature)
        except (ErasureUnfinishedError, LedgerError, FileStoreError) as error:
            # Without the error's own words: they may hold what is to be forgotten.
            log.error("erasure_unfinished", extra=fields(ticket=ticket.number, error=type(error).__name__))  # noqa: TRY400  # see above
            text = "Удалено не всё: база данных или хранилище файлов не ответили. Подтвердите ещё раз."
            response = self._ask(asked, HTTPStatus.SERVICE_UNAVAILABLE, text)
            response.headers["Retry-After"] = _RETRY_AFTER
            return response
        return land(with_flash(f"/tickets/{ticket.number}", "erase"))

    def _ask(self, asked: _Asked, status: HTTPStatus, error: str = "") -> Response:
        """Show what would be erased, and ask for the ticket's number."""
        return self.pages.render(
            status,
            "erase.html",
            asked.person,
            number=asked.ticket.number,
            tag=tag(asked.ticket.number),
            client=asked.whose,
            # Where something is silent already, nobody waits for that again.
            plan=None if status is HTTPStatus.SERVICE_UNAVAILABLE else self.eraser.plan(asked.client),
            error=error,
            longest=_LONGEST_NUMBER,
            post_token=self.tokens.issue(asked.person),
        )

    def _read(self, request: Request, person: Person, match: re.Match[str]) -> tuple[Ticket, Mapping[str, str]]:
        """Read a head's post, and the ticket that it is about."""
        self.gate.head_only(person)
        form = read_post(request)
        if self.tokens.read(form.get(FIELD, ""), person) is None:
            text = "Ничего не сделано. Откройте обращение заново и повторите."
            raise Refusal(HTTPStatus.FORBIDDEN, "Страница устарела", text)
        stored = self.eraser.data.ticket(int(match[1]))
        if stored is None:
            raise no_such_ticket()
        return stored.ticket, form


def _named(text: str) -> Client:
    """Read what the form says of whose data it is about.

    Raises:
        Refusal: It says nothing like that.
    """
    number = text.removeprefix("#")
    try:
        return Client(ticket=int(number)) if number != text else parse_client(text)
    except ValueError as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, "Неизвестно, чьи это данные", "Откройте обращение заново.") from error
