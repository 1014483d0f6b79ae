"""`python -m tests.fuzz.fuzz_post CORPUS_FOLDER`: SendGrid's post, whatever it holds, is read or refused."""

import json
from contextlib import suppress

import atheris  # type: ignore[import-untyped]  # published without types

with atheris.instrument_imports(include=["functions.intake_email", "werkzeug.http"]):
    from functions.intake_email.webhook.post import InboundPost, MalformedPostError, NotRawModeError, read_post

from local.smtp.inbound import CONTENT_TYPE, CURRENT, EARLIER
from tests.fuzz.fuzzing import fuzz
from tests.inbound import signed_post

MAIL = "From: ivan@example.ru\r\nTo: support@pass24online.ru\r\n\r\nШлагбаум".encode("koi8-r")


def check(data: bytes) -> None:
    """The input as a whole post; then as the message in one."""
    with suppress(MalformedPostError, NotRawModeError):
        hold(read_post(data, CONTENT_TYPE))
    body, _ = signed_post(data)
    try:
        inbound = read_post(body, CONTENT_TYPE)
    except MalformedPostError:
        # Also from a header that SendGrid shows in a field of its own, decoded.
        assert b"xYzZY" in body.replace(b"--xYzZY\r\nContent-Disposition: form-data; name=", b"")
        return
    hold(inbound)
    if b"xYzZY" not in data:
        assert inbound.email == data
    assert inbound.recipients == ("support@pass24online.ru",)
    assert (inbound.return_path, inbound.spf, inbound.dkim) == ("ivan@example.ru", "pass", "none")


def hold(inbound: InboundPost) -> None:
    assert inbound.recipients
    said = [*inbound.recipients, inbound.return_path, inbound.sender_ip, inbound.spf, inbound.dkim, inbound.spam_score]
    json.dumps(said, ensure_ascii=False, allow_nan=False).encode()


if __name__ == "__main__":
    fuzz(check, [signed_post(MAIL, spam_score=0.1, style=style)[0] for style in (CURRENT, EARLIER)])
