"""Empty fields of the form are filled with what the free text clearly says; what was typed into a field stays."""

import subprocess
import sys
from dataclasses import replace

from local.processes import ROOT
from shared.domain.submission import Details
from shared.filling import fill_from_text

SAID = Details(
    subject="Samsung Galaxy A52",
    description="Не открывается калитка.\nВерсия приложения 4.12.1, Android 13.",
    steps="",
    product_version="",
    device_model="",
    os_version="",
    urgent=True,
    previous_ticket=12001,
)


def test_r6_what_subject_and_description_say_fills_the_empty_fields_and_they_are_named() -> None:
    filled, names = fill_from_text(SAID)

    assert (filled.product_version, filled.device_model, filled.os_version) == (
        "4.12.1",
        "Samsung Galaxy A52",
        "Android 13",
    )
    assert names == ("product_version", "device_model", "os_version")


def test_r6_what_was_typed_into_a_field_wins_and_all_else_stays_as_it_is() -> None:
    typed = replace(SAID, os_version="15", steps="Открыл и нажал")

    filled, names = fill_from_text(typed)

    assert names == ("product_version", "device_model")
    assert filled == replace(typed, product_version="4.12.1", device_model="Samsung Galaxy A52")


def test_r6_a_text_that_says_nothing_fills_nothing() -> None:
    silent = replace(SAID, subject="", description="Не работает приложение последней версии")

    assert fill_from_text(silent) == (silent, ())


def test_who_only_looks_at_the_form_does_not_wait_for_what_reads_its_text() -> None:
    probe = "import sys; import functions.intake_form.main; print('shared.domain.extraction' in sys.modules)"

    done = subprocess.run(  # noqa: S603  # this very Python
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"
