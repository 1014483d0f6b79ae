"""Yandex SmartCaptcha, where it is switched on.

https://yandex.cloud/en/docs/smartcaptcha/operations/validate-captcha
"""

import json
import logging
from enum import Enum, auto
from http import HTTPStatus

import requests

from shared.logs import fields
from shared.settings import Secret

VERIFICATION_TIME = 3.0
"""Seconds for asking the service."""

_TOKEN_LENGTH = 4096

log = logging.getLogger(__name__)


class Verdict(Enum):
    """What the service says of a sender."""

    PERSON = auto()
    ROBOT = auto()
    UNKNOWN = auto()
    """The service could not be asked: the request is registered, and marked."""


class SmartCaptcha:
    """Asks the service about a token.

    Args:
        server_key: The secret key.
        url: Where tokens are verified.
    """

    def __init__(self, server_key: Secret, url: str) -> None:
        self._server_key = server_key
        self._url = url

    def verify(self, token: str, address: str) -> Verdict:
        """Ask whether a person sent this.

        Args:
            token: The form's field `smart-token`; one that is empty was never solved.
            address: The sender's IP address.
        """
        if not token.isascii() or not 0 < len(token) <= _TOKEN_LENGTH:
            # Nothing that the widget makes; asking would fail, and failing to ask lets a sender pass.
            return Verdict.ROBOT
        question = {"secret": self._server_key.value, "token": token, "ip": address}
        try:
            response = requests.post(self._url, data=question, timeout=VERIFICATION_TIME, allow_redirects=False)
            if response.status_code != HTTPStatus.OK:
                raise requests.HTTPError(f"status {response.status_code}")
            status = json.loads(response.text)["status"]
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            # The exception's text may hold the request, and with it the key.
            log.warning("captcha_unreachable", extra=fields(error=type(error).__name__))
            return Verdict.UNKNOWN
        return Verdict.PERSON if status == "ok" else Verdict.ROBOT
