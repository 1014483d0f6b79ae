"""The SendGrid stand-in as a process of its own, called by SendGrid's official SDK."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from python_http_client.exceptions import (
    BadRequestsError,
    InternalServerError,
    TooManyRequestsError,
    UnauthorizedError,
)
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import CustomArg, Header, Mail, MailSettings, SandBoxMode

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 10.0
LETTER = {
    "personalizations": [{"to": [{"email": "client@example.com"}]}],
    "from": {"email": "support@pass24online.ru"},
    "subject": "Тема",
    "content": [{"type": "text/plain", "value": "Текст"}],
}
KEY = {"Authorization": "Bearer SG.test"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def stand_in() -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    process = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", "local.sendgrid", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(process, url)
        yield process, url
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)


def wait_until_ready(process: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"{url}/api/messages", timeout=1).raise_for_status()
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the stand-in did not start: exit code {process.poll()}")


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    with stand_in() as (_, url):
        yield url


@pytest.fixture
def url(running: str) -> str:
    requests.delete(f"{running}/api/messages", timeout=TIMEOUT_S).raise_for_status()
    requests.delete(f"{running}/api/faults", timeout=TIMEOUT_S).raise_for_status()
    return running


def sdk(url: str, timeout_s: float = TIMEOUT_S, key: str = "SG.test") -> SendGridAPIClient:
    client = SendGridAPIClient(api_key=key, host=url)
    client.client.timeout = timeout_s
    return client


def mail(subject: str = "Ваша заявка №12345 принята", to: str = "client@example.com") -> Mail:
    return Mail("support@pass24online.ru", to, subject, "Здравствуйте!", "<p>Здравствуйте!</p>")


def messages(url: str, **query: str) -> list[dict[str, Any]]:
    answer = requests.get(f"{url}/api/messages", params=query, timeout=TIMEOUT_S)
    listed: list[dict[str, Any]] = answer.json()
    return listed


def ask_fault(url: str, **fault: object) -> None:
    answer = requests.post(f"{url}/api/faults", json=fault, timeout=TIMEOUT_S)
    assert answer.status_code == 201


def post(url: str, **call: Any) -> requests.Response:  # noqa: ANN401  # passed on to requests
    return requests.post(f"{url}/v3/mail/send", timeout=TIMEOUT_S, **call)


def test_letter_sent_by_the_sdk_is_read_back(url: str) -> None:
    letter = mail()
    letter.add_header(Header("Auto-Submitted", "auto-replied"))
    letter.add_custom_arg(CustomArg("notification", "12345-confirmation"))
    before = datetime.now(UTC)

    answer = sdk(url).send(letter)

    assert answer.status_code == 202
    assert answer.body == b""
    (kept,) = messages(url)
    received_at = datetime.fromisoformat(kept.pop("received_at"))
    assert before <= received_at <= datetime.now(UTC)
    assert received_at.utcoffset() == timedelta(0)
    assert kept == {
        "id": answer.headers["X-Message-Id"],
        "to": ["client@example.com"],
        "from": "support@pass24online.ru",
        "reply_to": "support@pass24online.ru",
        "subject": "Ваша заявка №12345 принята",
        "text": "Здравствуйте!",
        "html": "<p>Здравствуйте!</p>",
        "headers": {"Auto-Submitted": "auto-replied"},
        "custom_args": {"notification": "12345-confirmation"},
        "inline": {},
        "state": "accepted",
        "events": [],
    }
    assert re.fullmatch(r"[\w-]{22}", kept["id"])


def test_each_personalization_is_a_letter_with_its_own_fields_over_the_common_ones(url: str) -> None:
    body = LETTER | {
        "subject": "Общая",
        "headers": {"X-Kind": "common", "X-Common": "1"},
        "custom_args": {"kind": "common"},
        "personalizations": [
            {
                "to": [{"email": "a@example.com"}, {"email": "b@example.com"}],
                "from": {"email": "desk@pass24online.ru"},
                "subject": "Своя",
                "headers": {"X-Kind": "own"},
                "custom_args": {"kind": "own"},
            },
            {"to": [{"email": "c@example.com"}]},
        ],
    }

    message_id = sdk(url).send(body).headers["X-Message-Id"]

    first, second = messages(url)
    assert (first["to"], second["to"]) == (["a@example.com", "b@example.com"], ["c@example.com"])
    assert (first["from"], second["from"]) == ("desk@pass24online.ru", "support@pass24online.ru")
    assert (first["subject"], second["subject"]) == ("Своя", "Общая")
    assert (first["custom_args"], second["custom_args"]) == ({"kind": "own"}, {"kind": "common"})
    assert first["headers"] == {"X-Kind": "own", "X-Common": "1"}
    assert second["headers"] == {"X-Kind": "common", "X-Common": "1"}
    assert first["id"] == second["id"] == message_id
    assert first["html"] is None


def test_messages_are_listed_newest_last_found_by_recipient_and_deleted(url: str) -> None:
    for number in range(3):
        sdk(url).send(mail(f"Письмо {number}", f"client{number % 2}@example.com"))

    assert [kept["subject"] for kept in messages(url)] == ["Письмо 0", "Письмо 1", "Письмо 2"]
    assert [kept["subject"] for kept in messages(url, to="CLIENT0@example.com")] == ["Письмо 0", "Письмо 2"]
    assert messages(url, to="nobody@example.com") == []
    assert requests.delete(f"{url}/api/messages", timeout=TIMEOUT_S).status_code == 204
    assert messages(url) == []


def test_oldest_letters_make_room_when_ten_thousand_are_kept(url: str) -> None:
    for call in range(11):
        recipients = [{"to": [{"email": f"client{call}-{number}@example.com"}]} for number in range(1000)]
        assert post(url, json=LETTER | {"personalizations": recipients}, headers=KEY).status_code == 202

    kept = messages(url)
    assert len(kept) == 10_000
    assert kept[0]["to"] == ["client1-0@example.com"]
    assert kept[-1]["to"] == ["client10-999@example.com"]


def test_sandbox_mode_is_checked_and_not_kept(url: str) -> None:
    letter = mail()
    letter.mail_settings = MailSettings(sandbox_mode=SandBoxMode(enable=True))
    assert sdk(url).send(letter).status_code == 200
    with pytest.raises(BadRequestsError):
        sdk(url).send(letter.get() | {"subject": ""})
    assert messages(url) == []


def test_invalid_letter_is_refused_with_every_error_and_not_kept(url: str) -> None:
    body = mail().get() | {"headers": {"Reply-To": "a@b.ru"}, "custom_args": "ticket=1"}
    with pytest.raises(BadRequestsError) as refusal:
        sdk(url).send(body)
    errors = refusal.value.to_dict["errors"]
    assert {error["field"] for error in errors} == {"headers", "custom_args"}
    assert all(error.keys() == {"message", "field", "help"} for error in errors)
    assert messages(url) == []


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic SG.test", "SG.test"])
def test_call_without_a_key_is_unauthorized(url: str, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = post(url, json=LETTER, headers=headers)
    assert answer.status_code == 401
    (error,) = answer.json()["errors"]
    assert error.keys() == {"message", "field", "help"}
    assert messages(url) == []


def test_sdk_without_a_key_raises_unauthorized(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENDGRID_API_KEY", raising=False)
    with pytest.raises(UnauthorizedError):
        sdk(url, key="").send(mail())


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"subject=x", "application/x-www-form-urlencoded", 415),
        ('{"subject": "Тема"}'.encode("cp1251"), "application/json", 415),
        (rb'{"subject": "\ud800"}', "application/json", 415),
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"send_at": NaN}', "application/json", 400),
        (b'"' + b"x" * 30_000_000 + b'"', "application/json", 413),
    ],
    ids=["text", "form", "cp1251", "surrogate", "broken", "empty", "nan", "too_large"],
)
def test_body_that_is_no_proper_json_is_refused_in_sendgrids_shape(
    url: str, data: bytes, content_type: str, status: int
) -> None:
    answer = post(url, data=data, headers=KEY | {"Content-Type": content_type})
    assert answer.status_code == status
    assert answer.json()["errors"][0].keys() == {"message", "field", "help"}
    assert messages(url) == []


def test_letter_with_a_large_attachment_is_accepted(url: str) -> None:
    attachment = {"content": "QUJD" * 5_000_000, "filename": "a.bin"}
    assert post(url, json=LETTER | {"attachments": [attachment]}, headers=KEY).status_code == 202
    assert len(messages(url)) == 1


def test_wrong_method_and_path_under_v3_are_answered_in_sendgrids_shape(url: str) -> None:
    wrong_method = requests.get(f"{url}/v3/mail/send", timeout=TIMEOUT_S)
    wrong_path = requests.get(f"{url}/v3/mail/batch", timeout=TIMEOUT_S)
    assert (wrong_method.status_code, wrong_path.status_code) == (405, 404)
    assert "POST" in wrong_method.headers["Allow"]
    assert wrong_method.json()["errors"]
    assert wrong_path.json()["errors"]


def test_status_fault_meets_the_next_calls_and_then_is_over(url: str) -> None:
    ask_fault(url, status=500, times=2)
    for _ in range(2):
        with pytest.raises(InternalServerError) as fault:
            sdk(url).send(mail())
        assert fault.value.to_dict["errors"][0].keys() == {"message", "field", "help"}
    assert messages(url) == []
    assert sdk(url).send(mail()).status_code == 202
    assert len(messages(url)) == 1


def test_rate_limit_fault_says_when_to_come_back(url: str) -> None:
    ask_fault(url, status=429)
    before = time.time()
    with pytest.raises(TooManyRequestsError) as fault:
        sdk(url).send(mail())
    assert before < int(fault.value.headers["X-RateLimit-Reset"]) <= time.time() + 1
    assert sdk(url).send(mail()).status_code == 202


def test_faults_are_met_in_the_order_asked_and_are_listed_and_cleared(url: str) -> None:
    ask_fault(url, status=503, times=2)
    ask_fault(url, timeout_s=0.5)
    assert post(url, json=LETTER, headers=KEY).status_code == 503
    pending = requests.get(f"{url}/api/faults", timeout=TIMEOUT_S).json()
    assert pending == [{"status": 503, "times": 1}, {"timeout_s": 0.5, "times": 1}]
    assert requests.delete(f"{url}/api/faults", timeout=TIMEOUT_S).status_code == 204
    assert requests.get(f"{url}/api/faults", timeout=TIMEOUT_S).json() == []
    assert post(url, json=LETTER, headers=KEY).status_code == 202


def test_timeout_fault_closes_the_connection_without_an_answer(url: str) -> None:
    ask_fault(url, timeout_s=0.3)
    began = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        post(url, json=LETTER, headers=KEY)
    assert 0.3 <= time.monotonic() - began < TIMEOUT_S
    assert messages(url) == []
    assert post(url, json=LETTER, headers=KEY).status_code == 202


def test_hanging_call_times_out_in_the_sdk_and_holds_up_nobody_else(url: str) -> None:
    ask_fault(url, timeout_s=30)
    hanging = threading.Event()

    def hang() -> None:
        with pytest.raises(TimeoutError):
            sdk(url, timeout_s=2).send(mail("Не дойдёт"))
        hanging.set()

    caller = threading.Thread(target=hang)
    caller.start()
    deadline = time.monotonic() + TIMEOUT_S
    while requests.get(f"{url}/api/faults", timeout=1).json() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sdk(url, timeout_s=1).send(mail("Дойдёт")).status_code == 202
    caller.join(TIMEOUT_S)
    assert hanging.is_set()
    assert [kept["subject"] for kept in messages(url)] == ["Дойдёт"]


@pytest.mark.parametrize(
    ("fault", "fields"),
    [
        ({}, {"status, timeout_s, delivery"}),
        ({"status": 500, "timeout_s": 1}, {"status, timeout_s, delivery"}),
        ({"status": 399}, {"status"}),
        ({"status": 600}, {"status"}),
        ({"status": "500"}, {"status"}),
        ({"status": 500.0}, {"status"}),
        ({"status": None}, {"status"}),
        ({"timeout_s": 0}, {"timeout_s"}),
        ({"timeout_s": 300.1}, {"timeout_s"}),
        ({"timeout_s": 10**400}, {"timeout_s"}),
        ({"timeout_s": True}, {"timeout_s"}),
        ({"status": 500, "times": 0}, {"times"}),
        ({"status": 500, "times": 1001}, {"times"}),
        ({"status": 500, "times": True}, {"times"}),
        ({"status": 500, "delay": 1}, {"delay"}),
        ({"status": 1, "times": 0, "delay": 1}, {"status", "times", "delay"}),
        ({"status": 500, "to": "client@example.com"}, {"to"}),
        ({"delivery": "eaten"}, {"delivery"}),
        ({"delivery": None}, {"delivery"}),
        ({"delivery": "bounce", "timeout_s": 1}, {"timeout_s"}),
        ({"delivery": "bounce", "status": 550}, {"status"}),
        ({"delivery": "bounce", "status": "550"}, {"status"}),
        ({"delivery": "bounce", "reason": ""}, {"reason"}),
        ({"delivery": "bounce", "reason": "x" * 1001}, {"reason"}),
        ({"delivery": "bounce", "to": "client"}, {"to"}),
        ({"delivery": "bounce", "to": None}, {"to"}),
        ({"delivery": "lost", "reason": "x", "status": "5.1.1"}, {"reason", "status"}),
        ({"delivery": "eaten", "times": 0, "to": 1, "status": "x"}, {"delivery", "times", "to", "status"}),
        ([], {"body"}),
        ("500", {"body"}),
    ],
)
def test_bad_fault_is_refused_and_every_wrong_field_named(url: str, fault: object, fields: set[str]) -> None:
    answer = requests.post(f"{url}/api/faults", json=fault, timeout=TIMEOUT_S)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422
    assert {error["field"] for error in problem["errors"]} == fields
    assert all(field in problem["detail"] for field in fields)
    assert requests.get(f"{url}/api/faults", timeout=TIMEOUT_S).json() == []


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400},
        {"status": 599},
        {"timeout_s": 300},
        {"timeout_s": 0.01},
        {"status": 500, "times": 1000},
        {"delivery": "lost", "times": 1000},
        {"delivery": "bounce", "to": "a@b.ru", "reason": "x" * 1000, "status": "5.1.1"},
        {"delivery": "dropped", "reason": "Bounced Address"},
    ],
)
def test_fault_at_its_bounds_is_taken(url: str, fault: dict[str, Any]) -> None:
    ask_fault(url, **fault)
    assert requests.get(f"{url}/api/faults", timeout=TIMEOUT_S).json() == [{"times": 1} | fault]


def test_fault_that_is_not_json_is_refused(url: str) -> None:
    answer = requests.post(f"{url}/api/faults", data="status=500", timeout=TIMEOUT_S)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_page_lists_letters_newest_first_and_escapes_them(url: str) -> None:
    subject = "<script>alert('тема')</script>"
    sdk(url).send(mail("Первое"))
    sdk(url).send(mail(subject))

    page = requests.get(f"{url}/", timeout=TIMEOUT_S)

    assert "<script" not in page.text
    assert "&lt;script&gt;alert(&#39;тема&#39;)&lt;/script&gt;" in page.text
    assert page.text.index("&lt;script&gt;") < page.text.index("Первое")
    assert "client@example.com" in page.text
    assert re.search(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d МСК", page.text)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_letter_page_shows_headers_and_text_escaped_and_html_in_a_sandbox(url: str) -> None:
    letter = mail("Тема & <b>")
    letter.add_header(Header("X-Ticket", "<i>12345</i>"))
    letter.contents[0].content = "Текст <script>alert(1)</script>"
    letter.contents[1].content = "<p>HTML<script>alert(2)</script><img src='http://example.com/pixel'></p>"
    message_id = sdk(url).send(letter).headers["X-Message-Id"]

    page = requests.get(f"{url}/messages/{message_id}", timeout=TIMEOUT_S).text
    assert "Тема &amp; &lt;b&gt;" in page
    assert "X-Ticket" in page
    assert "&lt;i&gt;12345&lt;/i&gt;" in page
    assert "Текст &lt;script&gt;" in page
    assert "<script" not in page
    frame = re.search(r'<iframe sandbox="" src="([^"]+)"', page)
    assert frame

    part = requests.get(f"{url}{frame[1]}", timeout=TIMEOUT_S)
    assert part.text == "<p>HTML<script>alert(2)</script><img src='http://example.com/pixel'></p>"
    policy = part.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "img-src data:"} <= set(policy)
    assert not [rule for rule in policy if rule.startswith(("script-src", "connect-src"))]


def test_inline_pictures_are_shown_where_the_html_has_them_and_other_attachments_are_not(url: str) -> None:
    picture = {"content": "iVBORw0KGgo=", "type": "image/png", "filename": "a.png"}
    html = '<img src="cid:chart@local" alt=""><img src="cid:other@local" alt="">'
    body = LETTER | {
        "content": [{"type": "text/html", "value": html}],
        "attachments": [{**picture, "disposition": "inline", "content_id": "chart@local"}, picture],
    }
    answer = post(url, json=body, headers=KEY)

    assert answer.status_code == 202
    (kept,) = messages(url)
    assert kept["inline"] == {"chart@local": "data:image/png;base64,iVBORw0KGgo="}
    part = requests.get(f"{url}/messages/{answer.headers['X-Message-Id']}/html", timeout=TIMEOUT_S).text
    assert part == '<img src="data:image/png;base64,iVBORw0KGgo=" alt=""><img src="cid:other@local" alt="">'


def test_letter_without_html_has_no_frame_and_no_html_part(url: str) -> None:
    message_id = post(url, json=LETTER, headers=KEY).headers["X-Message-Id"]
    assert "<iframe" not in requests.get(f"{url}/messages/{message_id}", timeout=TIMEOUT_S).text
    assert requests.get(f"{url}/messages/{message_id}/html", timeout=TIMEOUT_S).status_code == 404


def test_unknown_letter_is_a_page_in_russian_and_unknown_api_path_a_problem(url: str) -> None:
    page = requests.get(f"{url}/messages/unknown", timeout=TIMEOUT_S)
    assert page.status_code == 404
    assert "Такой страницы или письма нет" in page.text
    problem = requests.get(f"{url}/api/unknown", timeout=TIMEOUT_S)
    assert problem.status_code == 404
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["status"] == 404


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_stop_signal_ends_the_process_cleanly_even_while_a_call_hangs(stop: signal.Signals) -> None:
    with stand_in() as (process, url):
        ask_fault(url, timeout_s=300)
        cut_off = threading.Event()

        def hang() -> None:
            with pytest.raises(requests.ConnectionError):
                post(url, json=LETTER, headers=KEY)
            cut_off.set()

        caller = threading.Thread(target=hang)
        caller.start()
        deadline = time.monotonic() + TIMEOUT_S
        while requests.get(f"{url}/api/faults", timeout=1).json() and time.monotonic() < deadline:
            time.sleep(0.02)

        process.send_signal(stop)
        _, complaints = process.communicate(timeout=5)

        assert process.returncode == 0
        assert complaints == ""
        caller.join(TIMEOUT_S)
        assert cut_off.is_set()
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{url}/", timeout=1)


def test_taken_port_is_said_and_ends_the_process(running: str) -> None:
    port = running.rpartition(":")[2]
    outcome = subprocess.run(  # noqa: S603  # our own module
        [sys.executable, "-m", "local.sendgrid", "--port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert outcome.returncode != 0
    assert port in outcome.stderr
    assert "Traceback" not in outcome.stderr
