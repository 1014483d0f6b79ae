"""Who may use the functions for specialists: assertions, role lists, the gate, and posts that only our pages made."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from jwt import api_jwk, jwk_set_cache, jwks_client
from werkzeug import Request
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from shared.settings import Secret
from shared.staff.assertions import HEADER, Assertions, InvalidAssertionError, KeysUnavailableError
from shared.staff.gate import DeniedError, Gate
from shared.staff.people import Person, Role, read_people
from shared.staff.post_tokens import LIFETIME, PostTokens, from_other_site
from tests.staff import ACCESS_CONTACT, ANNA, AUDIENCE, BORIS, STRANGER, VERA, Issuer, headers

ANNAS_ADDRESS = "anna@pass24online.ru"
PEOPLE = read_people([ANNA, BORIS], [VERA])
OLD, NEW = Secret("the old key"), Secret("the new key")
TOKENS = PostTokens([NEW])


class FakeClock:
    """The clock that PyJWT measures the age of its keys with."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    for module in (jwks_client, jwk_set_cache, api_jwk):
        monkeypatch.setattr(module, "time", fake)
    return fake


@pytest.fixture
def own_issuer() -> Iterator[Issuer]:
    """An issuer that a test may change."""
    with Issuer() as running:
        yield running


@pytest.fixture(scope="module")
def assertions(issuer: Issuer) -> Assertions:
    return Assertions(AUDIENCE, issuer.keys_url)


def seconds_from_now(seconds: float) -> int:
    return int((datetime.now(UTC) + timedelta(seconds=seconds)).timestamp())


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def unsigned(issuer: Issuer, algorithm: str, sign: Callable[[bytes], bytes]) -> str:
    """An assertion that names its algorithm itself; PyJWT would not make these."""
    header = {"alg": algorithm, "kid": issuer.key_id, "typ": "JWT"}
    parts = [encoded(json.dumps(part).encode()) for part in (header, issuer.claims(ANNA))]
    content = ".".join(parts)
    return f"{content}.{encoded(sign(content.encode()))}"


def with_public_key(issuer: Issuer) -> str:
    """HS256 with what everybody knows as the secret."""
    pem = issuer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return unsigned(issuer, "HS256", lambda content: hmac.digest(pem, content, hashlib.sha256))


def with_other_key(issuer: Issuer, key_id: str) -> str:
    key = generate_private_key(SECP256R1())
    return jwt.encode(issuer.claims(ANNA), key, "ES256", {"kid": key_id})


def with_other_claims(issuer: Issuer) -> str:
    """The signature of one assertion under the claims of another."""
    header, _, signature = issuer.assertion(STRANGER).split(".")
    return f"{header}.{issuer.assertion(ANNA).split('.')[1]}.{signature}"


def test_an_assertion_names_the_account_that_asks(issuer: Issuer, assertions: Assertions) -> None:
    assert assertions.verify(issuer.assertion(ANNA)) == ANNAS_ADDRESS
    assert assertions.verify(issuer.assertion(VERA)) == "vera@pass24online.ru"


def test_addresses_differ_by_more_than_their_case(issuer: Issuer, assertions: Assertions) -> None:
    assert assertions.verify(issuer.assertion("Anna@PASS24online.RU")) == ANNAS_ADDRESS


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda _: "garbage", "DecodeError"),
        (lambda _: "a.b.c", "DecodeError"),
        (lambda _: "яблоко.груша.слива", "DecodeError"),
        (lambda issuer: unsigned(issuer, "none", lambda _: b""), "InvalidAlgorithmError"),
        (with_public_key, "InvalidAlgorithmError"),
        (lambda issuer: with_other_key(issuer, issuer.key_id), "InvalidSignatureError"),
        (lambda issuer: with_other_key(issuer, "another"), "PyJWKClientError"),
        (with_other_claims, "InvalidSignatureError"),
        (lambda issuer: unsigned(issuer, "ES256", lambda _: bytes(64)), "InvalidSignatureError"),
        (lambda issuer: issuer.assertion(ANNA, exp=seconds_from_now(-60)), "ExpiredSignatureError"),
        (lambda issuer: issuer.assertion(ANNA, iat=seconds_from_now(60)), "ImmatureSignatureError"),
        (lambda issuer: issuer.assertion(ANNA, nbf=seconds_from_now(60)), "ImmatureSignatureError"),
        (lambda issuer: issuer.assertion(ANNA, iss="https://accounts.google.com"), "InvalidIssuerError"),
        (lambda issuer: issuer.assertion(ANNA, "/projects/1/global/backendServices/2"), "InvalidAudienceError"),
        (lambda issuer: issuer.assertion(ANNA, f"{AUDIENCE}2"), "InvalidAudienceError"),
        (lambda issuer: issuer.assertion(ANNA, exp="soon"), "DecodeError"),
        (lambda issuer: issuer.sign({}), "MissingRequiredClaimError"),
        (lambda issuer: issuer.assertion(ANNA, email=["anna@pass24online.ru"]), "NoAddress"),
        (lambda issuer: issuer.assertion(ANNA, email={"anna@pass24online.ru": 1}), "NoAddress"),
        (lambda issuer: issuer.assertion(ANNA, email="anna"), "NoAddress"),
        (lambda issuer: issuer.assertion(ANNA, email=""), "NoAddress"),
    ],
)
def test_what_is_no_assertion_for_us_is_refused(
    issuer: Issuer, assertions: Assertions, make: Callable[[Issuer], str], reason: str
) -> None:
    with pytest.raises(InvalidAssertionError) as refusal:
        assertions.verify(make(issuer))

    assert str(refusal.value) == reason


