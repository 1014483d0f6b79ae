"""What is read from every message of the corpus."""

import json
from collections import Counter

import pytest

from functions.intake_email.parsing.parser import parse_mail
from ops.parse_mail import as_json
from tests.corpus.case import Case
from tests.corpus.everything import CASES

KEYS = {
    *("from", "to", "subject", "text", "reply", "attachments", "message_id", "in_reply_to", "references"),
    *("auto_reply", "bounce", "defects"),
}


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    assert len(CASES) >= 150
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []
    assert [case.name for case in CASES if not case.expected or not case.expected.keys() <= KEYS] == []


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_r1_a_message_of_the_corpus_is_read(case: Case) -> None:
    read = as_json(parse_mail(case.raw))
    assert read.keys() == KEYS
    json.dumps(read, ensure_ascii=False).encode()
    assert {key: read[key] for key in case.expected} == dict(case.expected)
