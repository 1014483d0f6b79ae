"""R12: `python -m ops resend`, over the emulators."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from functions.notify.letters import compose
from shared.domain.delivery import Report
from shared.domain.notification import NotificationKind
from shared.domain.repetition import KINDS, Wish
from shared.domain.submission import Attachment, Omission
from shared.joining import Joiner
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.resending import Resender
from shared.store.changes import FirestoreChanges
from shared.store.dossier import FirestoreDossiers
from shared.store.letters import FirestoreLetters
from shared.store.tickets import FirestoreTickets
from tests.function_instance import World
from tests.mailbox import StandIn, running_stand_in_with_events
from tests.operators import NO_SUCH_USER, Operators, SilentBell, register, report
from tests.running_stack import wait_for
from tests.sample_ticket import HOURS, LINKS, PLAIN, REPLIES, SPECIALISTS

IVAN = "ivan.petrov@example.ru"
RIGHT = "ivan.petrov@example.com"
PATIENCE = 10.0  # seconds for one answer


@pytest.fixture
def ops(world: World, capsys: pytest.CaptureFixture[str]) -> Operators:
    return Operators(world, capsys)


@pytest.fixture
def bounced(world: World) -> int:
    """The number of a ticket whose letter came back for good."""
    number = register(world.ledger, PLAIN)
    report(world.ledger, f"{number}-confirmation", Report.BOUNCED, reason=NO_SUCH_USER)
    return number


@pytest.fixture
def delivered(world: World) -> int:
    """The number of a ticket whose letter was delivered, and which the client has not seen all the same."""
    number = register(world.ledger, PLAIN)
    report(world.ledger, f"{number}-confirmation", Report.DELIVERED)
    return number


def history(world: World, number: int = 12345) -> list[tuple[str, str, str]]:
    lines = world.documents(f"tickets/{number}/history").values()
    return sorted((line["event"], line["about"], line["by"]) for line in lines)


def test_r12_a_letter_is_sent_again_by_hand(world: World, ops: Operators, delivered: int) -> None:
    before = datetime.now(UTC)
    assert ops("resend", f"#{delivered}", "--by", "Анна") == (
        0,
        f"#12345: 12345-confirmation-2 to {IVAN}, asked for by Анна",
    )
    letter = world.documents("notifications")["12345-confirmation-2"]
    assert letter["state"] == "requested"
    assert letter["recipient"] == IVAN
    assert letter["requested_by"] == "Анна"
    assert before <= letter["requested_at"] <= letter["check_at"]
    ticket = world.documents("tickets")["12345"]
    assert ticket["confirmation"] == "12345-confirmation-2"
    assert (ticket["acceptance"], ticket["accepted_by"]) == ("accepted", "12345-confirmation")
    assert ("letter_asked_again", "12345-confirmation-2", "Анна") in history(world)
    assert world.rings() == ["12345-confirmation-2"]


def test_r12_as_a_person_runs_it_the_login_name_is_noted(world: World, ops: Operators, delivered: int) -> None:
    ops.settings["LOGNAME"] = "anna"
    code, shown = ops.finish(ops.start("resend", str(delivered)))
    assert (code, shown) == (0, f"#12345: 12345-confirmation-2 to {IVAN}, asked for by anna")
    assert world.documents("notifications")["12345-confirmation-2"]["requested_by"] == "anna"


def test_r9_a_dead_address_is_refused_with_the_server_s_words(world: World, ops: Operators, bounced: int) -> None:
    code, shown = ops("resend", str(bounced))
    assert code == 1
    assert shown.startswith(f"#12345: not sent: {IVAN} does not work since 2026-11-20: {NO_SUCH_USER}")
    assert "--force" in shown
    assert world.rings() == []
    assert "12345-confirmation-2" not in world.documents("notifications")


def test_r9_by_force_a_dead_address_gets_letters_again(world: World, ops: Operators, bounced: int) -> None:
    assert world.documents("addresses")
    code, shown = ops("resend", str(bounced), "--force", "--by", "Анна")
    assert code == 0
    assert "12345-confirmation-2" in shown
    assert "SendGrid's own list of bounces still: there is no key" in shown
    assert world.documents("addresses") == {}
    ticket = world.documents("tickets")["12345"]
    assert ticket["acceptance"] == "pending"
    assert ticket["check_at"] <= datetime.now(UTC) + timedelta(minutes=1)
    assert world.rings() == ["12345-confirmation-2"]


@pytest.fixture(scope="module")
def sendgrid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running_stand_in_with_events(tmp_path_factory.mktemp("mailbox")) as running:
        yield running


def test_r12_by_force_the_address_is_taken_off_sendgrid_s_list(ops: Operators, bounced: int, sendgrid: StandIn) -> None:
    key = {"Authorization": "Bearer SG.test"}
    url = f"{sendgrid.url}/v3/suppression/bounces/{IVAN}"
    sendgrid.fault(delivery="bounce", to=IVAN)
    letter = {
        "personalizations": [{"to": [{"email": IVAN}]}],
        "from": {"email": "support@pass24online.ru"},
        "subject": "Тема",
        "content": [{"type": "text/plain", "value": "Текст"}],
    }
    requests.post(f"{sendgrid.url}/v3/mail/send", json=letter, headers=key, timeout=PATIENCE).raise_for_status()
    wait_for(lambda: requests.get(url, headers=key, timeout=PATIENCE).json())
    ops.settings |= {"SENDGRID_API_KEY": "SG.test", "SENDGRID_URL": sendgrid.url}
    assert ops("resend", str(bounced), "--force", "--by", "Анна") == (
        0,
        f"#12345: 12345-confirmation-2 to {IVAN}, asked for by Анна",
    )
    assert requests.get(url, headers=key, timeout=PATIENCE).json() == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("requested", "is about to be sent"),
        ("sending", "is being sent, or was and nobody knows"),
        ("sent", "was sent minutes ago and may still arrive"),
        ("deferred", "is put off by the recipient's mail server, and SendGrid still tries"),
    ],
)
def test_r12_a_copy_on_its_way_is_told_of(world: World, ops: Operators, state: str, words: str) -> None:
    number = register(world.ledger, PLAIN)
    now = datetime.now(UTC)
    world.ledger.document(f"notifications/{number}-confirmation").update({"state": state, "sent_at": now})
    assert ops("resend", str(number)) == (
        1,
        f"#12345: not sent: 12345-confirmation {words}; --force sends it all the same",
    )
    assert world.rings() == []


def test_r12_a_wrong_address_is_corrected(world: World, ops: Operators, bounced: int) -> None:
    code, shown = ops("resend", str(bounced), "--to", "Ivan.Petrov@EXAMPLE.com", "--by", "Анна")
    assert (code, shown) == (0, f"#12345: 12345-confirmation-2 to {RIGHT}, asked for by Анна")
    ticket = world.documents("tickets")["12345"]
    assert ticket["contact"]["email"] == RIGHT
    assert ticket["acceptance"] == "pending"
    assert ("contact_corrected", "12345-confirmation-2", "Анна") in history(world)
    assert "flagged_at" not in ticket
    report(world.ledger, "12345-confirmation-2", Report.DELIVERED)
    assert world.documents("tickets")["12345"]["acceptance"] == "accepted"


def test_r12_a_client_without_an_address_can_get_one(world: World, ops: Operators) -> None:
    number = register(world.ledger, replace(PLAIN, contact=replace(PLAIN.contact, email=None, phone="+79161234567")))
    assert ops("resend", str(number))[1].startswith("#12345: not sent: its client has no address; --to gives one")
    assert ops("resend", str(number), "--to", RIGHT)[0] == 0
    assert world.rings() == ["12345-confirmation"]
    assert "confirmation_omitted" not in world.documents("tickets")["12345"]


def test_r12_what_is_not_answered_automatically_waits_for_a_person_s_word(world: World, ops: Operators) -> None:
    number = register(world.ledger, replace(PLAIN, unanswered=Omission.UNVERIFIED_SENDER))
    code, shown = ops("resend", str(number))
    assert (code, shown) == (
        1,
        "#12345: not sent: its client gets no automatic letter (unverified_sender); --force sends it all the same",
    )
    assert ops("resend", str(number), "--force")[0] == 0


def test_r11_the_specialists_letter_is_sent_again(world: World, ops: Operators, delivered: int) -> None:
    report(world.ledger, f"{delivered}-new-ticket", Report.DELIVERED)
    assert ops("resend", str(delivered), "--kind", "new-ticket", "--by", "Анна") == (
        0,
        f"#12345: 12345-new-ticket-2 to {SPECIALISTS}, asked for by Анна",
    )
    assert world.rings() == ["12345-new-ticket-2"]


@pytest.mark.parametrize("kind", KINDS)
def test_r12_every_letter_that_is_asked_for_again_tells_of_the_same(
    world: World, ops: Operators, bounced: int, kind: NotificationKind
) -> None:
    joiner = Joiner(FirestoreTickets(world.ledger), SilentBell(), SPECIALISTS, lambda: datetime.now(UTC))
    joiner.join(
        replace(PLAIN, key="form-2", details=replace(PLAIN.details, description="Шлагбаум открылся")),
        bounced,
        Attachment.REPLY,
    )
    notifications = FirestoreLetters(world.ledger)
    letters = FirestoreDossiers(world.ledger)
    first = [letter for letter in letters.letters(bounced, PATIENCE) if letter.kind is kind][-1]
    assert ops("resend", str(bounced), "--kind", kind, "--force", "--by", "Анна")[0] == 0
    [again] = [letter for letter in letters.letters(bounced, PATIENCE) if letter.requested_by == "Анна"]
    composed = [compose(each, notifications.subject(each), HOURS.zone, REPLIES, LINKS) for each in (first, again)]
    # The link of each holds a month from its own letter on.
    texts = [re.sub(r"^https://form\.example/\S+$", "", each.text, flags=re.MULTILINE) for each in composed]
    assert texts[0] == texts[1]
    assert composed[0].recipient == composed[1].recipient
    assert composed[1].id == again.id != first.id
    assert REPLIES.notification_in([composed[1].headers["Message-ID"]]) == again.id


def test_several_tickets_are_told_of_one_by_one(world: World, ops: Operators, bounced: int) -> None:
    another = replace(PLAIN, key="arrival-3", contact=replace(PLAIN.contact, email="anna@example.ru"))
    number = register(world.ledger, another)
    report(world.ledger, f"{number}-confirmation", Report.DELIVERED)
    code, shown = ops("resend", str(bounced), "99999", f"[#{number}]", str(number))
    assert code == 1
    lines = shown.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["#12345:", "#99999:", f"#{number}:"]
    assert lines[1] == "#99999: not sent: there is no such ticket"
    assert world.rings() == [f"{number}-confirmation-2"]


def test_r15_a_merged_ticket_names_the_one_that_goes_on(world: World, ops: Operators, delivered: int) -> None:
    world.ledger.document(f"tickets/{delivered}").update({"merged_into": 12346})
    assert ops("resend", str(delivered), "--force") == (1, "#12345: not sent: it is merged into #12346")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("12345", "12346", "--to", RIGHT), "one ticket's client"),
        (("12345", "--kind", "new-ticket", "--to", RIGHT), "one ticket's client"),
        (("12345", "--to", "ivan"), "--to"),
        (("12345", "--kind", "digest"), "--kind"),
        (("ivan",), "no ticket's number"),
        (("12345", "--by", "\x1b[2J"), "--by"),
        ((), "TICKET"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_read(
    ops: Operators, arguments: tuple[str, ...], words: str
) -> None:
    code, shown = ops("resend", *arguments)
    assert code == 2
    assert words in shown
    assert "\x1b" not in shown


def test_a_missing_setting_is_named(ops: Operators) -> None:
    ops.settings["NOTIFICATIONS_TOPIC"] = ""
    assert ops("resend", "12345", "--by", "Анна") == (2, "python -m ops: NOTIFICATIONS_TOPIC is missing")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LedgerConflictError("moved"), "#12345: not sent: others keep changing this ticket; try again"),
        (
            LedgerUnavailableError("503"),
            "#12345: not known to be sent, the ledger did not answer; ask again: that sends no second letter",
        ),
    ],
)
def test_r12_what_could_not_be_written_is_told(
    ops: Operators, delivered: int, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(FirestoreChanges, "write", failing)
    assert ops("resend", str(delivered), "--by", "Анна") == (1, words)
    assert ops.world.rings() == []


def test_r12_of_several_people_who_ask_at_once_the_client_gets_one_letter(
    world: World, ops: Operators, delivered: int
) -> None:
    running = [ops.start("resend", str(delivered), "--by", f"person-{each}") for each in range(3)]
    ended = [ops.finish(process) for process in running]
    assert sorted(code for code, _ in ended) == [0, 1, 1]
    assert all("12345-confirmation-2" in shown for _, shown in ended)
    assert world.rings() == ["12345-confirmation-2"]


def test_r12_letters_that_are_forced_at_once_have_different_numbers(world: World, delivered: int) -> None:
    resender = Resender(
        FirestoreChanges(world.ledger),
        FirestoreDossiers(world.ledger),
        SilentBell(),
        None,
        lambda: datetime.now(UTC),
    )
    wish = Wish(delivered, NotificationKind.CONFIRMATION, "anna", forced=True)
    with ThreadPoolExecutor(4) as people:
        asked = list(people.map(lambda _: resender.ask(wish).letter.id, range(4)))
    assert sorted(asked) == [f"12345-confirmation-{number}" for number in range(2, 6)]
    letters = [name for name in world.documents("notifications") if name.startswith("12345-confirmation-")]
    assert sorted(letters) == sorted(asked)
    assert len([line for line in history(world) if line[0] == "letter_asked_again"]) == 4
