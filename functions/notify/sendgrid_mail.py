"""Letters through SendGrid's Mail Send API v3.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send
"""

from base64 import b64encode
from datetime import timedelta
from http.client import HTTPException
from urllib.error import URLError

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from functions.notify.letters import Letter, Picture
from functions.notify.sending import MailOutcomeUnknownError, MailRefusedError, MailUnavailableError
from shared.domain.delivery import LETTER_ARGUMENT

_TRY_AGAIN = frozenset({401, 403, 408, 429})
"""Statuses below 500 that say nothing against the letter: our key, our account or our pace is wrong (docs/adr/0004)."""

_SERVER_ERROR = 500
_REASON_LENGTH = 500


class SendGridMailer:
    """`functions.notify.sending.Mailer` through SendGrid.

    Args:
        api_key: Key with the right to send mail.
        url: The API's address, without a path.
        timeout: For one call.
        sender: Address and name of the sender.
    """

    def __init__(self, api_key: str, url: str, timeout: timedelta, sender: tuple[str, str]) -> None:
        self._api = SendGridAPIClient(api_key, host=url)
        self._api.client.timeout = timeout.total_seconds()
        self._sender = sender

    def send(self, letter: Letter) -> str:
        """See `Mailer.send`."""
        try:
            response = self._api.send(mail_send_body(letter, *self._sender))
        except HTTPError as error:
            reason = _readable(error.body)
            if error.status_code >= _SERVER_ERROR or error.status_code in _TRY_AGAIN:
                raise MailUnavailableError(error.status_code, reason) from error
            raise MailRefusedError(error.status_code, reason) from error
        except URLError as error:
            # urllib raises this only up to the request's last byte: SendGrid has no whole letter.
            raise MailUnavailableError(None, str(error.reason)) from error
        except (OSError, HTTPException) as error:
            # The letter was on its way, and no whole answer came: time-out, connection reset, closed or garbled.
            raise MailOutcomeUnknownError(None, f"{type(error).__name__}: {error}") from error
        return str(response.headers.get("X-Message-Id", ""))


def mail_send_body(letter: Letter, address: str, name: str) -> dict[str, object]:
    """Give the body of a Mail Send call.

    `custom_args` carry no personal data: SendGrid keeps them for long. Tracking is off, or SendGrid would rewrite links
    and add pixels to letters about somebody's request.
    """
    body: dict[str, object] = {
        "personalizations": [{"to": [{"email": letter.recipient}], "custom_args": {LETTER_ARGUMENT: letter.id}}],
        "from": {"email": address, "name": name},
        "reply_to": {"email": letter.reply_to, "name": name},
        "subject": letter.subject,
        "content": [{"type": "text/plain", "value": letter.text}, {"type": "text/html", "value": letter.html}],
        "headers": dict(letter.headers),
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
            "ganalytics": {"enable": False},
        },
    }
    if letter.pictures:
        body["attachments"] = [_inline(picture) for picture in letter.pictures]
    return body


def _inline(picture: Picture) -> dict[str, str]:
    return {
        "content": b64encode(picture.content).decode(),
        "type": picture.content_type,
        "filename": picture.name,
        "disposition": "inline",
        "content_id": picture.id,
    }


def _readable(body: bytes | str) -> str:
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    return text[:_REASON_LENGTH]
