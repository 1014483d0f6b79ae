"""What a specialist has heard on the phone makes a ticket urgent, whatever the call joined it as (R5u, R10)."""

from dataclasses import replace

import pytest

from shared.domain.submission import Attachment, Channel
from shared.domain.ticket import join, makes_urgent
from tests.sample_ticket import FRIDAY_NOON, PLAIN, opened, with_details

URGENT = replace(with_details(PLAIN, urgent=True), key="arrival-2")


@pytest.mark.parametrize(
    ("channel", "attachment", "expected"),
    [
        (Channel.FORM, None, True),
        (Channel.FORM, Attachment.DUPLICATE, True),
        (Channel.EMAIL, Attachment.REPLY, False),
        (Channel.FORM, Attachment.ANSWER, False),
        (Channel.PHONE, None, True),
        (Channel.PHONE, Attachment.DUPLICATE, True),
        (Channel.PHONE, Attachment.REPLY, True),
        (Channel.PHONE, Attachment.ANSWER, True),
    ],
)
def test_r5u_what_makes_a_ticket_urgent(channel: Channel, attachment: Attachment | None, expected: bool) -> None:  # noqa: FBT001  # a table's column
    part = replace(URGENT, channel=channel)
    assert makes_urgent(part, attachment) is expected
    assert not makes_urgent(replace(PLAIN, channel=channel), attachment)
    if attachment is not None:
        assert join(opened(PLAIN), part, attachment, FRIDAY_NOON).urgent is expected
