"""Spam: the hidden field, the time that a person needs, limits that hold across instances, the captcha."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from local.processes import HOST, free_port
from tests.form_instance import LEAST, TYPED, Instance, number_of, problem_of, text_of, token_of, value_of, wrong_fields
from tests.function_instance import World

Start = Callable[..., Instance]

# No window of this length ends while the tests run: the next one begins in 2027.
LONG_WINDOW = {"LIMIT_WINDOW": str(timedelta(days=10_400).total_seconds())}
SENDER = {"X-Forwarded-For": "203.0.113.7"}
CAPTCHA_KEYS = {"SMARTCAPTCHA_CLIENT_KEY": "client-key", "SMARTCAPTCHA_SERVER_KEY": "server-key"}


def test_a_form_with_the_hidden_field_filled_in_is_not_registered_but_comes_back(form: Instance, world: World) -> None:
    token = form.token()

    refused = form.post_form({**TYPED, "website": "http://spam.example", "page_token": token})

    assert refused.status_code == 422
    assert value_of(refused, "description") == TYPED["description"]
    assert "spam.example" not in refused.get_data(as_text=True)
    assert world.documents("submissions") == {}
    assert form.post_form({**TYPED, "page_token": token_of(refused)}).status_code == 201


def test_a_form_that_comes_back_too_fast_passes_when_the_button_is_pressed_again(start: Start, world: World) -> None:
    form = start(MIN_FILL_TIME="2")
    token = form.token()

    refused = form.post_form({**TYPED, "page_token": token})

    assert refused.status_code == 422
    assert "слишком быстро" in text_of(refused)
    assert value_of(refused, "description") == TYPED["description"]
    assert token_of(refused) == token
    assert world.documents("submissions") == {}
    time.sleep(2)  # the limit itself; the page's time is cut to the second, which only shortens the wait
    assert form.post_form({**TYPED, "page_token": token}).status_code == 201


@pytest.mark.parametrize("token", [None, "", "rubbish", "a.b.c"])
def test_a_form_without_a_page_of_ours_comes_back_with_a_token(form: Instance, world: World, token: str | None) -> None:
    refused = form.post_form({**TYPED, **({} if token is None else {"page_token": token})})

    assert refused.status_code == 422
    assert world.documents("submissions") == {}
    assert form.post_form({**TYPED, "page_token": token_of(refused)}).status_code == 201


def test_a_page_of_another_installation_is_none_of_ours(start: Start, form: Instance) -> None:
    stranger = start(FORM_SECRETS="another key")

    assert form.post_form({**TYPED, "page_token": stranger.token()}).status_code == 422


def test_pages_stay_good_while_the_key_is_changed(start: Start, form: Instance) -> None:
    token = form.token()

    renewed = start(FORM_SECRETS="a new key,a throw-away key")

    assert renewed.post_form({**TYPED, "page_token": token}).status_code == 201


@pytest.mark.parametrize(
    ("limit", "post"),
    [
        ("ADDRESS_LIMIT", lambda form, i: form.post_json({**LEAST, "email": f"{i}@example.ru"}, SENDER)),
        ("CONTACT_LIMIT", lambda form, i: form.post_json(LEAST, {"X-Forwarded-For": f"203.0.113.{i}"})),
    ],
)
def test_exactly_as_many_posts_pass_as_may_across_two_instances_at_once(
    start: Start, world: World, limit: str, post: Callable[[Instance, int], object]
) -> None:
    instances = [start(**LONG_WINDOW, **{limit: "5"}) for _ in range(2)]

    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda i: post(instances[i % 2], i), range(20)))

    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 15  # type: ignore[attr-defined]  # answers
    assert sorted(map(int, world.documents("tickets"))) == list(range(12345, 12350))


def test_who_is_refused_hears_when_to_come_again_and_keeps_what_was_typed(start: Start) -> None:
    form = start(ADDRESS_LIMIT="0", LIMIT_WINDOW="3600")

    program = form.post_json(LEAST)
    person = form.post_form({**TYPED, "page_token": form.token()})

    assert program.status_code == person.status_code == 429
    problem_of(program)
    for response in (program, person):
        assert 1 <= int(response.headers["Retry-After"]) <= 3600
    assert value_of(person, "description") == TYPED["description"]


def test_what_the_sender_writes_into_x_forwarded_for_does_not_make_him_another(start: Start) -> None:
    form = start(**LONG_WINDOW, ADDRESS_LIMIT="2")

    statuses = [
        form.post_json(LEAST, {"X-Forwarded-For": f"198.51.100.{i}, 203.0.113.7"}).status_code for i in range(4)
    ]

    assert statuses == [201, 201, 429, 429]
    assert form.post_json(LEAST, {"X-Forwarded-For": "203.0.113.7, 203.0.113.8"}).status_code == 201


def test_a_repeat_over_the_limit_gets_the_first_number(start: Start, world: World) -> None:
    form = start(**LONG_WINDOW, ADDRESS_LIMIT="1")
    typed, key = {**TYPED, "page_token": form.token()}, {"Idempotency-Key": "3f1c"}
    first = form.post_form(typed)

    again = form.post_form(typed)

    assert (first.status_code, again.status_code) == (201, 200)
    assert number_of(again) == number_of(first)
    assert form.post_json(LEAST, key).status_code == 429
    assert list(world.documents("tickets")) == ["12345"]


def test_counts_hold_no_address_and_expire(form: Instance, world: World) -> None:
    form.post_json(LEAST, SENDER)

    counts = world.documents("limits")
    assert len(counts) == 2
    for key, count in counts.items():
        assert count["count"] == 1
        assert "203.0.113.7" not in f"{key}{count}"
        assert "ivan" not in f"{key}{count}"
        assert count["expires_at"]


@dataclass
class CaptchaService:
    """SmartCaptcha's side: says what it is told to, and remembers what it was asked."""

    status: int = 200
    body: bytes = b'{"status": "ok", "message": "", "host": "pass24online.ru"}'
    pause: float = 0.0
    asked: list[dict[str, list[str]]] = field(default_factory=list)


