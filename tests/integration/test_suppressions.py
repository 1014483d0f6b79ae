"""R12: an address is taken off the provider's own list, or it is said why not."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
import requests

from local.processes import HOST, free_port
from shared.resending import SuppressionError
from shared.suppressions import SendGridSuppressions
from tests.mailbox import StandIn, running_stand_in_with_events
from tests.running_stack import wait_for

PATIENCE = 10.0  # seconds for one answer
TIMEOUT = timedelta(seconds=PATIENCE)
KEY = {"Authorization": "Bearer SG.test"}


@pytest.fixture(scope="module")
def sendgrid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running_stand_in_with_events(tmp_path_factory.mktemp("mailbox")) as running:
        yield running


def bounce(sendgrid: StandIn, address: str) -> None:
    """Send a letter that comes back, and wait until it has."""
    sendgrid.fault(delivery="bounce", to=address)
    letter = {
        "personalizations": [{"to": [{"email": address}]}],
        "from": {"email": "support@pass24online.ru"},
        "subject": "Тема",
        "content": [{"type": "text/plain", "value": "Текст"}],
    }
    answer = requests.post(f"{sendgrid.url}/v3/mail/send", json=letter, headers=KEY, timeout=PATIENCE)
    answer.raise_for_status()
    wait_for(lambda: listed(sendgrid, address))


def listed(sendgrid: StandIn, address: str) -> list[str]:
    """The bounces that the provider keeps of an address, by the server's words."""
    url = f"{sendgrid.url}/v3/suppression/bounces/{quote(address, safe='')}"
    answer = requests.get(url, headers=KEY, timeout=PATIENCE)
    answer.raise_for_status()
    return [each["reason"] for each in answer.json()]


def suppressions(url: str, key: str = "SG.test") -> SendGridSuppressions:
    return SendGridSuppressions(key, url, TIMEOUT)


@pytest.mark.parametrize("address", ["ivan@example.ru", "o'neil+50%/day?x#1@example.ru"])
def test_r12_a_bounced_address_is_taken_off_the_list(sendgrid: StandIn, address: str) -> None:
    bounce(sendgrid, address)
    bounce(sendgrid, "another@example.ru")
    suppressions(sendgrid.url).lift(address)
    assert listed(sendgrid, address) == []
    assert listed(sendgrid, "another@example.ru")


def test_r12_an_address_that_is_on_no_list_is_no_error(sendgrid: StandIn) -> None:
    suppressions(sendgrid.url).lift("nobody@example.ru")


def test_a_lifted_address_that_bounces_again_is_on_the_list_again(sendgrid: StandIn) -> None:
    bounce(sendgrid, "again@example.ru")
    suppressions(sendgrid.url).lift("again@example.ru")
    bounce(sendgrid, "again@example.ru")
    assert len(listed(sendgrid, "again@example.ru")) == 1


def test_a_key_that_is_not_accepted_is_told(sendgrid: StandIn) -> None:
    with pytest.raises(SuppressionError, match="SendGrid answered 401"):
        suppressions(sendgrid.url, key="None").lift("ivan@example.ru")


def test_a_provider_that_can_t_be_reached_is_told() -> None:
    with pytest.raises(SuppressionError, match="could not be asked"):
        suppressions(f"http://{HOST}:{free_port()}").lift("ivan@example.ru")
