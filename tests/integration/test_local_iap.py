"""The stand-in of Identity-Aware Proxy as a process of its own: who signs in, and what is passed on and back."""

import gzip
import html
import json
import os
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from local.processes import HOST, Child, free_port
from local.smtp.inbound import Signer
from shared.staff.assertions import HEADER, Assertions, InvalidAssertionError
from tests.staff import ANNA, BORIS, STRANGER, VERA

PHONE_AUDIENCE, DESK_AUDIENCE = "/projects/1/global/backendServices/2", "/projects/1/global/backendServices/3"
ANNAS_ADDRESS = "anna@pass24online.ru"
LIMIT = 32 * 2**20
PATIENCE = 20.0  # seconds for one answer
NAVIGATION = {"Sec-Fetch-Mode": "navigate"}


ANSWERS: Mapping[str, tuple[int, bytes, Mapping[str, str]]] = {
    "/redirect": (307, b"", {"Location": "http://example.com/elsewhere"}),
    "/hops": (200, b"", {"Connection": "X-Hop", "X-Hop": "1", "Keep-Alive": "5", "X-End": "1"}),
    "/gzip": (200, gzip.compress(b"text"), {"Content-Encoding": "gzip", "ETag": '"v1"'}),
    "/unchanged": (304, b"", {"ETag": '"v1"'}),
    "/unavailable": (503, "сломалось".encode(), {"Retry-After": "7"}),
    "/refusing": (413, b"too much for me", {"Connection": "close"}),
    "/large": (200, bytes(LIMIT), {}),
    "/too-large": (200, bytes(LIMIT + 1), {}),
}
BYTES = {
    "/cookies": b"HTTP/1.1 200 OK\r\nSet-Cookie: one=1; Path=/\r\nSet-Cookie: two=2\r\nContent-Length: 0\r\n\r\n",
    "/chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n",
    "/broken": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe beginning",
    "/broken-chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n",
    "/garbage": b"no HTTP at all\r\n\r\n",
    "/nothing": b"",
}


class EchoHandler(BaseHTTPRequestHandler):
    """A function's throw-away stand-in: says what it was sent, or what its path asks it to say."""

    protocol_version = "HTTP/1.1"

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        self.close_connection = True
        if self.path in BYTES:
            self.wfile.write(BYTES[self.path])
            return
        echoed = {"Content-Type": "application/json"}
        status, body, headers = ANSWERS.get(self.path) or (200, json.dumps(self._request()).encode(), echoed)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _request(self) -> dict[str, object]:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        return {
            "method": self.command,
            "target": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
            "body": body.decode("latin-1") if len(body) < 1000 else len(body),
        }

    def log_message(self, *_: object) -> None:
        """Nothing: the tests' output is pytest's."""


@dataclass(frozen=True, slots=True)
class Iap:
    """A running stand-in, with two fronts."""

    phone: str
    desk: str
    log: Path

    def client(self, email: str | None = None) -> requests.Session:
        """A browser, in which somebody has signed in."""
        browser = requests.Session()
        if email:
            answer = browser.post(f"{self.desk}/_sign-in", {"email": email}, allow_redirects=False, timeout=PATIENCE)
            assert answer.status_code == 303
        return browser

    def echo(self, browser: requests.Session, **headers: str) -> dict[str, Any]:
        """What the desk's function gets of a request."""
        answer = browser.get(f"{self.desk}/echo", headers=headers, timeout=PATIENCE)
        assert answer.status_code == 200
        return {**answer.json(), "headers": dict(answer.json()["headers"])}

    def raw(self, request: bytes) -> tuple[int, str]:
        """What a request that no library would send is answered: status, and all of the answer."""
        with socket.create_connection((HOST, int(self.desk.rpartition(":")[2])), PATIENCE) as connection:
            connection.sendall(request)
            said = b"".join(iter(lambda: connection.recv(2**16), b"")).decode("latin-1")
        return int(said.split()[1]), said


