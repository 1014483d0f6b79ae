"""R5r: only what we signed proves which ticket a message belongs to."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.notification import NotificationKind
from shared.reply_address import ReplyAddresses
from shared.settings import Secret

OLD, NEW, FOREIGN = Secret("old key"), Secret("new key"), Secret("somebody else's key")
MAILBOX = "support@pass24online.ru"
OURS = ReplyAddresses(MAILBOX, (NEW,))
BEFORE = ReplyAddresses(MAILBOX, (OLD,))
ROTATED = ReplyAddresses(MAILBOX, (NEW, OLD))
STRANGER = ReplyAddresses(MAILBOX, (FOREIGN,))

MOST = 10**15 - 1
numbers = st.integers(1, MOST)
kinds = st.sampled_from(NotificationKind)
ADDRESS = OURS.address(12345)
SIGNATURE = ADDRESS.partition(".")[2].partition("@")[0]
LETTER = "12345-confirmation"


@given(numbers)
def test_r5r_a_reply_address_names_its_ticket(number: int) -> None:
    assert OURS.number_at([OURS.address(number)]) == number


@given(numbers)
def test_r5r_a_thread_names_its_ticket_and_no_letter(number: int) -> None:
    thread = OURS.thread_id(number)

    assert OURS.number_in([thread]) == number
    assert OURS.notification_in([thread]) is None


@given(numbers, kinds, st.none() | st.integers(1, 99_999))
def test_r5r_a_letter_names_itself_and_its_ticket(number: int, kind: NotificationKind, place: int | None) -> None:
    notification = f"{number}-{kind}" if place is None else f"{number}-{kind}-{place}"
    letter = OURS.message_id(notification)

    assert OURS.notification_in([letter]) == notification
    assert OURS.number_in([letter]) == number


@given(numbers)
def test_addresses_are_short_enough_for_rfc_5321_and_need_no_quotes(number: int) -> None:
    local, _, domain = OURS.address(number).rpartition("@")

    assert domain == "pass24online.ru"
    assert len(local) <= 64
    assert re.fullmatch(r"[a-z0-9+.]+", local)


@given(numbers, kinds)
def test_message_ids_are_plain_ones_of_rfc_5322(number: int, kind: NotificationKind) -> None:
    for made in (OURS.thread_id(number), OURS.message_id(f"{number}-{kind}-1")):
        assert re.fullmatch(r"<[a-z0-9.-]+@pass24online\.ru>", made)
        assert len(made) <= 200


@given(numbers, numbers)
def test_no_two_tickets_share_an_address(one: int, other: int) -> None:
    assert (OURS.address(one) == OURS.address(other)) == (one == other)


@pytest.mark.parametrize("fold", [str.upper, str.lower, str.title, str.swapcase])
def test_case_that_a_mail_server_folds_does_not_matter(fold: Callable[[str], str]) -> None:
    assert OURS.number_at([fold(ADDRESS)]) == 12345
    assert OURS.number_in([fold(OURS.thread_id(12345))]) == 12345
    assert OURS.notification_in([fold(OURS.message_id(LETTER))]) == LETTER


def test_white_space_around_an_address_does_not_matter() -> None:
    assert OURS.number_at([f"  {ADDRESS}\r\n"]) == 12345


def test_a_mailbox_written_in_capitals_is_the_same_mailbox() -> None:
    capitals = ReplyAddresses("Support@PASS24online.RU", (NEW,))

    assert capitals.number_at([ADDRESS, capitals.address(12346)]) == 12345
    assert OURS.number_at([capitals.address(12345)]) == 12345
    assert capitals.number_in([capitals.thread_id(12345)]) == 12345
    assert OURS.number_in([capitals.thread_id(12345)]) == 12345


def test_letters_signed_with_a_retired_key_may_still_be_answered() -> None:
    assert ROTATED.number_at([BEFORE.address(12345)]) == 12345
    assert ROTATED.number_in([BEFORE.thread_id(12345)]) == 12345
    assert ROTATED.notification_in([BEFORE.message_id(LETTER)]) == LETTER


@pytest.mark.parametrize("mailbox", ["", "support", "@pass24online.ru", "support@"])
def test_a_mailbox_that_is_no_address_is_refused(mailbox: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        ReplyAddresses(mailbox, (NEW,))


def test_the_first_key_signs() -> None:
    assert ROTATED.address(12345) == OURS.address(12345) != BEFORE.address(12345)
    assert ROTATED.thread_id(12345) == OURS.thread_id(12345)
    assert ROTATED.message_id(LETTER) == OURS.message_id(LETTER)


@pytest.mark.parametrize("other", [BEFORE, STRANGER], ids=["a key that was taken away", "a foreign key"])
def test_what_another_key_signed_is_not_believed(other: ReplyAddresses) -> None:
    assert OURS.number_at([other.address(12345)]) is None
    assert OURS.number_in([other.thread_id(12345), other.message_id(LETTER)]) is None
    assert OURS.notification_in([other.message_id(LETTER)]) is None


@pytest.mark.parametrize(
    "address",
    [
        MAILBOX,
        "support+@pass24online.ru",
        "support+12345@pass24online.ru",
        "support+12345.@pass24online.ru",
        f"support+12346.{SIGNATURE}@pass24online.ru",
        f"support+1234.{SIGNATURE}@pass24online.ru",
        f"support+012345.{SIGNATURE}@pass24online.ru",
        f"support+12345{SIGNATURE}@pass24online.ru",
        f"support+12345.{SIGNATURE[:-1]}@pass24online.ru",
        f"support+12345.{SIGNATURE}a@pass24online.ru",
        f"support+12345.{'b' if SIGNATURE[0] == 'a' else 'a'}{SIGNATURE[1:]}@pass24online.ru",
        f"support+12345.{SIGNATURE[::-1]}@pass24online.ru",
        f"support+12345-confirmation.{SIGNATURE}@pass24online.ru",
        f"support+x+12345.{SIGNATURE}@pass24online.ru",
        f"support+12345.{SIGNATURE}+x@pass24online.ru",
        f"support+12345.{SIGNATURE}\n@pass24online.ru",
        f"support+１２３４５.{SIGNATURE}@pass24online.ru",
        f"support+-12345.{SIGNATURE}@pass24online.ru",
        f"sales+12345.{SIGNATURE}@pass24online.ru",
        f"xsupport+12345.{SIGNATURE}@pass24online.ru",
        f"12345.{SIGNATURE}@pass24online.ru",
        f"support+12345.{SIGNATURE}@example.ru",
        f"support+12345.{SIGNATURE}@mail.pass24online.ru",
        f"support+12345.{SIGNATURE}@pass24online.ru.example.com",
        f"support+12345.{SIGNATURE}@pass24online.ru@example.com",
        f"support+12345.{SIGNATURE}",
        f"<{ADDRESS}>",
        "",
        "@",
        "support",
        "поддержка@пример.рф",
        f"support+{'9' * 1_000_000}.{SIGNATURE}@pass24online.ru",
        f"support+12345.{'a' * 1_000_000}@pass24online.ru",
        "+" * 1_000_000 + "@pass24online.ru",
        "@" * 1_000_000,
    ],
    ids=lambda address: f"{address[:60]!r} {len(address)}",
)
def test_r5r_an_address_that_we_did_not_make_opens_no_ticket(address: str) -> None:
    assert OURS.number_at([address]) is None


@pytest.mark.parametrize(
    "message_id",
    [
        "",
        "<>",
        "<@>",
        "<@pass24online.ru>",
        "<12345@pass24online.ru>",
        f"<12346.{SIGNATURE}@pass24online.ru>",
        f"<12345-confirmation.{SIGNATURE}@pass24online.ru>",
        f"<12345-.{SIGNATURE}@pass24online.ru>",
        f"<12345.{SIGNATURE}@example.ru>",
        f"<12345.{SIGNATURE}@sub.pass24online.ru>",
        f"<support+12345.{SIGNATURE}@pass24online.ru>",
        f"<{OURS.message_id(LETTER).strip('<>').replace('confirmation', 'new-ticket')}>",
        f"<{'1' * 1_000_000}.{SIGNATURE}@pass24online.ru>",
        "<" * 1_000_000,
        "<иван@пример.рф>",
    ],
    ids=lambda message_id: f"{message_id[:60]!r} {len(message_id)}",
)
def test_r5r_a_message_id_that_we_did_not_make_names_nothing(message_id: str) -> None:
    assert OURS.number_in([message_id]) is None
    assert OURS.notification_in([message_id]) is None


@given(st.text(st.characters(codec=None), max_size=80), st.sampled_from(["@pass24online.ru", ">", "", "@example.ru"]))
def test_anything_may_stand_where_an_address_should(text: str, ending: str) -> None:
    for written in (text + ending, f"support+{text}{ending}", f"<12345.{text}{ending}"):
        assert OURS.number_at([written]) is None
        assert OURS.number_in([written]) is None
        assert OURS.notification_in([written]) is None
    assert OURS.is_ours(f"{text}@example.ru") is False


@given(st.integers(0, len(ADDRESS) - 1), st.characters(codec=None))
def test_r5r_a_reply_address_with_one_changed_sign_opens_no_ticket(place: int, sign: str) -> None:
    changed = ADDRESS[:place] + sign + ADDRESS[place + 1 :]

    opened = OURS.number_at([changed])

    assert opened == (12345 if changed.lower().strip() == ADDRESS else None)


def test_r5r_a_letters_signature_is_no_tickets_signature_nor_the_reverse() -> None:
    letter = OURS.message_id(LETTER).strip("<>").partition("@")[0]
    named, _, signature = letter.partition(".")

    assert OURS.number_at([f"support+{letter}@pass24online.ru"]) is None
    assert OURS.number_at([f"support+12345.{signature}@pass24online.ru"]) is None
    assert OURS.notification_in([f"<{named}.{SIGNATURE}@pass24online.ru>"]) is None


def test_the_first_address_of_ours_counts_and_foreign_ones_are_passed_over() -> None:
    addresses = ["ivan@example.ru", MAILBOX, STRANGER.address(1), "", OURS.address(12345), OURS.address(12346)]

    assert OURS.number_at(addresses) == 12345
    assert OURS.number_at([]) is None


def test_the_first_message_id_of_ours_counts_and_foreign_ones_are_passed_over() -> None:
    ids = ["<x@example.ru>", STRANGER.thread_id(1), OURS.thread_id(7), OURS.message_id(LETTER), OURS.thread_id(8)]

    assert OURS.number_in(ids) == 7
    assert OURS.notification_in(ids) == LETTER
    assert OURS.number_in([]) is None
    assert OURS.notification_in([]) is None


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        (MAILBOX, True),
        ("SUPPORT@Pass24Online.ru", True),
        ("support+anything@pass24online.ru", True),
        (ADDRESS, True),
        (STRANGER.address(1), True),
        ("support@example.ru", False),
        ("support@sub.pass24online.ru", False),
        ("support-team@pass24online.ru", False),
        ("sales@pass24online.ru", False),
        ("supp+ort@pass24online.ru", False),
        ("@pass24online.ru", False),
        ("support", False),
        ("", False),
    ],
)
def test_our_mailbox_is_known_with_and_without_a_tag(address: str, *, ours: bool) -> None:
    assert OURS.is_ours(address) is ours


@pytest.mark.parametrize("letter", ["digest-20261120t0900-1", "report-20261120"])
def test_r9_a_letter_about_no_single_ticket_is_known_and_names_none(letter: str) -> None:
    ids = [OURS.message_id(letter)]

    assert OURS.notification_in(ids) == letter
    assert OURS.number_in(ids) is None
    assert OURS.number_in([*ids, OURS.thread_id(7)]) == 7
    assert OURS.number_at([f"support+{ids[0].partition('@')[0].strip('<')}@pass24online.ru"]) is None
