import pytest

from functions.intake_form.captcha import SmartCaptcha, Verdict
from shared.settings import Secret

NOBODY = "http://127.0.0.1:9/"


@pytest.mark.parametrize("token", ["", "\ud800", "токен", "x" * 10_000])
def test_a_token_that_no_widget_makes_is_a_robots_and_does_not_count_as_a_service_out_of_order(token: str) -> None:
    assert SmartCaptcha(Secret("key"), NOBODY).verify(token, "192.0.2.1") is Verdict.ROBOT


def test_a_service_that_cannot_be_asked_knows_nothing() -> None:
    assert SmartCaptcha(Secret("key"), NOBODY).verify("token", "192.0.2.1") is Verdict.UNKNOWN