@pytest.mark.parametrize("claim", ["iss", "aud", "email", "sub", "iat", "exp"])
def test_no_claim_may_be_missing(issuer: Issuer, assertions: Assertions, claim: str) -> None:
    with pytest.raises(InvalidAssertionError) as refusal:
        assertions.verify(issuer.sign({n: v for n, v in issuer.claims(ANNA).items() if n != claim}))

    assert str(refusal.value) == "MissingRequiredClaimError"


def test_clocks_may_be_half_a_minute_apart(issuer: Issuer, assertions: Assertions) -> None:
    assert assertions.verify(issuer.assertion(ANNA, exp=seconds_from_now(-20))) == ANNAS_ADDRESS
    assert assertions.verify(issuer.assertion(ANNA, iat=seconds_from_now(20))) == ANNAS_ADDRESS


def test_a_key_of_another_curve_is_refused(own_issuer: Issuer) -> None:
    own_issuer.key = generate_private_key(SECP256K1())

    with pytest.raises((InvalidAssertionError, KeysUnavailableError)):
        Assertions(AUDIENCE, own_issuer.keys_url).verify(
            jwt.PyJWS().encode(b"{}", own_issuer.key, "ES256K", {"kid": own_issuer.key_id})
        )


@given(st.text())
@example("[" * 5000)
@example(f"{encoded(b'[' * 5000)}.{encoded(b'[' * 5000)}.")
@example(f'{encoded(b"""{"alg":"ES256","kid":"key-1"}""")}.{encoded(b"[" * 5000)}.')
def test_no_text_of_a_stranger_is_an_assertion(assertions: Assertions, text: str) -> None:
    with pytest.raises(InvalidAssertionError):
        assertions.verify(text)


def test_keys_are_fetched_once_for_many_assertions(own_issuer: Issuer) -> None:
    assertions = Assertions(AUDIENCE, own_issuer.keys_url)
    for _ in range(20):
        assertions.verify(own_issuer.assertion(ANNA))

    assert own_issuer.fetches == 1


def test_keys_are_fetched_anew_after_an_hour(own_issuer: Issuer, clock: FakeClock) -> None:
    assertions = Assertions(AUDIENCE, own_issuer.keys_url)
    assertions.verify(own_issuer.assertion(ANNA))
    clock.seconds += 3599
    assertions.verify(own_issuer.assertion(ANNA))
    assert own_issuer.fetches == 1

    clock.seconds += 2
    assertions.verify(own_issuer.assertion(ANNA))

    assert own_issuer.fetches == 2


def test_a_key_that_was_taken_back_counts_for_an_hour_at_most(own_issuer: Issuer, clock: FakeClock) -> None:
    assertions = Assertions(AUDIENCE, own_issuer.keys_url)
    assertions.verify(own_issuer.assertion(ANNA))
    of_the_old_key = own_issuer.assertion(ANNA)
    own_issuer.rotate()

    clock.seconds += 3601

    with pytest.raises(InvalidAssertionError):
        assertions.verify(of_the_old_key)


def test_a_new_key_is_picked_up_within_half_a_minute(own_issuer: Issuer, clock: FakeClock) -> None:
    assertions = Assertions(AUDIENCE, own_issuer.keys_url)
    assertions.verify(own_issuer.assertion(ANNA))
    own_issuer.rotate()

    clock.seconds += 31

    assert assertions.verify(own_issuer.assertion(ANNA)) == ANNAS_ADDRESS
    assert own_issuer.fetches == 2