@contextmanager
def serving(service: CaptchaService) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            service.asked.append(parse_qs(content))
            time.sleep(service.pause)
            self.send_response(service.status)
            self.send_header("Content-Length", str(len(service.body)))
            self.end_headers()
            self.wfile.write(service.body)

        def log_message(self, *_: object) -> None:
            """Nothing: the test's output is the test's."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}/validate"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def service() -> CaptchaService:
    return CaptchaService()


@pytest.fixture
def guarded(service: CaptchaService, start: Start) -> Iterator[Instance]:
    """An instance with the captcha switched on."""
    with serving(service) as url:
        yield start(**CAPTCHA_KEYS, SMARTCAPTCHA_URL=url)


def test_captcha_lets_a_person_pass_without_a_mark(guarded: Instance, service: CaptchaService, world: World) -> None:
    response = guarded.post_form({**TYPED, "smart-token": "solved", "page_token": guarded.token()}, headers=SENDER)

    assert response.status_code == 201
    assert service.asked == [{"secret": ["server-key"], "token": ["solved"], "ip": ["203.0.113.7"]}]
    assert world.documents("tickets")["12345"]["marks"] == []


def test_captcha_is_asked_for_a_programs_post_too(guarded: Instance) -> None:
    assert wrong_fields(guarded.post_json(LEAST)).keys() == {"captcha"}
    assert guarded.post_json({**LEAST, "smart-token": "solved"}).status_code == 201


def test_who_fails_the_captcha_gets_the_page_back_and_may_try_again(
    guarded: Instance, service: CaptchaService, world: World
) -> None:
    service.body = b'{"status": "failed", "message": "invalid token"}'
    typed = {**TYPED, "page_token": guarded.token()}

    refused = guarded.post_form({**typed, "smart-token": "guessed"})

    assert refused.status_code == 422
    assert "подтвердите, что вы не робот" in text_of(refused)
    assert value_of(refused, "description") == TYPED["description"]
    assert world.documents("submissions") == {}
    service.body = CaptchaService.body
    assert guarded.post_form({**typed, "smart-token": "solved"}).status_code == 201


def test_who_did_not_solve_the_captcha_is_refused_without_asking(guarded: Instance, service: CaptchaService) -> None:
    assert guarded.post_form({**TYPED, "page_token": guarded.token()}).status_code == 422
    assert service.asked == []


@pytest.mark.parametrize(
    "service",
    [
        CaptchaService(500, b"oops"),
        CaptchaService(302, b""),
        CaptchaService(200, b"<html>"),
        CaptchaService(200, b"[]"),
        CaptchaService(200, b"{}"),
        CaptchaService(200, b"\xff"),
        CaptchaService(pause=0.5),
    ],
    ids=repr,
)
def test_a_captcha_service_out_of_order_loses_no_request_but_marks_it(
    guarded: Instance, service: CaptchaService, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.intake_form.captcha.VERIFICATION_TIME", 0.2)

    response = guarded.post_form({**TYPED, "smart-token": "solved", "page_token": guarded.token()})

    assert len(service.asked) == 1
    assert (response.status_code, number_of(response)) == (201, 12345)
    assert world.documents("tickets")["12345"]["marks"] == ["captcha_unverified"]


def test_a_captcha_service_that_is_not_there_loses_no_request_but_marks_it(start: Start, world: World) -> None:
    form = start(**CAPTCHA_KEYS, SMARTCAPTCHA_URL=f"http://{HOST}:{free_port()}/validate")

    assert form.post_json({**LEAST, "smart-token": "solved"}).status_code == 201
    assert world.documents("tickets")["12345"]["marks"] == ["captcha_unverified"]


def test_a_repeat_with_a_used_up_captcha_token_gets_the_first_number(
    guarded: Instance, service: CaptchaService, world: World
) -> None:
    typed = {**TYPED, "smart-token": "solved", "page_token": guarded.token()}
    first = guarded.post_form(typed)
    service.body = b'{"status": "failed", "message": "token already used"}'

    again = guarded.post_form(typed)

    assert (first.status_code, again.status_code) == (201, 200)
    assert number_of(again) == number_of(first) == 12345
    assert list(world.documents("tickets")) == ["12345"]


def test_the_page_lets_the_captcha_in_and_nothing_else(guarded: Instance, form: Instance) -> None:
    with_captcha, without = guarded.get(), form.get()

    assert 'data-sitekey="client-key"' in with_captcha.get_data(as_text=True)
    assert "server-key" not in with_captcha.get_data(as_text=True)
    policy = with_captcha.headers["Content-Security-Policy"]
    assert "script-src 'self' https://smartcaptcha.yandexcloud.net" in policy
    assert "captcha" not in without.headers["Content-Security-Policy"]
    assert "smart-captcha" not in without.get_data(as_text=True).split("</style>")[1]


def test_a_captcha_key_shows_in_no_log(
    start: Start, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.intake_form.captcha.VERIFICATION_TIME", 0.2)
    form = start(**CAPTCHA_KEYS, SMARTCAPTCHA_URL=f"http://{HOST}:{free_port()}/validate")

    form.post_json({**LEAST, "smart-token": "solved"}, SENDER)

    printed = capsys.readouterr().out
    events = [json.loads(line)["message"] for line in printed.splitlines()]
    assert "captcha_unreachable" in events
    assert not any(secret in printed for secret in ("server-key", "203.0.113.7", "ivan@", "шлагбаум"))
