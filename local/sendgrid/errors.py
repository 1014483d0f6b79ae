"""SendGrid's error body: `{"errors": [{"message", "field", "help"}]}`."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

WHOLE_BODY = "(root)"
HELP_PAGE = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"

_LIST_INDEX = re.compile(r"\.\d+(?=\.|$)")


@dataclass(frozen=True, slots=True)
class ApiError:
    """One reason for a refusal.

    `field` is a dotted path with list indices (`personalizations.0.to`), `(root)` for the whole body, or None
    when no field is to blame. `help` is the address of SendGrid's explanation, where there is one.
    """

    message: str
    field: str | None = None
    help: str | None = None

    @classmethod
    def at(cls, field: str, message: str) -> ApiError:
        """Blame `field`; the help address follows from it, as in the live API's answers."""
        if field == WHOLE_BODY:
            return cls(message, field, f"{HELP_PAGE}#-Request-Body-Parameters")
        return cls(message, field, f"{HELP_PAGE}#message.{_LIST_INDEX.sub('', field)}")


def error_body(errors: Iterable[ApiError]) -> dict[str, list[dict[str, str | None]]]:
    """Return the answer's body, ready for JSON."""
    return {"errors": [asdict(error) for error in errors]}
