"""The link to the page for what is missing: only ours counts, for its ticket and what was asked, while it holds."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from shared.domain.completeness import Detail
from shared.information_links import Asked, Expired, InformationLinks
from shared.settings import Secret

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OLD, NEW = Secret("the old key"), Secret("the new key")
LIFETIME = timedelta(days=30)


def links(*secrets: Secret, lifetime: timedelta = LIFETIME) -> InformationLinks:
    return InformationLinks("https://form.example", secrets, lifetime)


LINKS = links(NEW)


def token_of(link: str) -> str:
    [token] = parse_qs(urlsplit(link).query)["t"]
    return token


def token(
    ticket: int = 12345, details: tuple[Detail, ...] = (Detail.OS_VERSION,), made_by: InformationLinks = LINKS
) -> str:
    return token_of(made_by.link(ticket, details, NOW))


def test_r7_a_link_leads_to_the_page_and_names_its_ticket_and_what_was_asked() -> None:
    link = LINKS.link(12345, [Detail.OS_VERSION, Detail.STEPS], NOW)

    assert link.startswith("https://form.example/details?t=")
    assert LINKS.read(token_of(link), NOW) == Asked(12345, (Detail.STEPS, Detail.OS_VERSION), NOW + LIFETIME)


def test_r7_every_detail_can_be_asked_for() -> None:
    asked = LINKS.read(token(details=tuple(Detail)), NOW)

    assert isinstance(asked, Asked)
    assert asked.details == tuple(Detail)


@pytest.mark.parametrize("url", ["https://form.example", "https://form.example/"])
def test_r7_the_address_may_end_with_a_slash_or_not(url: str) -> None:
    link = InformationLinks(url, [NEW], LIFETIME).link(12345, [Detail.STEPS], NOW)

    assert link.partition("?")[0] == "https://form.example/details"


def test_r7_a_link_fits_into_a_letter_s_line_and_needs_no_escapes() -> None:
    link = LINKS.link(10**15 - 1, list(Detail), NOW)

    assert len(link) < 300
    assert link.partition("?t=")[2].replace("-", "").replace("_", "").replace(".", "").isalnum()


def test_r7_a_link_holds_until_its_time_has_passed() -> None:
    made = token()

    assert isinstance(LINKS.read(made, NOW + LIFETIME - timedelta(seconds=1)), Asked)
    assert LINKS.read(made, NOW + LIFETIME) == Expired(12345)


def test_r7_a_shorter_lifetime_does_not_end_links_that_are_out() -> None:
    made = token()

    assert isinstance(links(NEW, lifetime=timedelta(days=1)).read(made, NOW + timedelta(days=29)), Asked)


def test_r7_links_of_the_former_key_are_read_while_new_ones_are_signed_with_the_first() -> None:
    both = links(NEW, OLD)

    assert both.read(token(made_by=links(OLD)), NOW) is not None
    assert LINKS.read(token(made_by=both), NOW) is not None
    assert links(OLD).read(token(made_by=both), NOW) is None


def test_r7_a_key_that_was_taken_away_counts_no_more() -> None:
    assert LINKS.read(token(made_by=links(OLD)), NOW) is None


def test_r7_there_are_no_links_without_a_key() -> None:
    with pytest.raises(ValueError, match="key"):
        links()


def test_r7_a_link_that_was_changed_is_not_ours() -> None:
    made = token()
    for position, letter in enumerate(made):
        changed = made[:position] + ("A" if letter != "A" else "B") + made[position + 1 :]
        # The last letter of base64 holds bits that mean nothing; a token that only differs there is the same.
        assert LINKS.read(changed, NOW) in (None, LINKS.read(made, NOW)), position
    assert LINKS.read(made[:-1], NOW) is None
    assert LINKS.read(f"{made}.{made}", NOW) is None


def test_r7_the_signature_of_one_ticket_s_link_does_not_fit_another_s() -> None:
    payload = token(12345).rpartition(".")[0]
    signature = token(12346).rpartition(".")[2]

    assert LINKS.read(f"{payload}.{signature}", NOW) is None


def test_r7_a_token_for_another_purpose_is_no_link() -> None:
    other = URLSafeSerializer(NEW.value, salt="something else").dumps([12345, ["steps"], 2**40])

    assert LINKS.read(str(other), NOW) is None


@given(st.text())
@example("." * 100_000)
def test_r7_no_text_of_a_stranger_is_a_link(text: str) -> None:
    assert LINKS.read(text, NOW) is None
