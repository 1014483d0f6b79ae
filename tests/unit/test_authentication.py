"""A sender whose mail fails both SPF and DKIM gets no automatic letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.authentication import authentication


@pytest.mark.parametrize(
    ("spf", "dkim", "failed"),
    [
        ("fail", "none", True),
        ("softfail", "", True),
        ("FAIL", "{@a.ru : fail}", True),
        ("SoftFail (domain of x does not designate 1.2.3.4)", "{@a.ru : fail, @b.ru : temperror}", True),
        ("fail", "{@b.ru : fail, @a.ru : pass}", False),
        ("fail", "{@a.ru : PASS}", False),
        ("fail", "{@mail.a.ru : pass}", False),
        ("fail", "{@evil.ru : pass}", True),
        ("fail", "{@evila.ru : pass}", True),
        ("pass", "{@a.ru : fail}", False),
        ("none", "none", False),
        ("neutral", "", False),
        ("temperror", "none", False),
        ("permerror", "none", False),
        ("", "", False),
        ("failure", "none", False),
    ],
)
def test_mail_fails_only_when_both_fail(spf: str, dkim: str, failed: bool) -> None:  # noqa: FBT001  # a table's column
    assert authentication(spf, dkim).fails("ivan@a.ru") is failed


@pytest.mark.parametrize(
    ("spf", "dkim", "return_path", "believed"),
    [
        ("pass", "none", "ivan@a.ru", True),
        ("pass", "none", "bounce@mx.A.ru", True),
        ("none", "none", "ivan@a.ru", True),
        ("", "none", "ivan@A.ru", True),
        ("none", "none", "me@made-up.a.ru", False),
        ("permerror", "none", "me@made-up.a.ru", False),
        ("none", "none", "me@ru", False),
        ("", "", "me@ru", False),
        ("pass", "none", "me@evil.ru", False),
        ("none", "none", "me@evil.ru", False),
        ("pass", "{@evil.ru : pass}", "me@evil.ru", False),
        ("pass", "{@a.ru : pass}", "me@forwarder.ru", True),
        ("fail", "{@a.ru : pass}", "", True),
        ("fail", "{@evil.ru : pass}", "ivan@a.ru", False),
        ("softfail", "none", "ivan@a.ru", False),
        ("pass", "none", "", False),
        ("none", "none", "", False),
    ],
)
def test_r5r_whose_address_lets_a_message_into_a_ticket(
    spf: str, dkim: str, return_path: str, *, believed: bool
) -> None:
    assert authentication(spf, dkim).speaks_for("ivan@a.ru", return_path) is believed


@pytest.mark.parametrize(
    ("dkim", "signatures"),
    [
        ("{@Example.RU : Pass}", (("example.ru", "pass"),)),
        ("{@a.ru : fail, @b.ru : pass}", (("a.ru", "fail"), ("b.ru", "pass"))),
        ("{@пример.рф:pass}", (("пример.рф", "pass"),)),
        ("none", ()),
        ("", ()),
        ("{}", ()),
        ('{"a.ru": "pass"}', ()),
    ],
)
def test_signatures_are_read_as_sendgrid_writes_them(dkim: str, signatures: tuple[tuple[str, str], ...]) -> None:
    assert authentication("pass", dkim).dkim == signatures


@pytest.mark.parametrize(("field", "spf"), [(" Pass ", "pass"), ("SOFTFAIL", "softfail"), ("nonsense", ""), ("", "")])
def test_spf_is_one_of_the_known_results(field: str, spf: str) -> None:
    assert authentication(field, "").spf == spf


@given(st.text(), st.text(alphabet="@:{}, apsf."))
def test_nothing_raises(spf: str, dkim: str) -> None:
    read = authentication(spf, dkim)
    assert read.fails("") is (read.spf in {"fail", "softfail"})
    assert not read.speaks_for("", "")


def test_what_is_read_is_bounded() -> None:
    assert len(authentication("pass", "{" + "@a.ru : pass, " * 100_000 + "}").dkim) < 500