def test_unknown_keys_do_not_make_us_ask_at_every_request(own_issuer: Issuer, clock: FakeClock) -> None:
    assertions = Assertions(AUDIENCE, own_issuer.keys_url)
    assertions.verify(own_issuer.assertion(ANNA))
    for n in range(60):
        clock.seconds += 1
        with pytest.raises(InvalidAssertionError):
            assertions.verify(with_other_key(own_issuer, f"another-{n}"))

    assert own_issuer.fetches <= 3


@pytest.mark.parametrize(
    "answer",
    [
        (HTTPStatus.INTERNAL_SERVER_ERROR, b"{}"),
        (HTTPStatus.NOT_FOUND, b"{}"),
        (HTTPStatus.OK, b""),
        (HTTPStatus.OK, b"<html>"),
        (HTTPStatus.OK, b"\xff\xfe\xfd"),
        (HTTPStatus.OK, b"[]"),
        (HTTPStatus.OK, b"{}"),
        (HTTPStatus.OK, b'{"keys": []}'),
        (HTTPStatus.OK, b'{"keys": [{"kty": "EC"}]}'),
    ],
)
def test_without_keys_nothing_can_be_verified(own_issuer: Issuer, answer: tuple[HTTPStatus, bytes]) -> None:
    own_issuer.answer = answer
    assertions = Assertions(AUDIENCE, own_issuer.keys_url)

    with pytest.raises(KeysUnavailableError):
        assertions.verify(own_issuer.assertion(ANNA))

    own_issuer.answer = None
    assert assertions.verify(own_issuer.assertion(ANNA)) == ANNAS_ADDRESS


def test_nobody_at_the_keys_address_is_told_from_a_forgery() -> None:
    with Issuer() as gone:
        assertion = gone.assertion(ANNA)
    with pytest.raises(KeysUnavailableError):
        Assertions(AUDIENCE, gone.keys_url).verify(assertion)


def test_an_outage_of_the_keys_address_is_not_noticed_while_keys_are_kept(own_issuer: Issuer, clock: FakeClock) -> None:
    assertions = Assertions(AUDIENCE, own_issuer.keys_url)
    assertions.verify(own_issuer.assertion(ANNA))
    own_issuer.answer = (HTTPStatus.SERVICE_UNAVAILABLE, b"")
    clock.seconds += 1800

    assert assertions.verify(own_issuer.assertion(ANNA)) == ANNAS_ADDRESS
    with pytest.raises(KeysUnavailableError):
        assertions.verify(with_other_key(own_issuer, "another"))
    assert assertions.verify(own_issuer.assertion(ANNA)) == ANNAS_ADDRESS


# --- role lists


def test_people_are_read_with_their_names_and_roles() -> None:
    assert dict(PEOPLE) == {
        "anna@pass24online.ru": Person("anna@pass24online.ru", "Анна Петрова", Role.SPECIALIST),
        "boris@pass24online.ru": Person("boris@pass24online.ru", "Борис Смирнов", Role.SPECIALIST),
        "vera@pass24online.ru": Person("vera@pass24online.ru", "Вера Орлова", Role.HEAD),
    }
    assert [person.is_head for person in PEOPLE.values()] == [False, False, True]


@pytest.mark.parametrize(
    ("item", "signature"),
    [
        ("Anna@Pass24online.ru", "anna@pass24online.ru"),
        ("<anna@pass24online.ru>", "anna@pass24online.ru"),
        ('"Анна Петрова" <Anna@pass24online.ru>', "Анна Петрова <anna@pass24online.ru>"),
        ("Анна (2-я линия) <anna@pass24online.ru>", "Анна (2-я линия) <anna@pass24online.ru>"),
    ],
)
def test_an_item_may_be_written_so(item: str, signature: str) -> None:
    [person] = read_people([item], []).values()

    assert person.signature == signature


def test_who_stands_in_both_lists_is_a_head() -> None:
    [person] = read_people(["Вера <vera@x.ru>"], ["VERA@x.ru"]).values()

    assert person.is_head


@pytest.mark.parametrize(
    "item",
    [
        *("", "Анна", "Анна <>", "Анна <anna>", "anna@", "@x.ru", "Анна anna@x.ru", "anna@x.ru>", "<anna@x.ru"),
        *("anna@x.ru boris@x.ru", "Анна <anna@x.ru> Борис <boris@x.ru>", "anna@x@y.ru"),
    ],
)
def test_a_list_that_leaves_somebody_out_is_no_list(item: str) -> None:
    with pytest.raises(ValueError, match="role list"):
        read_people([ANNA], [item])