@contextmanager
def echoing() -> Iterator[int]:
    server = ThreadingHTTPServer((HOST, 0), EchoHandler)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def environment(**settings: str) -> Mapping[str, str]:
    return {
        **os.environ,
        "SPECIALISTS": f"{ANNA}, {BORIS}",
        "HEADS": VERA,
        "STRANGERS": STRANGER,
        "IAP_SIGNING_KEY": Signer.generate().pem,
        **settings,
    }


@contextmanager
def running_iap(folder: Path, backend: int) -> Iterator[Iap]:
    phone, desk = free_port(), free_port()
    command = [sys.executable, "-m", "local.iap"]
    for name, port, audience in (("intake_phone", phone, PHONE_AUDIENCE), ("desk", desk, DESK_AUDIENCE)):
        command += ["--front", name, str(port), f"http://{HOST}:{backend}", audience]
    child = Child("iap", tuple(command), environment(), folder / "iap.log")
    try:
        for port in (phone, desk):
            child.wait_until_ready(port, knock=listens)
        yield Iap(f"http://{HOST}:{phone}", f"http://{HOST}:{desk}", folder / "iap.log")
    finally:
        child.stop()


def listens(port: int) -> str | None:
    """Why the stand-in itself does not answer; what is behind it does not matter."""
    try:
        requests.get(f"http://{HOST}:{port}/_keys", timeout=PATIENCE).raise_for_status()
    except requests.RequestException as error:
        return str(error)
    return None


@pytest.fixture(scope="module")
def iap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iap]:
    with echoing() as backend, running_iap(tmp_path_factory.mktemp("iap"), backend) as running:
        yield running


# --- signing in


def test_a_person_is_led_to_the_sign_in_and_back(iap: Iap) -> None:
    browser = iap.client()
    led = browser.get(f"{iap.desk}/tickets?q=%23123&page=2", headers=NAVIGATION, timeout=PATIENCE)
    [target] = re.findall(r'name="next" value="([^"]*)"', led.text)
    assert led.url == f"{iap.desk}/_sign-in?next=%2Ftickets%3Fq%3D%2523123%26page%3D2"

    back = browser.post(
        f"{iap.desk}/_sign-in", {"email": ANNAS_ADDRESS, "next": html.unescape(target)}, timeout=PATIENCE
    )

    assert back.history[0].status_code == 303
    assert back.json()["method"] == "GET"
    assert back.json()["target"] == "/tickets?q=%23123&page=2"


def test_the_page_names_everybody_with_what_they_may(iap: Iap) -> None:
    page = requests.get(f"{iap.desk}/_sign-in", timeout=PATIENCE).text

    rows = re.findall(
        r'<button name="email" value="([^"]+)">\s*<span class="name">([^<]+)</span>\s*'
        r'<span class="more">[^<]+ · ([^<]+)</span>',
        page,
    )
    assert rows == [
        ("anna@pass24online.ru", "Анна Петрова", "специалист"),
        ("boris@pass24online.ru", "Борис Смирнов", "специалист"),
        ("vera@pass24online.ru", "Вера Орлова", "руководитель"),
        ("gleb@pass24online.ru", "Глеб Никитин", "нет в списке сотрудников"),
    ]


def test_the_page_runs_nothing_and_its_style_is_there(iap: Iap) -> None:
    page = requests.get(f"{iap.desk}/_sign-in", timeout=PATIENCE)
    [style] = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)

    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
    assert page.headers["Cache-Control"] == "no-store"
    assert requests.get(f"{iap.desk}{style}", timeout=PATIENCE).headers["Content-Type"] == "text/css; charset=utf-8"


