"""R6, R7, R14: labelled texts are read as well as ever, and the labelled files are what their README says."""

from collections.abc import Mapping

import pytest

from shared.domain.contact import parse_phone
from tests.bench.texts import DEV, FIELDS, HELD_OUT, VALUES, Labelled, labelled_texts, scores

REACHED: Mapping[str, tuple[float, float]] = {
    "product_version": (1.0, 0.98),
    "device_model": (1.0, 0.99),
    "os_version": (1.0, 1.0),
    "phone": (1.0, 0.97),
    "steps": (1.0, 1.0),
    "unclear": (1.0, 1.0),
    "no_device_data": (1.0, 1.0),
}
"""Precision and recall on the half that the rules were made with: no measure of quality, but of getting worse."""

KEYS = {"id", "channel", "subject", "text", *VALUES, "steps", "description", "device_data"}


def test_r6_the_texts_that_the_rules_were_made_with_are_read_as_well_as_ever() -> None:
    reached = {field: (score.precision, score.recall) for field, score in scores(labelled_texts(DEV)).items()}
    worse = {field: reached[field] for field in FIELDS if any(map(_less, reached[field], REACHED[field]))}
    assert worse == {}


@pytest.mark.parametrize(("name", "prefix"), [(DEV, "dev-"), (HELD_OUT, "held-")])
def test_labelled_texts_have_the_form_that_their_readme_gives(name: str, prefix: str) -> None:
    texts = labelled_texts(name)
    # Ids alone: a failure must not show what is for measuring only.
    malformed = [text["id"] for text in texts if not _is_well_formed(text)]
    assert malformed == []
    assert len({text["id"] for text in texts}) == len(texts)
    assert all(str(text["id"]).startswith(prefix) for text in texts)


def test_the_two_halves_share_no_text_and_are_300_or_more() -> None:
    dev, held_out = ({str(text["text"]) for text in labelled_texts(name)} for name in (DEV, HELD_OUT))
    assert len(dev & held_out) == 0
    assert len(labelled_texts(DEV)) + len(labelled_texts(HELD_OUT)) >= 300


def test_no_labelled_text_is_scored_without_being_read() -> None:
    read = scores([{**_LABELLED, "text": "Версия приложения 4.12.1, Redmi 9, андроид 12"}])
    assert (read["product_version"].right, read["device_model"].missed, read["os_version"].wrong) == (1, 1, 1)


_LABELLED: Labelled = {
    "id": "x-1",
    "channel": "form",
    "subject": "",
    "text": "",
    "product_version": ["4.12.1"],
    "device_model": ["Redmi 10"],
    "os_version": [],
    "phone": "",
    "steps": False,
    "description": "clear",
    "device_data": True,
}


def _less(reached: float, floor: float) -> bool:
    return reached < floor


def _is_well_formed(text: Labelled) -> bool:
    lists = [text[field] for field in ("product_version", "device_model", "os_version")]
    phone = text["phone"]
    return (
        set(text) == KEYS
        and text["channel"] in {"form", "mail", "reply"}
        and text["description"] in {"clear", "unclear"}
        and all(isinstance(each, list) and all(isinstance(value, str) and value for value in each) for each in lists)
        and isinstance(text["steps"], bool)
        and isinstance(text["device_data"], bool)
        and isinstance(phone, str)
        and (not phone or parse_phone(phone) == phone)
        and bool(str(text["text"]).strip())
    )