# --- the gate


@pytest.fixture
def gate(assertions: Assertions) -> Gate:
    return Gate(assertions, PEOPLE, ACCESS_CONTACT)


def asking(given: dict[str, str]) -> Request:
    return Request(EnvironBuilder(headers=Headers(given)).get_environ())


def test_specialists_and_heads_are_let_in(issuer: Issuer, gate: Gate) -> None:
    assert gate.admit(asking(headers(issuer, ANNA))) == PEOPLE[ANNAS_ADDRESS]
    assert gate.admit(asking(headers(issuer, VERA))).is_head


def test_only_heads_go_on_where_heads_decide(issuer: Issuer, gate: Gate) -> None:
    gate.head_only(gate.admit(asking(headers(issuer, VERA))))
    with pytest.raises(DeniedError) as denied:
        gate.head_only(gate.admit(asking(headers(issuer, BORIS))))

    assert denied.value.status == HTTPStatus.FORBIDDEN
    assert ACCESS_CONTACT in denied.value.detail


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (lambda _: {}, "no_assertion"),
        (lambda _: {HEADER: ""}, "no_assertion"),
        (lambda _: {HEADER: "garbage"}, "DecodeError"),
        # What Identity-Aware Proxy also sends, and anybody can.
        (lambda _: {"X-Goog-Authenticated-User-Email": f"accounts.google.com:{ANNAS_ADDRESS}"}, "no_assertion"),
        (lambda issuer: {"Authorization": f"Bearer {issuer.assertion(ANNA)}"}, "no_assertion"),
        (lambda issuer: {HEADER: f"Bearer {issuer.assertion(ANNA)}"}, "DecodeError"),
        (lambda issuer: {HEADER: f"{issuer.assertion(ANNA)},{issuer.assertion(ANNA)}"}, "DecodeError"),
        (lambda issuer: {HEADER: issuer.assertion(ANNA, "/projects/1/apps/other")}, "InvalidAudienceError"),
        (lambda issuer: headers(issuer, STRANGER), "unknown_account"),
    ],
)
def test_nobody_else_is_let_in_and_all_are_told_whom_to_ask(
    issuer: Issuer,
    gate: Gate,
    given: Callable[[Issuer], dict[str, str]],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(DeniedError) as denied:
        gate.admit(asking(given(issuer)))

    assert denied.value.status == HTTPStatus.FORBIDDEN
    assert ACCESS_CONTACT in denied.value.detail
    assert [record.fields["reason"] for record in caplog.records if record.message == "staff_denied"] == [reason]  # type: ignore[attr-defined]  # our own field


def test_no_log_names_who_was_not_let_in(issuer: Issuer, gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(DeniedError):
        gate.admit(asking(headers(issuer, STRANGER)))

    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "staff_unknown" in logged
    assert "gleb@" not in logged


def test_who_cannot_be_verified_is_asked_to_come_again(own_issuer: Issuer) -> None:
    gate = Gate(Assertions(AUDIENCE, own_issuer.keys_url), PEOPLE, ACCESS_CONTACT)
    own_issuer.answer = (HTTPStatus.BAD_GATEWAY, b"")
    with pytest.raises(DeniedError) as denied:
        gate.admit(asking(headers(own_issuer, ANNA)))

    assert denied.value.status == HTTPStatus.SERVICE_UNAVAILABLE


# --- posts


def test_a_token_tells_its_request_and_when_it_was_made() -> None:
    before = datetime.now(UTC)
    token = TOKENS.issue(PEOPLE[ANNAS_ADDRESS])
    read = TOKENS.read(token, PEOPLE[ANNAS_ADDRESS])
    after = datetime.now(UTC)

    assert read is not None
    assert before - timedelta(seconds=1) < read.issued_at <= after
    assert read.issued_at.utcoffset() == timedelta(0)
    assert len(read.request_id) == 32
    assert TOKENS.read(token, PEOPLE[ANNAS_ADDRESS]) == read


def test_every_page_is_another_request() -> None:
    anna = PEOPLE[ANNAS_ADDRESS]
    read = [TOKENS.read(TOKENS.issue(anna), anna) for _ in range(100)]

    assert len({token.request_id for token in read if token}) == 100


@pytest.mark.parametrize("other", ["boris@pass24online.ru", "vera@pass24online.ru"])
def test_a_token_is_good_for_one_person(other: str) -> None:
    assert TOKENS.read(TOKENS.issue(PEOPLE[ANNAS_ADDRESS]), PEOPLE[other]) is None


@pytest.mark.parametrize(("age", "is_good"), [(timedelta(), True), (LIFETIME, True), (LIFETIME * 1.001, False)])
def test_a_token_is_good_for_a_day(monkeypatch: pytest.MonkeyPatch, age: timedelta, is_good: bool) -> None:  # noqa: FBT001  # a column of the table
    anna = PEOPLE[ANNAS_ADDRESS]
    made_at = 1_790_000_000
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: made_at)
    token = TOKENS.issue(anna)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: made_at + int(age.total_seconds()))

    assert (TOKENS.read(token, anna) is not None) == is_good