def test_the_cookie_is_not_for_scripts_and_not_for_other_sites(iap: Iap) -> None:
    answer = requests.post(f"{iap.desk}/_sign-in", {"email": ANNAS_ADDRESS}, allow_redirects=False, timeout=PATIENCE)

    name, _, attributes = answer.headers["Set-Cookie"].partition("=")
    assert name == "pass24_local_iap"
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} == {each.strip() for each in attributes.split(";")[1:]}


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example"),
        *("/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "javascript:alert(1)"),
        *("/ok\r\nSet-Cookie: a=b", "/%0d%0a\r\nX: y", "evil.example", "@evil.example", ":80/", "", "/a\\b", "/\x00"),
    ],
)
def test_a_sign_in_leads_to_no_other_site(iap: Iap, target: str) -> None:
    answer = requests.post(
        f"{iap.desk}/_sign-in", {"email": ANNAS_ADDRESS, "next": target}, allow_redirects=False, timeout=PATIENCE
    )
    page = requests.get(f"{iap.desk}/_sign-in", {"next": target}, timeout=PATIENCE)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert 'name="next" value="/"' in page.text
    assert "X" not in answer.headers


def test_what_is_asked_for_is_text_in_the_page(iap: Iap) -> None:
    page = requests.get(f"{iap.desk}/_sign-in", {"next": '/"><script>alert(1)</script>'}, timeout=PATIENCE)

    assert "<script" not in page.text


@pytest.mark.parametrize("email", ["", "nobody@example.com", "Анна", "anna@pass24online.ru, vera@pass24online.ru"])
def test_nobody_signs_in_who_is_not_in_the_list(iap: Iap, email: str) -> None:
    answer = requests.post(f"{iap.desk}/_sign-in", {"email": email}, allow_redirects=False, timeout=PATIENCE)

    assert answer.status_code == 422
    assert "Такой учётной записи здесь нет" in answer.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/_sign-in", "/_sign-out"])
def test_no_other_site_signs_anybody_in_or_out(iap: Iap, path: str) -> None:
    with iap.client(ANNAS_ADDRESS) as browser:
        answer = browser.post(
            f"{iap.desk}{path}",
            {"email": "vera@pass24online.ru"},
            headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
            allow_redirects=False,
            timeout=PATIENCE,
        )

        assert answer.status_code == 403
        assert who_asks(iap, iap.echo(browser)) == ANNAS_ADDRESS


def test_another_sign_in_takes_the_place_of_the_first(iap: Iap) -> None:
    with iap.client(ANNAS_ADDRESS) as browser:
        first = str(browser.cookies["pass24_local_iap"])
        browser.post(f"{iap.desk}/_sign-in", {"email": "vera@pass24online.ru"}, timeout=PATIENCE)

        assert who_asks(iap, iap.echo(browser)) == "vera@pass24online.ru"
    stale = iap.echo(iap.client(), Cookie=f"pass24_local_iap={first}")
    assert HEADER.lower() not in stale["headers"]


def test_who_signs_out_is_out_in_every_copy_of_the_browser(iap: Iap) -> None:
    with iap.client(ANNAS_ADDRESS) as browser:
        session = str(browser.cookies["pass24_local_iap"])
        answer = browser.post(f"{iap.desk}/_sign-out", allow_redirects=False, timeout=PATIENCE)

        assert (answer.status_code, answer.headers["Location"]) == (303, "/_sign-in")
        assert HEADER.lower() not in iap.echo(browser)["headers"]
    assert HEADER.lower() not in iap.echo(iap.client(), Cookie=f"pass24_local_iap={session}")["headers"]


def test_one_sign_in_is_good_for_both_fronts(iap: Iap) -> None:
    with iap.client(ANNAS_ADDRESS) as browser:
        sent = browser.get(f"{iap.phone}/", timeout=PATIENCE).json()

    assertion = dict(sent["headers"])[HEADER.lower()]
    assert Assertions(PHONE_AUDIENCE, f"{iap.desk}/_keys").verify(assertion) == ANNAS_ADDRESS


