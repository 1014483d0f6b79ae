"""Whatever a client sends, `intake_form` answers it, and never with a fault of ours."""

import json
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from shared.request_fields import FLAGS, LIMITS
from tests.form_instance import LEAST, TYPED, Attachment, Instance, instance, multipart, settings_of
from tests.function_instance import make_world

# werkzeug leaves the file of a part that never ends to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile.__del__:pytest.PytestUnraisableExceptionWarning")

BOUNDED = settings(
    max_examples=150,
    deadline=None,  # the emulators take their time
    suppress_health_check=[HealthCheck.too_slow],  # so does a machine that runs all the tests
)

FIELDS = [*LIMITS, *FLAGS, "page_token", "website", "smart-token", "files", "__proto__", ""]
ANY_TEXT = st.text(st.characters(codec=None), max_size=60)
HEADER_TEXT = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=80)
NAMED_HEADERS = st.sampled_from(
    [
        *("Accept", "Accept-Language", "Authorization", "Content-Encoding", "Content-Length", "Cookie", "Expect"),
        *("Forwarded", "Function-Execution-Id", "Host", "Idempotency-Key", "If-None-Match", "Origin", "Range"),
        *("Access-Control-Request-Method", "Transfer-Encoding", "X-Cloud-Trace-Context", "X-Forwarded-For"),
        *("X-Forwarded-Proto", "X-HTTP-Method-Override", "traceparent"),
    ]
)
TELLING_VALUES = st.sampled_from(
    [
        *("", "-1", "abc", "99999999999999999999", "chunked", "gzip", "*/*;q=x", "text/html;q=nan", "application/json"),
        *("203.0.113.7", ",,,", "::1%eth0", "00-0-0-0", "x/1;o=1", "null", "https://pass24online.ru", "a b!!:99999"),
    ]
)
HEADERS = st.dictionaries(NAMED_HEADERS, TELLING_VALUES | HEADER_TEXT, max_size=4)
CONTENT_TYPES = (
    st.sampled_from(
        [
            *("application/json", "application/json; charset=utf-16", "APPLICATION/JSON", "application/json;;"),
            *("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=koi8-r"),
            *("multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary="),
            *('multipart/form-data; boundary="', "multipart/form-data; boundary=" + "x" * 300),
            *("multipart/form-data; boundary=\xff", "multipart/mixed; boundary=x", "text/plain", "/", ""),
        ]
    )
    | HEADER_TEXT
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
JSON_BODIES = st.one_of(
    st.dictionaries(st.sampled_from(FIELDS) | ANY_TEXT, JSON_VALUES, max_size=6).map(
        lambda body: json.dumps(LEAST | body).encode()
    ),
    st.integers(0, 60).map(lambda cut: json.dumps(LEAST).encode()[:cut]),
)
WHOLE_MULTIPART = multipart("x", TYPED, [Attachment("Счёт №5.pdf", b"\x00\xff" * 50)])


@st.composite
def damaged_multipart(draw: st.DrawFn) -> bytes:
    at, length = draw(st.integers(0, len(WHOLE_MULTIPART))), draw(st.integers(0, 40))
    return WHOLE_MULTIPART[:at] + draw(st.binary(max_size=40)) + WHOLE_MULTIPART[at + length :]


@st.composite
def strange_multipart(draw: st.DrawFn) -> bytes:
    """Parts with names that repeat, files where texts belong, and whatever header a part may have."""
    head = st.sampled_from(
        [
            b'Content-Disposition: form-data; name="%s"',
            b'Content-Disposition: form-data; name="%s"; filename="x.png"',
            b"Content-Disposition: form-data; name=\"%s\"; filename*=utf-8''%%D0%%FF.png",
            b'Content-Disposition: form-data; name="%s"\r\nContent-Type: text/plain; charset=rot13',
            b'Content-Disposition: form-data; name="%s"\r\nContent-Transfer-Encoding: base64',
            b'content-disposition: attachment; name="%s"; name="consent"',
            b"X-Nothing: %s",
        ]
    )
    names = st.sampled_from([name.encode() for name in FIELDS])
    parts = draw(st.lists(st.tuples(head, names, st.binary(max_size=80)), max_size=8))
    body = b"".join(b"--x\r\n" + head % name + b"\r\n\r\n" + content + b"\r\n" for head, name, content in parts)
    return body + draw(st.sampled_from([b"--x--\r\n", b"--x--", b"--x", b""]))


URLENCODED = st.lists(
    st.tuples(
        st.sampled_from([name.encode() for name in FIELDS]),
        st.sampled_from([b"%", b"%F", b"%FF%FE", b"%00", b"+", b"%ED%A0%80", b"%D0%98", b"ivan@example.ru", b"1"])
        | st.binary(max_size=20),
    ),
    max_size=10,
).map(lambda pairs: b"&".join(name + b"=" + value for name, value in pairs))


@pytest.fixture(scope="module")
def form(firestore_emulator: str, pubsub_emulator: str, storage_emulator: str) -> Iterator[Instance]:  # noqa: ARG001  # asked for so that it runs
    world = make_world(f"test-{uuid.uuid4().hex[:16]}", pubsub_emulator, storage_emulator)
    with instance({**settings_of(world), "CORS_ALLOWED_ORIGINS": "https://pass24online.ru"}) as running:
        yield running


def check(response: TestResponse) -> None:
    """Every answer is a page in Russian, JSON, or a problem document; none is a fault of ours."""
    assert response.status_code < 500
    content = response.get_data()
    if response.status_code >= 400 and content:
        kind = response.content_type
        assert kind in {"application/problem+json", "text/html; charset=utf-8"}
        if kind == "application/problem+json":
            assert json.loads(content)["status"] == response.status_code
        else:
            assert '<html lang="ru">' in content.decode()
    elif response.status_code == 201:
        assert response.content_type in {"application/json", "text/html; charset=utf-8"}


@BOUNDED
@given(content=st.binary(max_size=300), content_type=CONTENT_TYPES, headers=HEADERS)
@example(content=b"[" * 200_000, content_type="application/json", headers={})
@example(content=b'{"a":' * 50_000, content_type="application/json", headers={})
@example(content=b'{"previous_ticket": 1e999}', content_type="application/json", headers={})
@example(content=b'{"previous_ticket": -' + b"9" * 5000 + b"}", content_type="application/json", headers={})
@example(content=b'{"description": "\\ud800", "\\udfff": "\\u0000"}', content_type="application/json", headers={})
@example(content=b"x" * 600_000, content_type="application/json", headers={})
@example(content=b"a=" + b"%" * 600_000, content_type="application/x-www-form-urlencoded", headers={})
@example(content=b"--x\r\n" * 5_000, content_type="multipart/form-data; boundary=x", headers={})
@example(content=WHOLE_MULTIPART * 30, content_type="multipart/form-data; boundary=x", headers={})
def test_any_body_is_answered(form: Instance, content: bytes, content_type: str, headers: dict[str, str]) -> None:
    check(form.open("POST", data=content, content_type=content_type, headers=headers))


@BOUNDED
@given(content=JSON_BODIES, headers=HEADERS)
def test_any_json_is_answered(form: Instance, content: bytes, headers: dict[str, str]) -> None:
    check(form.open("POST", data=content, content_type="application/json", headers=headers))


@BOUNDED
@given(content=damaged_multipart() | strange_multipart(), headers=HEADERS, with_token=st.booleans())
def test_any_multipart_is_answered(
    form: Instance,
    content: bytes,
    headers: dict[str, str],
    with_token: bool,  # noqa: FBT001  # drawn by name
) -> None:
    if with_token:
        token = f'--x\r\nContent-Disposition: form-data; name="page_token"\r\n\r\n{form.token()}\r\n'
        content = token.encode() + content
    check(form.open("POST", data=content, content_type="multipart/form-data; boundary=x", headers=headers))


@BOUNDED
@given(content=URLENCODED, headers=HEADERS)
def test_any_urlencoded_form_is_answered(form: Instance, content: bytes, headers: dict[str, str]) -> None:
    check(form.open("POST", data=content, content_type="application/x-www-form-urlencoded", headers=headers))


@BOUNDED
@given(
    method=st.sampled_from(
        ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "X", "get"]
    ),
    path=st.just("/") | st.binary(min_size=1, max_size=30).map(lambda path: "/" + path.decode("latin-1")),
    query=st.binary(max_size=30).map(lambda query: query.decode("latin-1")),
    headers=HEADERS,
)
def test_any_address_and_method_is_answered(
    form: Instance, method: str, path: str, query: str, headers: dict[str, str]
) -> None:
    # As a WSGI server gives them: bytes, written as Latin-1 (PEP 3333).
    response = form.open(method, headers=headers, environ_overrides={"PATH_INFO": path, "QUERY_STRING": query})

    if not path.strip("/"):
        check(response)
    else:
        # Some addresses (a line break, two slashes) are answered by the framework's own router, in English.
        assert response.status_code in {308, 404}
