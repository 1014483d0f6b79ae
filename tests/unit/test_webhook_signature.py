"""SendGrid's signature: only a call that one of our keys has signed, byte for byte, gets in."""

import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from traceback import format_exception

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st
from sendgrid.helpers.eventwebhook import EventWebhook

from local.processes import ROOT
from shared.webhook_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, ForgedCallError, WebhookSignatures
from tests.inbound import SIGNER, signed_post

TIMESTAMP = "1763800000"
KEY = generate_private_key(SECP256R1())
OTHER = generate_private_key(SECP256R1())
LARGER = generate_private_key(SECP384R1())
BODY = '--xYzZY\r\nContent-Disposition: form-data; name="email"\r\n\r\nПривет\r\n--xYzZY--\r\n'.encode() + b"\x80\xff"


def public_key(key: EllipticCurvePrivateKey = KEY) -> str:
    """As SendGrid's settings page shows it."""
    return b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def sign(body: bytes, key: EllipticCurvePrivateKey = KEY, timestamp: str = TIMESTAMP) -> dict[str, str]:
    signature = key.sign(timestamp.encode() + body, ECDSA(SHA256()))
    return {SIGNATURE_HEADER: b64encode(signature).decode(), TIMESTAMP_HEADER: timestamp}


GOOD = sign(BODY)
SIGNATURES = WebhookSignatures((public_key(),))


def verify(
    headers: Mapping[str, str | None], body: bytes = BODY, signatures: WebhookSignatures = SIGNATURES, block: int = 7
) -> None:
    body_hash = signatures.body_hash(headers.get(TIMESTAMP_HEADER))
    for start in range(0, len(body), block):
        body_hash.update(body[start : start + block])
    signatures.verify(headers.get(SIGNATURE_HEADER), body_hash.digest())


def signed(value: str | None) -> dict[str, str | None]:
    return {**GOOD, SIGNATURE_HEADER: value}


def stamped(value: str | None) -> dict[str, str | None]:
    return {**GOOD, TIMESTAMP_HEADER: value}


def flipped(body: bytes, bit: int) -> bytes:
    changed = bytearray(body)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_a_call_signed_with_our_key_is_let_in() -> None:
    verify(GOOD)


def test_sendgrid_s_own_library_agrees() -> None:
    text = '[{"event":"delivered"}]\r\n'
    headers = sign(text.encode())

    theirs = EventWebhook(public_key())

    assert theirs.verify_signature(text, headers[SIGNATURE_HEADER], headers[TIMESTAMP_HEADER])
    verify(headers, text.encode())


def test_the_local_stand_in_signs_in_the_same_way() -> None:
    body, headers = signed_post(BODY)

    verify(headers, body, WebhookSignatures((SIGNER.public_key,)))


@pytest.mark.parametrize("block", [1, 64, 10_000])
def test_the_body_may_come_in_any_blocks(block: int) -> None:
    verify(GOOD, block=block)


def test_an_empty_body_can_be_signed() -> None:
    verify(sign(b""), b"")


@pytest.mark.parametrize("keys", [(KEY, OTHER), (OTHER, KEY), (OTHER, generate_private_key(SECP256R1()), KEY)])
def test_while_keys_are_exchanged_each_of_them_counts(keys: tuple[EllipticCurvePrivateKey, ...]) -> None:
    signatures = WebhookSignatures(tuple(public_key(key) for key in keys))

    for key in keys:
        verify(sign(BODY, key), signatures=signatures)


def test_a_key_that_was_taken_away_counts_no_more() -> None:
    with pytest.raises(ForgedCallError):
        verify(GOOD, signatures=WebhookSignatures((public_key(OTHER),)))


