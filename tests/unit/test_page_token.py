"""The page's signed token: only ours counts, for how long it may be, whichever of our keys signed it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from functions.intake_form.page_token import PageTokens
from shared.settings import Secret

OLD, NEW = Secret("the old key"), Secret("the new key")
TOKENS = PageTokens([NEW])


def test_a_token_tells_its_request_and_when_it_was_made() -> None:
    before = datetime.now(UTC)
    page = TOKENS.read(TOKENS.issue())
    after = datetime.now(UTC)

    assert page is not None
    assert before - timedelta(seconds=1) < page.issued_at <= after
    assert page.issued_at.utcoffset() == timedelta(0)
    assert len(page.request_id) == 32


def test_every_page_is_another_request() -> None:
    pages = [TOKENS.read(TOKENS.issue()) for _ in range(100)]

    assert len({page.request_id for page in pages if page}) == 100


def test_reading_again_gives_the_same_request() -> None:
    token = TOKENS.issue()

    assert TOKENS.read(token) == TOKENS.read(token)


def test_pages_of_the_former_key_are_read_while_new_ones_are_signed_with_the_first() -> None:
    both = PageTokens([NEW, OLD])

    assert both.read(PageTokens([OLD]).issue()) is not None
    assert TOKENS.read(both.issue()) is not None
    assert PageTokens([OLD]).read(both.issue()) is None


def test_a_key_that_was_taken_away_counts_no_more() -> None:
    assert TOKENS.read(PageTokens([OLD]).issue()) is None


def test_what_was_typed_on_a_page_of_last_year_is_welcome(monkeypatch: pytest.MonkeyPatch) -> None:
    made_at = datetime(2020, 1, 1, tzinfo=UTC)
    with monkeypatch.context() as past:
        past.setattr(TimestampSigner, "get_timestamp", lambda _self: int(made_at.timestamp()))
        token = TOKENS.issue()

    page = TOKENS.read(token)

    assert page is not None
    assert page.issued_at == made_at


def test_a_token_that_was_changed_is_not_ours() -> None:
    token = TOKENS.issue()
    for position, letter in enumerate(token):
        changed = token[:position] + ("A" if letter != "A" else "B") + token[position + 1 :]
        # The last letter of base64 holds bits that mean nothing; a token that only differs there is the same.
        assert TOKENS.read(changed) in (None, TOKENS.read(token)), position
    assert TOKENS.read(token[:-1]) is None
    assert TOKENS.read(f"{token}.{token}") is None


def test_a_token_for_another_purpose_is_not_ours() -> None:
    other = URLSafeTimedSerializer(NEW.value, salt="something else").dumps("0" * 32)

    assert TOKENS.read(str(other)) is None


@given(st.text())
def test_no_text_of_a_stranger_is_a_token(text: str) -> None:
    assert TOKENS.read(text) is None
