import pytest
from google.auth.exceptions import DefaultCredentialsError

from shared.pubsub_bell import PubSubBell
from shared.topic import Topic


def test_a_bell_that_cannot_even_be_made_never_stops_a_request(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # No emulator, and credentials from a file that is not there: what a badly set up machine has.
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/credentials.json")

    with pytest.raises(DefaultCredentialsError):
        _ = Topic("pass24-test", "notifications").publisher
    PubSubBell("pass24-test", "notifications").ring(["12345-confirmation"])

    assert "bell_failed" in caplog.messages