def test_a_call_of_three_days_ago_or_of_a_wrong_clock_is_let_in() -> None:
    for timestamp in ("0", "1", "1600112502", "99999999999999999999"):
        verify(sign(BODY, timestamp=timestamp))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no headers"),
        pytest.param(signed(None), id="no signature"),
        pytest.param(signed(""), id="empty signature"),
        pytest.param(signed("Подпись"), id="not ASCII"),
        pytest.param(signed("*" * 96), id="not base64"),
        pytest.param(signed(GOOD[SIGNATURE_HEADER][:-1]), id="base64 cut off"),
        pytest.param(signed(GOOD[SIGNATURE_HEADER] + "\n"), id="line break after the signature"),
        pytest.param(signed(b64encode(b"no DER at all").decode()), id="not DER"),
        pytest.param(signed(b64encode(bytes(72)).decode()), id="zeros"),
        pytest.param(signed(b64encode(bytes.fromhex("3006020100020100")).decode()), id="r and s are zero"),
        pytest.param(signed("A" * 1_000_000), id="huge signature"),
        pytest.param(signed(GOOD[SIGNATURE_HEADER] + "A" * 100), id="bytes after the signature"),
        pytest.param(sign(BODY, OTHER), id="another key"),
        pytest.param(sign(BODY, LARGER), id="a key of another curve"),
        pytest.param(stamped(None), id="no timestamp"),
        pytest.param(stamped(""), id="empty timestamp"),
        pytest.param(stamped(str(int(TIMESTAMP) + 1)), id="another timestamp"),
        pytest.param(stamped(f"0{TIMESTAMP}"), id="zero before the timestamp"),
        pytest.param(stamped(f" {TIMESTAMP}"), id="space before the timestamp"),
        pytest.param(stamped(f"{TIMESTAMP}\n"), id="line break after the timestamp"),
        pytest.param(stamped("١٢٣"), id="digits that are not ASCII"),
        pytest.param(stamped("1" * 1_000_000), id="huge timestamp"),
        pytest.param({SIGNATURE_HEADER: TIMESTAMP, TIMESTAMP_HEADER: GOOD[SIGNATURE_HEADER]}, id="swapped"),
        pytest.param(sign(b""), id="signature of an empty body"),
    ],
)
def test_a_forged_call_looks_like_any_other(headers: Mapping[str, str | None]) -> None:
    with pytest.raises(ForgedCallError) as raised:
        verify(headers)

    assert str(raised.value) == "the signature is missing or not valid"
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(BODY[:-1], id="cut off"),
        pytest.param(BODY + b"\n", id="longer"),
        pytest.param(BODY.replace("Привет".encode(), "Пpивет".encode()), id="another letter"),
        pytest.param(BODY.replace(b"\r\n", b"\n"), id="other line ends"),
        pytest.param(BODY.decode(errors="replace").encode(), id="decoded and encoded again"),
    ],
)
def test_a_changed_body_is_forged(body: bytes) -> None:
    with pytest.raises(ForgedCallError):
        verify(GOOD, body)


def test_a_body_without_its_last_line_break_is_forged() -> None:
    body = b'[{"event":"delivered"}]\r\n'
    headers = sign(body)
    verify(headers, body)

    with pytest.raises(ForgedCallError):
        verify(headers, body.rstrip())


def test_every_single_bit_of_the_body_counts() -> None:
    for bit in range(len(BODY) * 8):
        with pytest.raises(ForgedCallError):
            verify(GOOD, flipped(BODY, bit), block=len(BODY))


@pytest.mark.parametrize("moved", [1, 2, 7])
def test_the_body_s_beginning_cannot_be_moved_into_the_timestamp(moved: int) -> None:
    with pytest.raises(ForgedCallError):
        verify(stamped(TIMESTAMP + BODY[:moved].decode()), BODY[moved:])


@given(st.text(), st.text())
@example("\ud800", TIMESTAMP)
@example(GOOD[SIGNATURE_HEADER], "\ud800")
def test_no_header_makes_anything_else_than_a_forged_call(signature: str, timestamp: str) -> None:
    with pytest.raises(ForgedCallError):
        verify({SIGNATURE_HEADER: signature, TIMESTAMP_HEADER: timestamp})


def _rsa_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize(
    "malformed",
    [
        pytest.param("", id="empty"),
        pytest.param("ключ", id="not ASCII"),
        pytest.param("a secret that was pasted here", id="not base64"),
        pytest.param(b64encode(b"a secret that was pasted here").decode(), id="not DER"),
        pytest.param(public_key()[:-8], id="cut off"),
        pytest.param(f"-----BEGIN PUBLIC KEY-----\n{public_key()}\n-----END PUBLIC KEY-----", id="PEM"),
        pytest.param(public_key(LARGER), id="P-384"),
        pytest.param(_rsa_key(), id="RSA"),
    ],
)
def test_a_malformed_key_of_ours_is_named_by_its_position_only(malformed: str) -> None:
    with pytest.raises(ValueError, match=r"^verification key 2 is not ") as raised:
        WebhookSignatures((public_key(), malformed))

    assert not malformed or malformed not in "".join(format_exception(raised.value))


def test_without_any_key_there_is_nothing_to_verify_with() -> None:
    with pytest.raises(ValueError, match="there is no verification key"):
        WebhookSignatures(())


def test_the_module_costs_a_cold_start_nothing() -> None:
    code = "import sys, shared.webhook_signature; sys.exit('cryptography' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0  # noqa: S603  # constant
