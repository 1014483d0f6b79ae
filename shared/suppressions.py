"""SendGrid's own lists of addresses that it does not write to, whatever we ask for.

https://www.twilio.com/docs/sendgrid/api-reference/bounces-api/delete-a-bounce
https://www.twilio.com/docs/sendgrid/api-reference/invalid-emails-api/delete-a-specific-invalid-email
"""

from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import quote

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from shared.resending import SuppressionError

LISTS = ("bounces", "invalid_emails")
"""Those that say that an address does not work. Who called our letters spam, or unsubscribed, has a say in it."""


class SendGridSuppressions:
    """`shared.resending.Suppressions` at SendGrid.

    Args:
        api_key: Key with the right to change suppressions.
        url: The API's address, without a path.
        timeout: For one call.
    """

    def __init__(self, api_key: str, url: str, timeout: timedelta) -> None:
        self._api = SendGridAPIClient(api_key, host=url)
        self._api.client.timeout = timeout.total_seconds()

    def lift(self, address: str) -> None:
        """See `Suppressions.lift`."""
        for name in LISTS:
            try:
                self._api.client.suppression._(name)._(quote(address, safe="")).delete()
            except HTTPError as error:
                if error.status_code != HTTPStatus.NOT_FOUND:
                    raise SuppressionError(f"SendGrid answered {error.status_code}") from error
            except (OSError, HTTPException) as error:
                raise SuppressionError(f"SendGrid could not be asked: {type(error).__name__}") from error
