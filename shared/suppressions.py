"""SendGrid's own lists of addresses that it does not write to, whatever we ask for.

https://www.twilio.com/docs/sendgrid/api-reference/bounces-api/delete-a-bounce
https://www.twilio.com/docs/sendgrid/api-reference/invalid-emails-api/delete-a-specific-invalid-email
"""

from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import quote

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
        self._api_key = api_key
        self._url = url
        self._timeout = timeout

    def lift(self, address: str) -> None:
        """See `Suppressions.lift`."""
        # Rarely called, and a tenth of a second to load.
        from python_http_client.exceptions import HTTPError  # noqa: PLC0415
        from sendgrid import SendGridAPIClient  # noqa: PLC0415

        api = SendGridAPIClient(self._api_key, host=self._url)
        api.client.timeout = self._timeout.total_seconds()
        for name in LISTS:
            try:
                api.client.suppression._(name)._(quote(address, safe="")).delete()
            except HTTPError as error:
                if error.status_code != HTTPStatus.NOT_FOUND:
                    raise SuppressionError(f"SendGrid answered {error.status_code}") from error
            except (OSError, HTTPException) as error:
                raise SuppressionError(f"SendGrid could not be asked: {type(error).__name__}") from error
