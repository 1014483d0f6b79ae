"""The door for what is missing in a request: the link of our letter leads here, and no login is asked for (R7)."""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil

from flask import Request
from werkzeug import Response

from functions.intake_form.details_page import FIELDS, About, DetailsPages, Question
from functions.intake_form.rate_limit import RateLimit
from functions.intake_form.reading import Answer, Reader
from shared.domain.completeness import Detail
from shared.domain.contact import Contact
from shared.domain.submission import Attachment, Channel, Details, Submission
from shared.domain.ticket import Ticket, tag
from shared.information_links import TOKEN_PARAMETER, Asked, InformationLinks
from shared.joining import BrokenRedirectError, Joiner, redirects
from shared.ledger import LedgerConflictError, LedgerRefusedError, LedgerUnavailableError
from shared.logs import fields
from shared.request_fields import NOTHING_SAID, InvalidFieldsError, read_answer
from shared.web import sender_address

log = logging.getLogger(__name__)

RETRY_AFTER = timedelta(seconds=30)

_NOBODY = Contact("", None, None)
"""Who has the link may be anybody: he adds to the ticket, and its contact stays what it is."""

_FAILURES = (LedgerUnavailableError, LedgerConflictError, LedgerRefusedError, BrokenRedirectError)


@dataclass(frozen=True, slots=True)
class _Found:
    """The ticket of a link, and those that it was merged into, the one that goes on last."""

    tickets: tuple[Ticket, ...]

    @property
    def last(self) -> Ticket:
        return self.tickets[-1]

    @property
    def about(self) -> About:
        named = self.tickets[0]
        # Of the ticket that goes on just the number is shown: what it is about may be another's words.
        return About(self.last.number, named.number, named.title.removeprefix(f"[{tag(named.number)}]").strip())

    def holds(self, submission: Submission) -> bool:
        return any(submission.key in each.submissions for each in self.tickets)

    def lacks(self, asked: Asked) -> tuple[Detail, ...]:
        return tuple(each for each in _shown(asked) if each in self.last.missing)


@dataclass(frozen=True, slots=True)
class DetailsDoor:
    """Shows the page, and takes what is typed there.

    Attributes:
        trusted_proxies: See `shared.web.sender_address`.
    """

    links: InformationLinks
    pages: DetailsPages
    reader: Reader
    joiner: Joiner
    rate_limit: RateLimit
    trusted_proxies: int

    def show(self, request: Request, received_at: datetime) -> Response:
        """Show the page of a link."""
        token = request.args.get(TOKEN_PARAMETER, "")
        asked = self.links.read(token, received_at)
        if not isinstance(asked, Asked):
            return self.pages.dead_link(asked, {})
        try:
            found = self._find(asked.ticket)
        except _FAILURES:
            log.exception("details_not_shown", extra=fields(ticket=asked.ticket))
            return _later(self.pages.failed(), RETRY_AFTER)
        if found is None:
            return self.pages.dead_link(None, {})
        wanted = found.lacks(asked)
        if not wanted:
            return self.pages.nothing_missing(found.about)
        return self.pages.form(HTTPStatus.OK, Question(token, found.about, wanted), {})

    def take(self, request: Request, received_at: datetime) -> Response:
        """Take what was typed.

        Raises:
            Refusal: It can't be read at all.
        """
        answer = self.reader.read_answer(request)
        asked = self.links.read(answer.token, received_at)
        if not isinstance(asked, Asked):
            return self.pages.dead_link(asked, answer.raw)
        try:
            found = self._find(asked.ticket)
            if found is None:
                return self.pages.dead_link(None, answer.raw)
            return self._add(request, answer, asked, found, received_at)
        except _FAILURES:
            log.exception("details_not_kept", extra=fields(ticket=asked.ticket))
            return self._come_again(answer, asked)

    def _add(self, request: Request, answer: Answer, asked: Asked, found: _Found, received_at: datetime) -> Response:
        token, about, wanted = answer.token, found.about, found.lacks(asked)
        # With what was typed into a field that is not wanted any more.
        again = Question(token, about, [each for each in _shown(asked) if each in wanted or answer.raw.get(each.value)])
        try:
            # Also what is there by now: another answer may have come meanwhile, and nothing that was typed is lost.
            details = read_answer(answer.raw, [each.value for each in _shown(asked)])
        except InvalidFieldsError as error:
            return self.pages.form(HTTPStatus.UNPROCESSABLE_ENTITY, again, answer.raw, errors=error.errors)
        if details == NOTHING_SAID:
            if not wanted:
                return self.pages.nothing_missing(about)
            notice = "Ничего не заполнено. Заполните, пожалуйста, хотя бы одно поле."
            return self.pages.form(HTTPStatus.UNPROCESSABLE_ENTITY, Question(token, about, wanted), {}, notice=notice)
        submission = Submission(_key(token, details), Channel.FORM, received_at, _NOBODY, details)
        if found.holds(submission):
            # A second click, whatever the sender's limits.
            return self.pages.thanks(token, about, wanted)
        address = sender_address(request, self.trusted_proxies)
        wait = self.rate_limit.wait(address, _NOBODY, received_at)
        if wait is not None:
            notice = f"Слишком много ответов подряд. Отправьте этот через {ceil(wait / timedelta(minutes=1))} мин."
            return _later(self.pages.form(HTTPStatus.TOO_MANY_REQUESTS, again, answer.raw, notice=notice), wait)
        ticket = self.joiner.join(submission, asked.ticket, Attachment.ANSWER)
        given = [each.value for each in _shown(asked) if getattr(details, each.value)]
        log.info("details_answered", extra=fields(ticket=ticket.number, given=given))
        found = _Found(
            (*found.tickets, ticket) if ticket.number != found.last.number else (*found.tickets[:-1], ticket)
        )
        return self.pages.thanks(token, found.about, found.lacks(asked))

    def _find(self, number: int) -> _Found | None:
        """Find a link's ticket and those that it was merged into; None when it is not there, or takes nothing more."""
        first = self.joiner.find(number)
        if first is None:
            return None
        tickets = tuple(each.ticket for each in redirects(self.joiner.find, first))
        return None if any(each.erased_at is not None for each in tickets) else _Found(tickets)

    def _come_again(self, answer: Answer, asked: Asked) -> Response:
        """Give the page back with what was typed; of the ticket nothing is known but what the link says."""
        notice = "Сейчас сохранить ответ не удалось. Всё, что вы ввели, осталось здесь: отправьте это через минуту."
        question = Question(answer.token, About(asked.ticket, asked.ticket), _shown(asked))
        page = self.pages.form(HTTPStatus.SERVICE_UNAVAILABLE, question, answer.raw, notice=notice)
        return _later(page, RETRY_AFTER)


def _later(response: Response, wait: timedelta) -> Response:
    response.headers["Retry-After"] = str(max(1, ceil(wait.total_seconds())))
    return response


def _shown(asked: Asked) -> tuple[Detail, ...]:
    return tuple(each for each in FIELDS if each in asked.details)


def _key(token: str, details: Details) -> str:
    """Give the submission's key: the same link with the same content is a repeated click."""
    said = f"answer {token} {json.dumps(asdict(details), sort_keys=True)}"
    return f"form-{hashlib.blake2b(said.encode(), digest_size=16).hexdigest()}"