@pytest.mark.parametrize(("method", "path"), [("PUT", "/_sign-in"), ("GET", "/_sign-out"), ("POST", "/_keys")])
def test_its_own_addresses_are_never_passed_on(iap: Iap, method: str, path: str) -> None:
    answer = requests.request(method, f"{iap.desk}{path}", timeout=PATIENCE)

    assert answer.status_code == 405
    assert answer.headers["Allow"]


def test_a_post_to_the_sign_in_has_its_size(iap: Iap) -> None:
    answer = requests.post(f"{iap.desk}/_sign-in", {"email": "a" * 20_000}, timeout=PATIENCE)

    assert answer.status_code == 413


# --- assertions


def who_asks(iap: Iap, echoed: Mapping[str, Any]) -> str:
    """The account that the function finds in what the desk's front has passed on."""
    return Assertions(DESK_AUDIENCE, f"{iap.desk}/_keys").verify(echoed["headers"][HEADER.lower()])


@pytest.mark.parametrize("email", ["anna@pass24online.ru", "vera@pass24online.ru", "gleb@pass24online.ru"])
def test_every_request_says_who_has_signed_in(iap: Iap, email: str) -> None:
    with iap.client(email) as browser:
        assert who_asks(iap, iap.echo(browser)) == email


def test_each_front_asserts_for_its_own_function(iap: Iap) -> None:
    with iap.client(ANNAS_ADDRESS) as browser:
        assertion = iap.echo(browser)["headers"][HEADER.lower()]

    with pytest.raises(InvalidAssertionError, match="InvalidAudienceError"):
        Assertions(PHONE_AUDIENCE, f"{iap.phone}/_keys").verify(assertion)


def test_a_program_is_given_an_assertion_to_call_with(iap: Iap) -> None:
    given = requests.post(f"{iap.phone}/_sign-in", json={"email": "Anna@pass24online.ru"}, timeout=PATIENCE)
    answer = given.json()
    passed = requests.get(f"{iap.phone}/", headers={answer["header"]: answer["assertion"]}, timeout=PATIENCE).json()

    assert Assertions(PHONE_AUDIENCE, f"{iap.phone}/_keys").verify(answer["assertion"]) == ANNAS_ADDRESS
    assert dict(passed["headers"])[HEADER.lower()] == answer["assertion"]
    assert "Set-Cookie" not in given.headers


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"anna"', b"{}", b'{"email": 7}', b'{"email": "nobody@x.ru"}', b"\xff"]
)
def test_a_program_that_names_nobody_is_told_whom_it_can_name(iap: Iap, body: bytes) -> None:
    answer = requests.post(f"{iap.desk}/_sign-in", body, headers={"Content-Type": "application/json"}, timeout=PATIENCE)

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert ANNAS_ADDRESS in answer.json()["detail"]


def test_what_a_client_asserts_itself_is_replaced_when_somebody_has_signed_in(iap: Iap) -> None:
    with iap.client(ANNAS_ADDRESS) as browser:
        asserted = requests.post(f"{iap.desk}/_sign-in", json={"email": "vera@pass24online.ru"}, timeout=PATIENCE)
        cookie = f"pass24_local_iap={browser.cookies['pass24_local_iap']}"
    forged = asserted.json()["assertion"]

    for name in (HEADER, HEADER.lower(), HEADER.upper(), "X_Goog_IAP_JWT_Assertion", "X-Goog-IAP_JWT-Assertion"):
        lines = [f"GET /echo HTTP/1.1\r\nHost: x\r\nCookie: {cookie}", f"{name}: {forged}", f"{name}: {forged}", "", ""]
        status, said = iap.raw("\r\n".join(lines).encode())
        sent = json.loads(said.partition("\r\n\r\n")[2])["headers"]
        found = [value for header, value in sent if header.replace("_", "-") == HEADER.lower()]
        assert status == 200
        assert [Assertions(DESK_AUDIENCE, f"{iap.desk}/_keys").verify(value) for value in found] == [ANNAS_ADDRESS], (
            name
        )


