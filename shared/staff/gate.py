"""The gate: lets in who may, by the signed assertion alone, and says to all others whom to ask. It fails closed."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from werkzeug import Request

from shared.logs import fields, redact
from shared.staff.assertions import HEADER, Assertions, InvalidAssertionError, KeysUnavailableError
from shared.staff.people import Person

log = logging.getLogger(__name__)


@dataclass(eq=False)
class DeniedError(Exception):
    """Somebody is not let in.

    Attributes:
        status: 403, or 503 where it could not be found out.
        title: What is so, in Russian.
        detail: What to do, in Russian.
    """

    status: HTTPStatus
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets people in.

    Attributes:
        people: All who may, by address.
        ask: Whom to ask for access: an address that the page shows.
    """

    assertions: Assertions
    people: Mapping[str, Person]
    ask: str

    def admit(self, request: Request) -> Person:
        """Give the person who asks.

        Raises:
            DeniedError: See there.
        """
        assertion = request.headers.get(HEADER, "")
        if not assertion:
            raise self._denied("no_assertion", "Откройте её по обычному адресу, через вход для сотрудников.")
        try:
            address = self.assertions.verify(assertion)
        except InvalidAssertionError as error:
            raise self._denied(str(error), "Вход не подтверждён: войдите заново.") from error
        except KeysUnavailableError as error:
            log.warning("staff_keys_unavailable", extra=fields(error=str(error)))
            text = "Сейчас не удаётся проверить, кто вы. Повторите, пожалуйста, через минуту."
            raise DeniedError(HTTPStatus.SERVICE_UNAVAILABLE, "Вход временно не работает", text) from error
        person = self.people.get(address)
        if person is None:
            log.info("staff_unknown", extra=fields(account=redact(address)))
            raise self._denied("unknown_account", "Вашей учётной записи нет в списке сотрудников.")
        return person

    def head_only(self, person: Person) -> None:
        """Let only heads go on.

        Raises:
            DeniedError: The person is none.
        """
        if not person.is_head:
            raise self._denied("not_head", "Это действие доступно только руководителю поддержки.")

    def _denied(self, reason: str, text: str) -> DeniedError:
        log.info("staff_denied", extra=fields(reason=reason))
        ask = f"За доступом обратитесь: {self.ask}."
        return DeniedError(HTTPStatus.FORBIDDEN, "Эта страница — для сотрудников поддержки", f"{text} {ask}")
