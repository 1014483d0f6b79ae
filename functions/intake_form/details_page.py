"""The pages to which the request for information leads (R7): what is asked for, and the thanks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from werkzeug import Response

from functions.intake_form.page import Pages
from shared.domain.completeness import Detail, is_complete
from shared.information_links import DETAILS_PATH, TOKEN_PARAMETER, Asked, Expired
from shared.request_fields import LABELS, LIMITS

_NAMES: Mapping[Detail, str] = {
    Detail.DESCRIPTION: "описание: что произошло, где и когда",
    Detail.STEPS: "шаги, по которым проблему можно повторить",
    Detail.PRODUCT_VERSION: "версия приложения PASS24",
    Detail.DEVICE_MODEL: "модель телефона",
    Detail.OS_VERSION: "версия операционной системы телефона",
}
FIELDS = tuple(_NAMES)
"""What the page has fields for. Nobody can change the contact by it: the link may have been passed on."""


@dataclass(frozen=True, slots=True)
class About:
    """The ticket, as far as the page shows it.

    Attributes:
        number: The ticket that goes on.
        named: The ticket that the letter was about: another one, where it was merged since.
        topic: What the latter is about, in the client's words; empty where the ledger does not say.
    """

    number: int
    named: int
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What the page asks for.

    Attributes:
        token: The link's.
        about: The ticket.
        wanted: What there are fields for.
    """

    token: str
    about: About
    wanted: Sequence[Detail]


@dataclass(frozen=True, slots=True)
class DetailsPages:
    """Renders them."""

    pages: Pages

    def form(
        self,
        status: HTTPStatus,
        question: Question,
        typed: Mapping[str, str],
        *,
        notice: str | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        """Give the page with the fields, and what was typed into them.

        Args:
            status: The answer's status.
            question: What is asked for.
            typed: Texts by field name.
            notice: What is wrong, where it is not about one field.
            errors: What is wrong, by field.
        """
        names = [each.value for each in question.wanted]
        return self.pages.render(
            status,
            "details.html",
            about=question.about,
            names=names,
            values={name: typed.get(name, "") for name in names},
            errors=errors or {},
            notice=notice,
            limits=LIMITS,
            action=DETAILS_PATH,
            token=question.token,
            token_name=TOKEN_PARAMETER,
        )

    def thanks(self, token: str, about: About, left: Sequence[Detail]) -> Response:
        """Give the page after an answer.

        Args:
            token: The link's: whoever has left something out may go on with it.
            about: The ticket.
            left: What was asked for and is still missing.
        """
        return self.pages.render(
            HTTPStatus.OK,
            "details_thanks.html",
            about=about,
            left=[_NAMES[each] for each in left],
            complete=is_complete(left),
            back=f"{DETAILS_PATH}?{TOKEN_PARAMETER}={token}",
        )

    def nothing_missing(self, about: About) -> Response:
        """Give the page for a ticket that lacks nothing of what was asked for."""
        return self.pages.render(HTTPStatus.OK, "details_complete.html", about=about)

    def failed(self) -> Response:
        """Give the page where the ledger does not say what is missing."""
        title, text = "Сбой на нашей стороне", "Сейчас открыть эту страницу не удалось. Обновите её через минуту."
        return self.pages.message(HTTPStatus.SERVICE_UNAVAILABLE, title, text)

    def dead_link(self, read: Asked | Expired | None, typed: Mapping[str, str]) -> Response:
        """Give the page for a link that leads nowhere (any more).

        Args:
            read: What the link's token says; None for one that is not ours.
            typed: Texts by field name, so that nobody has to type them again.
        """
        expired = isinstance(read, Expired)
        return self.pages.render(
            HTTPStatus.GONE if expired else HTTPStatus.NOT_FOUND,
            "details_dead_link.html",
            expired=expired,
            ticket=read.ticket if read else None,
            typed=[(LABELS[each.value], typed[each.value]) for each in FIELDS if typed.get(each.value, "").strip()],
        )