def test_pages_of_the_former_key_are_taken_while_new_ones_are_signed_with_the_first() -> None:
    anna = PEOPLE[ANNAS_ADDRESS]
    both, old = PostTokens([NEW, OLD]), PostTokens([OLD])

    assert both.read(old.issue(anna), anna) is not None
    assert TOKENS.read(both.issue(anna), anna) is not None
    assert old.read(both.issue(anna), anna) is None
    assert TOKENS.read(old.issue(anna), anna) is None


def test_a_token_that_was_changed_is_not_ours() -> None:
    anna = PEOPLE[ANNAS_ADDRESS]
    token = TOKENS.issue(anna)
    for position, letter in enumerate(token):
        changed = token[:position] + ("A" if letter != "A" else "B") + token[position + 1 :]
        # The last letter of base64 holds bits that mean nothing; a token that only differs there is the same.
        assert TOKENS.read(changed, anna) in (None, TOKENS.read(token, anna)), position
    assert TOKENS.read(token[:-1], anna) is None
    assert TOKENS.read(f"{token}.{token}", anna) is None


@pytest.mark.parametrize(
    ("said", "salt"),
    [
        ([ANNAS_ADDRESS, "0" * 32], "something else"),
        ("anna", "pass24-intake-staff-post"),
        ([ANNAS_ADDRESS], "pass24-intake-staff-post"),
        (7, "pass24-intake-staff-post"),
        (None, "pass24-intake-staff-post"),
    ],
)
def test_what_we_sign_for_other_purposes_is_no_token(said: object, salt: str) -> None:
    other = str(URLSafeTimedSerializer(NEW.value, salt=salt).dumps(said))

    assert TOKENS.read(other, PEOPLE[ANNAS_ADDRESS]) is None


@given(st.text())
@example("\ud800")
def test_no_text_of_a_stranger_is_a_token(text: str) -> None:
    assert TOKENS.read(text, PEOPLE[ANNAS_ADDRESS]) is None


@pytest.mark.parametrize(
    ("said", "is_other"),
    [
        ({}, False),  # no browser
        ({"Sec-Fetch-Site": "same-origin"}, False),
        ({"Sec-Fetch-Site": "none"}, False),  # typed, or a bookmark
        ({"Sec-Fetch-Site": "same-site"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, True),
        ({"Sec-Fetch-Site": "something-new"}, True),
        ({"Sec-Fetch-Site": ""}, True),
        ({"Origin": "https://desk.example.ru"}, False),
        ({"Origin": "https://desk.example.ru:8443"}, True),
        ({"Origin": "https://example.ru"}, True),
        ({"Origin": "https://desk.example.ru.evil.example"}, True),
        ({"Origin": "https://evil.example/desk.example.ru"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": ""}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, False),  # `Referrer-Policy: no-referrer` makes it so
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://desk.example.ru"}, True),
    ],
)
def test_what_a_browser_says_of_the_sender_is_believed(said: dict[str, str], is_other: bool) -> None:  # noqa: FBT001  # a column of the table
    environ = EnvironBuilder(method="POST", headers=Headers({"Host": "desk.example.ru", **said})).get_environ()

    assert from_other_site(Request(environ)) is is_other


def test_the_port_belongs_to_the_site() -> None:
    asked = {"Host": "127.0.0.1:8083", "Origin": "http://127.0.0.1:8083"}
    assert not from_other_site(Request(EnvironBuilder(method="POST", headers=Headers(asked)).get_environ()))
    asked["Origin"] = "http://127.0.0.1:8080"
    assert from_other_site(Request(EnvironBuilder(method="POST", headers=Headers(asked)).get_environ()))
