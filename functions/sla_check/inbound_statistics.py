"""How many messages SendGrid took in for us, by its own count.

https://www.twilio.com/docs/sendgrid/api-reference/webhooks/retrieves-inbound-parse-webhook-statistics
"""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from http.client import HTTPException
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sendgrid import SendGridAPIClient


class StatisticsError(Exception):
    """SendGrid did not tell."""


class InboundStatistics:
    """Asks SendGrid.

    Args:
        api_key: Key with the right to read statistics.
        url: The API's address, without a path.
        timeout: For one call.
    """

    def __init__(self, api_key: str, url: str, timeout: timedelta) -> None:
        self._api_key = api_key
        self._url = url
        self._timeout = timeout

    @cached_property
    def _api(self) -> "SendGridAPIClient":
        """The client, made at the first use: one sweep of sixty has a use for it."""
        from sendgrid import SendGridAPIClient  # noqa: PLC0415  # 0.1 s

        api = SendGridAPIClient(self._api_key, host=self._url)
        api.client.timeout = self._timeout.total_seconds()
        return api

    def received(self, first: date, last: date) -> Mapping[date, int]:
        """Give the messages of each day, in the account's zone; a day without any may be missing.

        Raises:
            StatisticsError: There is no answer, or none that can be read.
        """
        from python_http_client.exceptions import HTTPError  # noqa: PLC0415  # comes with the client

        query = {"start_date": first.isoformat(), "end_date": last.isoformat(), "aggregated_by": "day"}
        try:
            response = self._api.client.user.webhooks.parse.stats.get(query_params=query)
            return {
                date.fromisoformat(day["date"]): sum(int(each["metrics"]["received"]) for each in day["stats"])
                for day in json.loads(response.body)
            }
        except HTTPError as error:
            # Its text holds the answer; the status says enough.
            raise StatisticsError(f"SendGrid answered {error.status_code}") from error
        except (OSError, HTTPException) as error:
            raise StatisticsError(type(error).__name__) from error
        except (ValueError, KeyError, TypeError) as error:
            raise StatisticsError("the answer is not of the published shape") from error
