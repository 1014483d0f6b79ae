"""What SendGrid hears: 2xx is done, 4xx is dropped for good, 5xx comes again; 4xx only for calls not of its making."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from local.processes import HOST, free_port
from local.smtp.inbound import EARLIER, Signer
from tests.email_instance import EmailInstance, email_instance, message, settings_of
from tests.function_instance import World
from tests.inbound import SIGNED_AT, SIGNER, signed_post

Start = Callable[..., EmailInstance]
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


@pytest.fixture
def start(world: World) -> Iterator[Start]:
    """Starts instances of `intake_email`, with settings of their own; None takes a setting away."""
    with ExitStack() as running:

        def start(**changed: str | None) -> EmailInstance:
            settings = settings_of(world) | changed
            return running.enter_context(
                email_instance({name: value for name, value in settings.items() if value is not None})
            )

        yield start


def is_untouched(world: World) -> bool:
    return not world.objects() and not any(map(world.documents, ("submissions", "tickets", "counters")))


@pytest.mark.parametrize(
    ("changed", "dropped"),
    [
        ({}, {SIGNATURE}),
        ({}, {TIMESTAMP}),
        ({}, {SIGNATURE, TIMESTAMP}),
        ({SIGNATURE: ""}, set()),
        ({SIGNATURE: "forged"}, set()),
        ({SIGNATURE: "MEUCIQD" + "A" * 89}, set()),
        ({TIMESTAMP: "1700000000"}, set()),
        ({TIMESTAMP: "yesterday"}, set()),
    ],
)
def test_a_forged_call_is_refused_and_leaves_nothing(
    start: Start, world: World, changed: dict[str, str], dropped: set[str]
) -> None:
    body, headers = signed_post(message().as_bytes())
    headers = {name: value for name, value in (headers | changed).items() if name not in dropped}
    response = start().call(body, headers)
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"
    assert is_untouched(world)


def test_a_changed_body_is_refused(start: Start, world: World) -> None:
    body, headers = signed_post(message().as_bytes())
    assert start().call(body.replace(b"ivan@", b"iwan@"), headers).status_code == 401
    assert is_untouched(world)


def test_a_key_is_replaced_without_a_gap(start: Start) -> None:
    old, new = Signer.generate(), Signer.generate()
    email = start(INBOUND_KEYS=f"{old.public_key},{new.public_key}")
    assert email.mail(message(), key=old).status_code == 200
    assert email.mail(message("Ещё"), key=new).status_code == 200
    assert email.mail(message("И ещё"), key=SIGNER).status_code == 401


@pytest.mark.parametrize(
    "settings",
    [
        {"INBOUND_KEYS": None},
        {"INBOUND_KEYS": ","},
        {"INBOUND_KEYS": "not a key"},
        {"REPLY_SECRETS": None},
        {"REPLY_SECRETS": " , "},
        {"FILES_BUCKET": None},
        {"LETTER_WINDOW": "0"},
        {"WORKING_HOURS": "always"},
    ],
)
def test_r1_our_own_settings_are_our_own_fault(start: Start, world: World, settings: dict[str, str | None]) -> None:
    response = start(**settings).mail(message())
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert is_untouched(world)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_there_is_nothing_here_but_the_webhook(start: Start, method: str) -> None:
    response = start().app.test_client().open("/", method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_r1_sendgrid_that_parses_messages_itself_is_set_up_wrongly(start: Start, world: World) -> None:
    body, headers = signed_post(message().as_bytes())
    body = body.replace(b'name="email"', b'name="text"')
    assert start().call(body, headers | SIGNER.headers(body, SIGNED_AT)).status_code == 503
    assert is_untouched(world)


@pytest.mark.parametrize("variable", ["STORAGE_EMULATOR_HOST", "FIRESTORE_EMULATOR_HOST"])
def test_r1_a_message_that_can_t_be_kept_comes_again_and_is_registered_then(
    start: Start, world: World, variable: str
) -> None:
    nobody = f"{HOST}:{free_port()}"
    broken = start(**{variable: f"http://{nobody}" if variable.startswith("STORAGE") else nobody})
    assert broken.mail(message()).status_code == 503
    assert world.documents("submissions") == {}


def test_r1_without_the_bell_the_message_is_registered_all_the_same(start: Start, world: World) -> None:
    response = start(PUBSUB_EMULATOR_HOST=f"{HOST}:{free_port()}").mail(message())
    assert response.get_json() == {"state": "registered", "ticket": 12345}
    assert list(world.documents("notifications")) == ["12345-confirmation", "12345-new-ticket"]


def test_calls_of_the_earlier_generation_are_understood(start: Start) -> None:
    assert start().mail(message(), style=EARLIER).get_json() == {"state": "registered", "ticket": 12345}


def test_no_address_and_no_text_is_logged(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    email = start()
    email.mail(message("Тайный текст", Subject="Тайная тема"))
    email.mail(message("Тайный текст", Subject="Тайная тема", Message_ID="<2@example.ru>"), spam_score=20)
    email.call(*signed_post(b"Secret: x\r\n--xYzZY\r\n\r\nSecret text"))
    logged = capsys.readouterr().out
    assert "ticket_registered" in logged
    assert "message_quarantined" in logged
    assert not [word for word in ("айн", "ecret", "ivan@", "Иван") if word in logged]
