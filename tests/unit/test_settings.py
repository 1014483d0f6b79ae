"""Settings from the environment."""

import logging
import pickle
import traceback
from dataclasses import FrozenInstanceError, dataclass
from datetime import timedelta

import pytest

from functions.intake_email.settings import EmailSettings
from functions.intake_form.settings import FormSettings
from functions.notify.settings import NotifySettings
from functions.sla_check.settings import SlaSettings
from shared.settings import Secret, SettingsError, read_settings


@dataclass(frozen=True, slots=True)
class Everything:
    """Every type that a setting may have."""

    text: str
    maybe: str | None
    count: int
    pause: timedelta
    names: tuple[str, ...]
    key: Secret
    spare_key: Secret | None
    keys: tuple[Secret, ...]


@dataclass(frozen=True, slots=True)
class Defaults:
    """Every setting has a default."""

    text: str = "as usual"
    count: int = 7
    key: Secret | None = None
    pause: timedelta = timedelta(seconds=10)
    names: tuple[str, ...] = ("one",)


FULL = {
    "TEXT": "some text",
    "MAYBE": "perhaps",
    "COUNT": "42",
    "PAUSE": "2.5",
    "NAMES": "one, two ,,three",
    "KEY": "hidden-key",
    "SPARE_KEY": "hidden-spare",
    "KEYS": "hidden-a,hidden-b",
}


def test_every_type_is_read_from_its_variable() -> None:
    assert read_settings(Everything, FULL) == Everything(
        text="some text",
        maybe="perhaps",
        count=42,
        pause=timedelta(seconds=2.5),
        names=("one", "two", "three"),
        key=Secret("hidden-key"),
        spare_key=Secret("hidden-spare"),
        keys=(Secret("hidden-a"), Secret("hidden-b")),
    )


def test_white_space_around_a_value_does_not_belong_to_it() -> None:
    settings = read_settings(Everything, FULL | {"KEY": " hidden-key\n", "COUNT": " 42 "})

    assert (settings.key.value, settings.count) == ("hidden-key", 42)


def test_what_is_not_set_has_its_default() -> None:
    assert read_settings(Defaults, {}) == Defaults()


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_empty_variable_counts_as_not_set(empty: str) -> None:
    assert read_settings(Defaults, {"TEXT": empty, "COUNT": empty, "KEY": empty, "NAMES": empty}) == Defaults()
    with pytest.raises(SettingsError, match=r"^KEY is missing$"):
        read_settings(Everything, FULL | {"KEY": empty})


def test_unknown_variables_are_somebody_elses() -> None:
    assert read_settings(Defaults, {"PATH": "/usr/bin", "text": "lower case is another variable"}) == Defaults()


def test_all_missing_variables_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(Everything, {})

    assert str(caught.value) == "; ".join(f"{variable} is missing" for variable in FULL)


def test_missing_and_malformed_variables_are_named_together() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(Everything, {name: value for name, value in FULL.items() if name != "TEXT"} | {"COUNT": "4.2"})

    assert str(caught.value) == "TEXT is missing; COUNT is malformed"


@pytest.mark.parametrize("count", ["forty-two", "4.2", "0x2a", "4 2", "9" * 5000])
def test_number_that_is_none_is_malformed(count: str) -> None:
    with pytest.raises(SettingsError, match=r"^COUNT is malformed$"):
        read_settings(Defaults, {"COUNT": count})


@pytest.mark.parametrize("pause", ["soon", "10s", "00:10", "nan", "inf", "1e300"])
def test_duration_that_is_none_is_malformed(pause: str) -> None:
    with pytest.raises(SettingsError, match=r"^PAUSE is malformed$"):
        read_settings(Defaults, {"PAUSE": pause})


def test_malformed_values_are_not_shown() -> None:
    environment = FULL | {"COUNT": "hidden-count", "PAUSE": "hidden-pause"}

    with pytest.raises(SettingsError) as caught:
        read_settings(Everything, environment)

    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "COUNT is malformed; PAUSE is malformed" in shown
    assert "hidden" not in shown


def test_value_with_a_line_break_inside_is_malformed_and_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(
            NotifySettings,
            {
                "GOOGLE_CLOUD_PROJECT": "pass24",
                "NOTIFICATIONS_TOPIC": "notifications",
                "SPECIALISTS_EMAIL": "specialists@pass24online.ru",
                "REPLY_SECRETS": "key",
                "FORM_URL": "http://127.0.0.1",
                "LINK_SECRETS": "key",
                "SENDGRID_API_KEY": "SG.hid\nden",
            },
        )

    assert str(caught.value) == "SENDGRID_API_KEY is malformed"


def test_secret_is_seen_only_where_it_is_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    settings = read_settings(Everything, FULL)
    logging.getLogger("test").warning("settings %s, key %s %r", settings, settings.key, settings.key)

    shown = [
        *(repr(settings), str(settings), f"{settings}"),
        *(repr(settings.key), str(settings.key), f"{settings.key}", "{}".format(settings.key)),  # noqa: UP032 - one more way to show it
        *(repr(settings.keys), f"{[settings.key]}"),
        caplog.text,
    ]

    assert settings.key.value == "hidden-key"
    assert "Secret(…)" in caplog.text
    assert not any("hidden" in each for each in shown)


def test_secret_is_not_seen_in_a_traceback_with_local_variables() -> None:
    def fail(settings: Everything) -> None:
        key = settings.key
        raise RuntimeError(f"no answer with {key}")

    try:
        fail(read_settings(Everything, FULL))
    except RuntimeError as error:
        # The caller's frame knows FULL, the environment itself; only the inner one is looked at.
        frames = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown = str(error) + repr(frames.stack[-1].locals)

    assert "Secret(…)" in shown
    assert "hidden" not in shown


def test_secret_cannot_be_changed_and_the_attempt_does_not_show_it() -> None:
    secret = Secret("hidden-key")

    with pytest.raises(FrozenInstanceError) as caught:
        secret.value = "other"  # type: ignore[misc] # frozen, as the test says

    assert "hidden" not in str(caught.value)


def test_secrets_are_equal_when_their_values_are() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert pickle.loads(pickle.dumps(Secret("a"))) == Secret("a")  # noqa: S301 - our own bytes


def test_notify_needs_its_project_its_bell_its_readers_and_its_keys_and_nothing_else() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(NotifySettings, {})
    seen = ("GOOGLE_CLOUD_PROJECT", "NOTIFICATIONS_TOPIC", "SPECIALISTS_EMAIL")
    needed = (*seen, "SENDGRID_API_KEY", "REPLY_SECRETS", "FORM_URL", "LINK_SECRETS")
    assert str(caught.value) == "; ".join(f"{name} is missing" for name in needed)

    settings = read_settings(
        NotifySettings, dict.fromkeys(needed, "hidden") | dict.fromkeys((*seen, "FORM_URL"), "seen")
    )

    assert settings.sendgrid_url == "https://api.sendgrid.com"
    assert settings.mail_from == "support@pass24online.ru"
    assert settings.sendgrid_timeout < settings.send_lease
    assert "hidden" not in repr(settings)


def test_every_setting_of_the_functions_has_a_type_that_can_be_read() -> None:
    for declared in (EmailSettings, NotifySettings, FormSettings, SlaSettings):
        variables = {name.upper(): "1" for name in declared.__dataclass_fields__}

        assert read_settings(declared, variables)