def test_a_connection_header_takes_the_assertion_from_no_request(iap: Iap) -> None:
    with iap.client(ANNAS_ADDRESS) as browser:
        sent = iap.echo(browser, Connection=f"close, {HEADER}, X-Forwarded-For, Cookie")

    assert who_asks(iap, sent) == ANNAS_ADDRESS
    assert sent["headers"]["x-forwarded-for"] == HOST


def test_the_session_stays_with_the_proxy(iap: Iap) -> None:
    with iap.client(ANNAS_ADDRESS) as browser:
        alone = iap.echo(browser)
        session = f"pass24_local_iap={browser.cookies['pass24_local_iap']}"
    others = iap.echo(iap.client(), Cookie=f"a=1; {session}; b=x=y;{session} ; my_pass24_local_iap=2")

    assert "cookie" not in alone["headers"]
    assert others["headers"]["cookie"] == "a=1; b=x=y; my_pass24_local_iap=2"
    assert who_asks(iap, others) == ANNAS_ADDRESS


def test_without_a_session_a_program_is_passed_on_as_it_came(iap: Iap) -> None:
    with iap.client() as browser:
        nothing = iap.echo(browser)
        own = iap.echo(browser, **{HEADER: "its own"})
        unknown = iap.echo(browser, Cookie="pass24_local_iap=guessed")

    assert HEADER.lower() not in nothing["headers"]
    assert own["headers"][HEADER.lower()] == "its own"
    assert HEADER.lower() not in unknown["headers"]


@pytest.mark.parametrize(
    ("method", "headers"),
    [("POST", NAVIGATION), ("GET", {"Sec-Fetch-Mode": "cors"}), ("GET", {"Sec-Fetch-Mode": "no-cors"}), ("GET", {})],
)
def test_only_a_persons_way_to_a_page_leads_to_the_sign_in(iap: Iap, method: str, headers: dict[str, str]) -> None:
    answer = requests.request(method, f"{iap.desk}/echo", headers=headers, allow_redirects=False, timeout=PATIENCE)

    assert (answer.status_code, answer.json()["method"]) == (200, method)


# --- passing on and back


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_method_and_body_are_passed_on(iap: Iap, method: str) -> None:
    sent = requests.request(method, f"{iap.desk}/echo", data=b"\x00\xffbody", timeout=PATIENCE).json()

    assert (sent["method"], sent["body"]) == (method, "\x00\xffbody")


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("/a%2Fb/../c//d;e=1?q=%7e&q=a+b&=&x", None),
        ("/?next=/%2e%2e/", None),
        ("/%", None),
        ("/поиск?q=тест", "/%D0%BF%D0%BE%D0%B8%D1%81%D0%BA?q=%D1%82%D0%B5%D1%81%D1%82"),
        ("http://elsewhere.example/path?q=1", "/path?q=1"),
        ("http://elsewhere.example", "/"),
        ("//elsewhere.example/path", "/elsewhere.example/path"),  # Python's own server reads it so
    ],
)
def test_path_and_query_are_passed_on_as_they_were_written(iap: Iap, asked: str, got: str | None) -> None:
    status, said = iap.raw(f"GET {asked} HTTP/1.1\r\nHost: desk.example\r\n\r\n".encode())

    assert status == 200
    assert json.loads(said.partition("\r\n\r\n")[2])["target"] == (got or asked)


