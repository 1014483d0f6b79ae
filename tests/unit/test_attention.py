from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.attention import concerns
from shared.domain.completeness import Detail
from shared.domain.concern import Concern
from shared.domain.flag import Flag, FlagKind
from shared.domain.submission import Omission
from shared.domain.ticket import Acceptance, Handover, Ticket
from tests.sample_ticket import FRIDAY_NOON, PLAIN, opened

OPEN = Flag(FlagKind.NOT_CONFIRMED, FRIDAY_NOON, "Письмо с номером ещё не отправлено.")
CLEARED = replace(OPEN, cleared_at=FRIDAY_NOON + timedelta(minutes=1))


def ticket(**changes: object) -> Ticket:
    """A ticket that lacks nothing and whose client has the number, but for the changes."""
    settled = replace(opened(PLAIN), missing=(), asked_at=None, acceptance=Acceptance.ACCEPTED)
    return replace(settled, **changes)  # type: ignore[arg-type]  # any field


CAPPED = {"acceptance": Acceptance.NOT_AWAITED, "confirmation_omitted": Omission.TOO_MANY_LETTERS}
CALL = {"acceptance": Acceptance.PENDING, "confirmation_omitted": Omission.NO_EMAIL}


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, ()),
        ({"acceptance": Acceptance.PENDING}, ()),
        ({"acceptance": Acceptance.UNDELIVERABLE}, (Concern.UNDELIVERED,)),
        ({"acceptance": Acceptance.REVOKED}, (Concern.UNDELIVERED,)),
        (CALL, (Concern.CALL,)),
        ({**CALL, "acceptance": Acceptance.ACCEPTED}, ()),
        ({"flags": (OPEN,)}, (Concern.LATE,)),
        ({"flags": (CLEARED,)}, ()),
        ({"flags": (CLEARED, OPEN)}, (Concern.LATE,)),
        ({"flags": (OPEN,), "acceptance": Acceptance.UNDELIVERABLE}, (Concern.UNDELIVERED,)),
        ({"flags": (OPEN,), **CALL}, (Concern.CALL,)),
        (CAPPED, (Concern.NO_LETTER,)),
        ({**CAPPED, "confirmation_omitted": Omission.UNVERIFIED_SENDER}, (Concern.NO_LETTER,)),
        ({**CAPPED, "confirmation_omitted": Omission.AUTOMATIC}, ()),
        ({**CAPPED, "acceptance": Acceptance.ACCEPTED}, ()),
        ({"related": 12001}, (Concern.POSSIBLE_DUPLICATE,)),
        ({"related": 12001, "previous_ticket": 12001}, ()),
        ({"related": 12001, "previous_ticket": 12002}, (Concern.POSSIBLE_DUPLICATE,)),
        ({"related": 12001, "apart": (12001,)}, ()),
        ({"missing": (Detail.DEVICE_MODEL,)}, (Concern.INFORMATION,)),
        ({"missing": (Detail.DEVICE_MODEL,), "handed_on": Handover(FRIDAY_NOON, 1, complete=False)}, ()),
    ],
)
def test_what_a_ticket_needs_a_person_for(changes: dict[str, object], needed: tuple[Concern, ...]) -> None:
    assert concerns(ticket(**changes)) == needed


def test_several_concerns_come_in_the_order_in_which_they_press() -> None:
    needed = concerns(ticket(acceptance=Acceptance.REVOKED, related=12001, missing=(Detail.OS_VERSION,)))

    assert needed == (Concern.UNDELIVERED, Concern.POSSIBLE_DUPLICATE, Concern.INFORMATION)


@pytest.mark.parametrize(
    ("changes", "concern"), [(CAPPED, Concern.NO_LETTER), ({"related": 12001}, Concern.POSSIBLE_DUPLICATE)]
)
def test_what_a_person_has_settled_needs_nobody_any_more(changes: dict[str, object], concern: Concern) -> None:
    assert concerns(ticket(**changes)) == (concern,)
    assert concerns(ticket(**changes, settled=(concern,))) == ()


def test_settling_one_concern_settles_no_other() -> None:
    settled = ticket(**CAPPED, related=12001, settled=(Concern.NO_LETTER,))

    assert concerns(settled) == (Concern.POSSIBLE_DUPLICATE,)


@pytest.mark.parametrize("gone", [{"merged_into": 12001}, {"erased_at": FRIDAY_NOON}])
def test_a_ticket_that_was_merged_or_erased_needs_nobody(gone: dict[str, object]) -> None:
    pressing: dict[str, object] = {
        "acceptance": Acceptance.UNDELIVERABLE,
        "flags": (OPEN,),
        "related": 12001,
        "missing": (Detail.STEPS,),
    }

    assert concerns(ticket(**pressing))
    assert concerns(ticket(**pressing, **gone)) == ()
