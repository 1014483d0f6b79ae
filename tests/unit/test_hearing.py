"""R6, R10: what a specialist has heard."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.completeness import Detail, Source, learn
from shared.domain.submission import Attachment, Channel
from shared.hearing import FIELDS, heard
from shared.request_fields import NOTHING_SAID, read_answer
from tests.sample_ticket import FRIDAY_NOON, PLAIN, opened

SAID = read_answer({"os_version": " Android 16 ", "steps": "Открыть\r\nНажать"}, FIELDS)


def test_r10_it_says_who_heard_it_and_is_nobody_s_contact() -> None:
    submission = heard(12345, SAID, "Анна <anna@example.ru>", FRIDAY_NOON)
    assert (submission.channel, submission.by) == (Channel.PHONE, "Анна <anna@example.ru>")
    assert submission.received_at == FRIDAY_NOON
    assert (submission.contact.email, submission.contact.phone) == (None, None)
    assert (submission.details.os_version, submission.details.steps) == ("Android 16", "Открыть\nНажать")


def test_r6_what_was_heard_is_known_from_a_specialist() -> None:
    ticket = opened(PLAIN)
    after = learn(ticket.assessment, heard(12345, SAID, "Анна", FRIDAY_NOON), Attachment.ANSWER)
    assert Detail.OS_VERSION not in after.missing
    assert {known.source for known in after.known if known.detail is Detail.OS_VERSION} == {Source.SPECIALIST}


def test_the_same_words_again_are_the_same_submission_and_others_are_not() -> None:
    first = heard(12345, SAID, "Анна", FRIDAY_NOON)
    assert heard(12345, SAID, "Анна", FRIDAY_NOON + timedelta(minutes=1)).key == first.key
    others = {
        heard(12346, SAID, "Анна", FRIDAY_NOON).key,
        heard(12345, SAID, "Борис", FRIDAY_NOON).key,
        heard(12345, replace(SAID, device_model="Pixel"), "Анна", FRIDAY_NOON).key,
        heard(12345, replace(NOTHING_SAID, device_model="Android 16"), "Анна", FRIDAY_NOON).key,
    }
    assert len(others | {first.key}) == 5