def test_headers_are_passed_on_but_for_those_of_one_connection(iap: Iap) -> None:
    request = [
        "POST /echo HTTP/1.1",
        *("Host: desk.example:8083", "Connection: close, X-Mine", "X-Mine: 1", "Keep-Alive: 5", "TE: trailers"),
        *("Upgrade: websocket", "Proxy-Connection: keep-alive", "Trailer: X-End", "Expect: 100-continue"),
        *("X-Other: ещё", "Accept: text/html", "Accept: */*", "Origin: http://desk.example:8083"),
        *("X-Forwarded-For: 203.0.113.7, 10.0.0.1", "Content-Type: text/x", "Content-Length: 3", "", "abc"),
    ]
    status, said = iap.raw("\r\n".join(request).encode())
    sent = json.loads(said.partition("{")[1] + said.partition("{")[2])

    assert status in (100, 200)  # the server answers `Expect` itself
    assert sorted(map(tuple, sent["headers"])) == [
        ("accept", "text/html,*/*"),
        ("content-length", "3"),
        ("content-type", "text/x"),
        ("host", "desk.example:8083"),
        ("origin", "http://desk.example:8083"),
        ("x-forwarded-for", f"203.0.113.7, 10.0.0.1, {HOST}"),
        ("x-other", "ещё".encode().decode("latin-1")),
    ]
    assert sent["body"] == "abc"


def test_a_body_in_chunks_has_one_length_behind_the_proxy(iap: Iap) -> None:
    """Two lengths in one request are how a second request is smuggled past a proxy (RFC 9112, 6.3)."""
    smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    request = f"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n{smuggled}"
    status, said = iap.raw(request.encode())
    sent = json.loads(said.partition("\r\n\r\n")[2])

    assert status == 200
    assert (sent["target"], sent["body"]) == ("/echo", "")
    assert [value for name, value in sent["headers"] if name in ("content-length", "transfer-encoding")] == ["0"]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
def test_bodies_of_32_mebibytes_are_passed_on_and_no_larger_ones(
    iap: Iap,
    size: int,
    status: int,
    chunked: bool,  # noqa: FBT001  # a column of the table
) -> None:
    blocks = (bytes(part) for part in [2**20] * (size // 2**20) + [size % 2**20] if part)
    answer = requests.post(f"{iap.desk}/echo", blocks if chunked else bytes(size), timeout=PATIENCE)

    assert answer.status_code == status
    if status == 200:
        assert answer.json()["body"] == size


def test_chunks_that_are_none_are_refused(iap: Iap) -> None:
    request = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n"
    status, said = iap.raw(request.encode())

    assert status == 400
    assert "target" not in said


def test_an_early_refusal_reaches_who_is_still_sending(iap: Iap) -> None:
    answer = requests.post(f"{iap.desk}/refusing", bytes(LIMIT), timeout=PATIENCE)

    assert (answer.status_code, answer.content) == (413, b"too much for me")


def test_redirects_are_for_the_browser(iap: Iap) -> None:
    answer = requests.get(f"{iap.desk}/redirect", allow_redirects=False, timeout=PATIENCE)

    assert (answer.status_code, answer.headers["Location"]) == (307, "http://example.com/elsewhere")


def test_answers_are_passed_back_as_they_are(iap: Iap) -> None:
    cookies = iap.raw(b"GET /cookies HTTP/1.1\r\nHost: x\r\n\r\n")[1]
    hops = requests.get(f"{iap.desk}/hops", timeout=PATIENCE).headers
    packed = requests.get(f"{iap.desk}/gzip", headers={"Accept-Encoding": "gzip"}, timeout=PATIENCE)
    unchanged = requests.get(f"{iap.desk}/unchanged", timeout=PATIENCE)
    unavailable = requests.get(f"{iap.desk}/unavailable", timeout=PATIENCE)

    assert re.findall(r"Set-Cookie: (.+)\r", cookies) == ["one=1; Path=/", "two=2"]
    assert "Content-Type" not in cookies
    assert ("X-End" in hops, "X-Hop" in hops, "Keep-Alive" in hops) == (True, False, False)
    assert (packed.content, packed.headers["Content-Encoding"], packed.headers["ETag"]) == (b"text", "gzip", '"v1"')
    assert (unchanged.status_code, unchanged.headers["ETag"], unchanged.content) == (304, '"v1"', b"")
    assert (unavailable.status_code, unavailable.headers["Retry-After"]) == (503, "7")
    assert unavailable.content.decode() == "сломалось"
    assert requests.get(f"{iap.desk}/chunks", timeout=PATIENCE).text == "firstsecond"


def test_a_question_about_a_page_is_answered_without_the_page(iap: Iap) -> None:
    whole = requests.get(f"{iap.desk}/gzip", timeout=PATIENCE)
    head = requests.head(f"{iap.desk}/gzip", timeout=PATIENCE)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


def test_an_answer_of_32_mebibytes_is_passed_back_and_no_larger_one(iap: Iap) -> None:
    assert requests.get(f"{iap.desk}/large", timeout=PATIENCE).content == bytes(LIMIT)
    assert requests.get(f"{iap.desk}/too-large", timeout=PATIENCE).status_code == 502


@pytest.mark.parametrize("path", ["/broken", "/broken-chunks", "/garbage", "/nothing"])
def test_half_an_answer_is_none(iap: Iap, path: str) -> None:
    answer = requests.get(f"{iap.desk}{path}", timeout=PATIENCE)

    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/plain; charset=utf-8")


def test_a_function_that_is_down_is_said_to_be(tmp_path: Path) -> None:
    with running_iap(tmp_path, free_port()) as alone:
        answer = requests.get(f"{alone.desk}/", timeout=PATIENCE)
        page = requests.get(f"{alone.desk}/_sign-in", timeout=PATIENCE)

    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/plain; charset=utf-8")
    assert "не отвечает" in answer.text
    assert page.status_code == 200


def test_a_restart_signs_all_out_and_signs_with_another_key(tmp_path: Path) -> None:
    keys = []
    with echoing() as backend:
        for _ in range(2):
            with running_iap(tmp_path, backend) as running:
                keys += requests.get(f"{running.desk}/_keys", timeout=PATIENCE).json()["keys"]

    assert [key["use"] for key in keys] == ["sig", "sig"]
    assert keys[0]["kid"] != keys[1]["kid"]
    assert all("d" not in key for key in keys)


def test_no_log_holds_a_key_an_assertion_a_session_or_an_address(iap: Iap) -> None:
    with iap.client(ANNAS_ADDRESS) as browser:
        session = str(browser.cookies["pass24_local_iap"])
        assertion = iap.echo(browser)["headers"][HEADER.lower()]
    logged = iap.log.read_text(encoding="utf-8")

    assert "signed_in" in logged
    assert "Traceback" not in logged
    assert not [text for text in ("PRIVATE KEY", assertion, session, ANNAS_ADDRESS) if text in logged]


# --- starting


@pytest.mark.parametrize(
    ("front", "settings", "complaint"),
    [
        (("desk", "x", "http://127.0.0.1:1", "/a"), {}, "--front desk"),
        (("desk", "0", "127.0.0.1:1", "/a"), {}, "--front desk"),
        (("desk", "0", "http://127.0.0.1:1", "/a"), {"IAP_SIGNING_KEY": "secret-text"}, "P-256 private key"),
        (("desk", "0", "http://127.0.0.1:1", "/a"), {"SPECIALISTS": ""}, "SPECIALISTS is missing"),
        (("desk", "0", "http://127.0.0.1:1", "/a"), {"STRANGERS": "Глеб"}, "no e-mail address"),
    ],
)
def test_what_it_lacks_is_said_at_the_start(
    tmp_path: Path, front: tuple[str, ...], settings: dict[str, str], complaint: str
) -> None:
    command = (sys.executable, "-m", "local.iap", "--front", *front)
    child = Child("iap", command, environment(**settings), tmp_path / "iap.log")
    try:
        with pytest.raises(Exception, match=re.escape(complaint)) as failure:
            child.wait_until_ready(free_port())
    finally:
        child.stop()

    assert "Traceback" not in str(failure.value)
    assert "secret-text" not in str(failure.value)
