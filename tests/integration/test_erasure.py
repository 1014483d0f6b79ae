"""A client's personal data are erased at her wish: everywhere, once and for all, and the ledger stays whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from functions.notify.letters import Letter
from functions.notify.sending import Sender
from ops.audit import audit
from shared.changes import Change
from shared.domain.completeness import Detail
from shared.domain.contact import Contact
from shared.domain.delivery import DeliveryEvent, Report
from shared.domain.erasure import ERASED_TOPIC, Client
from shared.domain.merging import MergeRefusedError
from shared.domain.notification import NotificationKind, requested
from shared.domain.repetition import Refusal, ResendRefusedError, Wish
from shared.domain.splitting import SplitRefusedError
from shared.domain.submission import Attachment, Channel, Submission
from shared.domain.trouble import ERASED_REASON
from shared.erased import ErasedTicketError
from shared.erasing import Erased, Eraser, ErasureUnfinishedError
from shared.files import CloudStorageFiles, FileStoreError
from shared.information_links import InformationLinks
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.outcomes import OutcomeRecorder
from shared.resending import Resender
from shared.settings import Secret
from shared.splitting import Splitter
from shared.store.changes import FirestoreChanges
from shared.store.dossier import FirestoreDossiers
from shared.store.letters import FirestoreLetters
from shared.store.personal_data import FirestorePersonalData
from shared.store.registrations import FirestoreRegistrations
from tests import email_instance, form_instance
from tests.client_data import (
    HER_CONTACT,
    MARKERS,
    NOBODY,
    OLGA,
    PHONE,
    WINDOW,
    XENIA,
    YURI,
    Left,
    bounce_of,
    details,
    documents,
    everything,
    holding,
    joiner,
    leave_traces,
    mail,
    merge,
    register,
)
from tests.email_instance import REPLIES, EmailInstance
from tests.function_instance import World
from tests.operators import SilentBell, report
from tests.sample_ticket import LINKS, SPECIALISTS
from tests.sla_instance import settings_of as sla_settings
from tests.sla_instance import sla_instance

HEAD = "Глава Поддержки <head@pass24online.ru>"
SHE = Client(email=XENIA)


@pytest.fixture
def left(world: World) -> Left:
    return leave_traces(world)


@pytest.fixture
def email(world: World) -> Iterator[EmailInstance]:
    settings = email_instance.settings_of(world) | {"DUPLICATE_WINDOW": str(WINDOW.total_seconds())}
    with email_instance.email_instance(settings) as running:
        yield running


def eraser(world: World, data: FirestorePersonalData | None = None, files: object | None = None) -> Eraser:
    store = data or FirestorePersonalData(world.ledger)
    kept: Any = files or CloudStorageFiles(world.bucket)
    return Eraser(store, kept, lambda: datetime.now(UTC))


def erase(world: World, client: Client = SHE) -> Erased:
    return eraser(world).erase(client, HEAD)


def assert_nothing_left(world: World, *markers: str) -> None:
    assert holding(everything(world), *(markers or MARKERS)) == []
    assert_sound(world)


def assert_sound(world: World) -> None:
    found = audit(world.ledger)
    assert not found.broken, found.text()


def lasting(world: World) -> Mapping[str, object]:
    """What no erasure may change: numbers, times, channels, and what points where."""
    names = (
        *("number", "channels", "received_at", "registered_at", "response_starts_at", "accepted_at", "submissions"),
        *("merged", "merged_into", "related", "previous_ticket", "urgent", "missing", "known", "asked_at", "handed_on"),
        *("confirmation", "confirmation_omitted", "registered_late", "channel", "ticket", "attached_as", "kind"),
        *("sent_at", "requested_at", "event", "at", "about"),
    )
    return {path: {name: each.get(name) for name in names} for path, each in documents(world).items()}


def only_lasting(before: Mapping[str, object]) -> Mapping[str, object]:
    return {path: each for path, each in before.items() if path.split("/")[0] in {"tickets", "submissions"}}


def test_nothing_of_the_client_is_left_in_any_document_or_file(world: World, left: Left) -> None:
    before, texts = lasting(world), everything(world)
    places = {name.split("/")[0] for name in holding(texts, *MARKERS)}
    assert places == {"addresses", "notifications", "submissions", "tickets", "object form", "object mail"}
    assert any("/history/" in name for name in holding(texts, *MARKERS))

    done = erase(world)

    assert sorted(done.tickets) == sorted(left.hers)
    assert_nothing_left(world)
    # Nothing is gone but what says nothing without its client; every number, time and channel is as before.
    after = lasting(world)
    gone = before.keys() - after.keys()
    assert {path.split("/")[0] for path in gone} == {"addresses", "contacts"}
    assert {path: after[path] for path in only_lasting(before)} == only_lasting(before)
    for number in left.hers:
        ticket = documents(world)[f"tickets/{number}"]
        assert ticket["title"] == f"[#{number}] {ERASED_TOPIC}"
        assert ticket["contact"] == {"name": "", "phone_as_typed": ""}
        assert {"participants", "attention", "client", "check_at", "follow_up_at", "flagged_at"}.isdisjoint(ticket)
        line = documents(world)[f"tickets/{number}/history/erased-{number}"]
        assert (line["by"], line["about"]) == (HEAD, str(number))


def test_what_others_wrote_elsewhere_stays_as_it_is(world: World, left: Left) -> None:
    before = documents(world)
    files = world.objects()
    erase(world)
    after, path = documents(world), f"tickets/{left.yuris}"
    assert after[path] == before[path] | {"participants": [YURI]}
    [opening] = [
        key for key in before[path]["submissions"] if before[f"submissions/{key}"]["contact"].get("email") == YURI
    ]
    assert after[f"submissions/{opening}"] == before[f"submissions/{opening}"]
    raw = before[f"submissions/{opening}"]["message"]["raw"]
    assert world.objects()[raw] == files[raw]
    letter = f"notifications/{left.yuris}-confirmation"
    assert after[letter] == before[letter]
    assert sum(state["state"] == "quarantined" for state in world.documents("submissions").values()) == 1


def test_what_waited_waits_no_longer_and_sweep_and_notify_have_nothing_to_do_with_it(world: World, left: Left) -> None:
    texts = everything(world)
    waiting = [name for name in holding(texts, *MARKERS) if "'state': 'quarantined'" in texts[name]]
    assert len(waiting) == 2
    erase(world)
    for name in (*waiting, "submissions/kept"):
        entry = documents(world)[name]
        assert (entry["state"], "reason" in entry, "erased_at" in entry) == ("recorded", False, True)
    letters = world.documents("notifications")
    about_hers = {name: each for name, each in letters.items() if each.get("ticket") in left.hers}
    assert {each["state"] for each in about_hers.values()} == {"dropped", "sent", "bounced"}
    assert {each["failure"]["reason"] for each in about_hers.values() if each["state"] == "bounced"} == {"5.1.1"}
    with sla_instance(sla_settings(world, NOBODY)) as sla:
        for _ in range(2):
            assert sla.sweep()["failed"] == []
    assert {name: world.documents("notifications")[name] for name in about_hers} == about_hers
    assert_nothing_left(world)


def test_once_more_finds_nothing_and_changes_nothing(world: World, left: Left) -> None:
    assert left.hers
    erase(world)
    before = documents(world)
    assert erase(world) == Erased()
    assert documents(world) == before


@dataclass
class Mortal(FirestorePersonalData):
    """A store whose user dies before one of its writes.

    Attributes:
        writes: How many it lives to see.
    """

    world: World
    writes: int

    def __post_init__(self) -> None:
        super().__init__(self.world.ledger)

    def _live(self) -> None:
        self.writes -= 1
        if self.writes < 0:
            raise LedgerUnavailableError("died")

    def write(self, change: Change, timeout: float) -> None:
        self._live()
        super().write(change, timeout)

    def write_line(self, *arguments: Any) -> None:  # noqa: ANN401  # as it is there
        self._live()
        super().write_line(*arguments)

    def forget_request(self, *arguments: Any) -> None:  # noqa: ANN401  # as it is there
        self._live()
        super().forget_request(*arguments)

    def forget_identity(self, identity: str) -> None:
        self._live()
        super().forget_identity(identity)

    def forget_address(self, *arguments: Any) -> None:  # noqa: ANN401  # as it is there
        self._live()
        super().forget_address(*arguments)


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize("writes", [5, 11])
def test_who_dies_between_any_two_writes_leaves_the_rest_to_be_found(world: World, writes: int) -> None:
    deaths = 0
    # Each attempt comes some writes further, and repeats those that leave no trace.
    for attempt in range(200):
        try:
            eraser(world, Mortal(world, writes + attempt // 20)).erase(SHE, HEAD)
        except LedgerUnavailableError:
            deaths += 1
        else:
            break
    assert deaths > 5
    assert_nothing_left(world)


def test_r17_files_go_before_the_ledger_forgets_them(world: World, left: Left) -> None:
    class Broken:
        def delete(self, name: str) -> None:
            raise FileStoreError(f"Cloud Storage answered 503 for {len(name)} characters")

        def delete_of(self, submission: str) -> int:
            raise FileStoreError(f"Cloud Storage answered 503 for {len(submission)} characters")

    before = holding(everything(world), *MARKERS)
    with pytest.raises(FileStoreError):
        eraser(world, files=Broken()).erase(SHE, HEAD)
    after = everything(world)
    kept = [name for name in before if name.startswith(("object", "submissions"))]
    assert [name for name in kept if name not in holding(after, *MARKERS)] == []
    assert sorted(erase(world).tickets) == sorted(left.hers)
    assert_nothing_left(world)


def test_a_message_that_comes_meanwhile_is_erased_with_the_rest(world: World, left: Left) -> None:
    late = Submission("late", Channel.FORM, datetime.now(UTC), HER_CONTACT, details("Маркер: вдогонку"))

    class Interrupted(FirestorePersonalData):
        came = False

        def write(self, change: Change, timeout: float) -> None:
            if any(after.number == left.hers[0] for _, after in change.tickets) and not self.came:
                self.came = True
                joiner(world).join(late, left.hers[0], Attachment.REPLY)
            super().write(change, timeout)

    eraser(world, Interrupted(world.ledger)).erase(SHE, HEAD)
    assert "late" in world.documents("tickets")[str(left.hers[0])]["submissions"]
    assert_nothing_left(world)


@pytest.mark.usefixtures("left")
def test_others_who_keep_changing_the_same_stop_it_and_the_next_attempt_goes_on(world: World) -> None:
    class Busy(FirestorePersonalData):
        def write(self, change: Change, timeout: float) -> None:
            raise LedgerConflictError(f"{len(change.tickets)} moved, within {timeout} s")

    class BusyLines(Busy):
        def write_line(self, *_: object) -> None:
            raise LedgerConflictError("moved")

        def forget_request(self, *_: object) -> None:
            raise LedgerConflictError("moved")

    with pytest.raises(ErasureUnfinishedError):
        eraser(world, BusyLines(world.ledger)).erase(SHE, HEAD)
    erase(world)
    assert_nothing_left(world)


# Afterwards


def test_what_is_delivered_again_opens_nothing_and_leaves_nothing(world: World, email: EmailInstance) -> None:
    texts = [
        mail(XENIA, n, f"Маркер номер {n}: {word}", word, f"маркер-{n}.png") for n, word in enumerate(("лифт", "склад"))
    ]
    first = email.mail(texts[0], sender=XENIA).get_json()
    answer = mail(XENIA, 9, "Маркер: ещё", "Re: лифт", "маркер-9.png")
    to_it = {"to": (REPLIES.address(12345),)}
    assert email.mail(answer, sender=XENIA, **to_it).get_json()["state"] == "attached"
    assert email.mail(texts[1], sender=XENIA, spam_score=9).get_json()["state"] == "quarantined"
    assert email.mail(bounce_of(REPLIES.message_id("12345-confirmation")), sender="").get_json()["state"] == "recorded"
    erase(world)
    before = documents(world)

    assert email.mail(texts[0], sender=XENIA).get_json() == first
    assert email.mail(answer, sender=XENIA, **to_it).get_json() == {"state": "attached", "ticket": 12345}
    # Judged otherwise now: it is known all the same.
    for said in ({"spam_score": 9}, {}):
        assert email.mail(texts[1], sender=XENIA, **said).get_json()["state"] == "recorded"
    assert email.mail(bounce_of(REPLIES.message_id("12345-confirmation")), sender="").get_json()["state"] == "recorded"

    changed = {path for path, each in documents(world).items() if before.get(path) != each}
    assert {path.split("/")[0] for path in changed} == {"limits"}
    assert world.objects() == {}
    assert_nothing_left(world)


def test_an_answer_in_another_clients_ticket_that_is_delivered_again_leaves_nothing(
    world: World, email: EmailInstance
) -> None:
    email.mail(mail(YURI, 1, "Калитка скрипит", "Калитка"), sender=YURI)
    answer, to_his = mail(XENIA, 2, "Маркер", "Re", "маркер.png"), {"to": (REPLIES.address(12345),)}
    email.mail(answer, sender=XENIA, **to_his)
    erase(world)
    before = documents(world)
    assert email.mail(answer, sender=XENIA, **to_his).get_json() == {"state": "attached", "ticket": 12345}
    assert {path for path, each in documents(world).items() if before.get(path) != each} == set()
    assert_nothing_left(world)


def test_a_form_that_is_sent_again_is_refused_as_a_reused_key_and_leaves_nothing(world: World) -> None:
    typed = form_instance.TYPED | {"email": XENIA, "description": "Маркер: не работает", "name": "Маркер"}
    with form_instance.instance(form_instance.settings_of(world)) as form:
        sent = typed | {"page_token": form.token()}
        files = [form_instance.Attachment("маркер.png", b"marker")]
        assert form.post_form(sent, files).status_code == 201
        erase(world)
        before = documents(world)
        assert form.post_form(sent, files).status_code == 422
    changed = {path.split("/")[0] for path, each in documents(world).items() if before.get(path) != each}
    assert changed <= {"limits"}
    assert_nothing_left(world)


def test_what_answers_an_erased_ticket_is_a_request_of_its_own(world: World, email: EmailInstance) -> None:
    email.mail(mail(XENIA, 1, "Маркер: лифт", "Лифт"), sender=XENIA)
    erase(world)
    closed = world.documents("tickets")["12345"]
    by_address = email.mail(mail(XENIA, 2, "Снова лифт", "Re: Лифт"), sender=XENIA, to=(REPLIES.address(12345),))
    by_number = email.mail(mail(XENIA, 3, "И подъезд", "Re: [#12345]"), sender=XENIA)
    assert [each.get_json() for each in (by_address, by_number)] == [
        {"state": "registered", "ticket": 12346},
        {"state": "registered", "ticket": 12347},
    ]
    assert world.documents("tickets")["12345"] == closed
    late = Submission("late", Channel.FORM, datetime.now(UTC), HER_CONTACT, details("Маркер"))
    with pytest.raises(ErasedTicketError):
        joiner(world).join(late, 12345, Attachment.REPLY)
    with pytest.raises(MergeRefusedError, match="12345"):
        merge(world, 12346, 12345)
    assert_sound(world)


def test_r7_the_link_to_an_erased_ticket_is_dead(world: World) -> None:
    number = register(world, Submission("x", Channel.FORM, datetime.now(UTC), HER_CONTACT, details("Маркер")))
    links = InformationLinks("", [Secret(form_instance.LINK_SECRET)], timedelta(days=30))
    path = links.link(number, (Detail.DEVICE_MODEL,), datetime.now(UTC))
    with form_instance.instance(form_instance.settings_of(world)) as form:
        assert form.get(path).status_code == 200
        erase(world)
        page = form.get(path)
        assert (page.status_code, ERASED_TOPIC in page.get_data(as_text=True)) == (404, False)


def test_r8_r9_what_is_heard_of_letters_later_changes_nothing(world: World, left: Left) -> None:
    erase(world)
    before = documents(world)
    now, reason = datetime.now(UTC), f"550 5.1.1 <{XENIA}> unknown"
    recorder = OutcomeRecorder(FirestoreChanges(world.ledger), SilentBell(), SPECIALISTS, lambda: now)
    for number in left.hers:
        for what in (Report.DELIVERED, Report.BOUNCED):
            letter = f"{number}-confirmation"
            # As the provider tells it, and as a mail server's report does, which we compare with our own address of it.
            recorder.follow([DeliveryEvent(letter, XENIA, what, now, reason)])
            report(world.ledger, letter, what, now, reason)
    assert documents(world) == before


def test_r12_no_letter_about_an_erased_ticket_goes_out(world: World, left: Left) -> None:
    erase(world)
    sent: list[str] = []

    class Mailer:
        def send(self, letter: Letter) -> str:
            sent.append(letter.id)
            return "1"

    now = datetime.now(UTC)
    resender = Resender(
        FirestoreChanges(world.ledger), FirestoreDossiers(world.ledger), SilentBell(), None, lambda: now
    )
    for kind, to in ((NotificationKind.NEW_TICKET, None), (NotificationKind.CONFIRMATION, XENIA)):
        with pytest.raises(ResendRefusedError) as refused:
            resender.ask(Wish(left.bounced, kind, "Анна", to, forced=True))
        assert refused.value.refusal is Refusal.ERASED
    # What was asked for while it was erased.
    late = requested(f"{left.bounced}-new-message-9", left.bounced, NotificationKind.NEW_MESSAGE, SPECIALISTS, now)
    FirestoreChanges(world.ledger).write(Change(letters=(late,)), 5.0)
    sender = Sender(
        notifications=FirestoreLetters(world.ledger),
        outcomes=OutcomeRecorder(FirestoreChanges(world.ledger), SilentBell(), SPECIALISTS, lambda: now),
        mailer=Mailer(),
        lease=timedelta(minutes=5),
        zone=ZoneInfo("Europe/Moscow"),
        replies=REPLIES,
        links=LINKS,
        now=lambda: now,
    )
    letters = world.documents("notifications")
    for letter in letters:
        sender.send(letter)
    assert [letter for letter in sent if letters[letter].get("ticket") in left.hers] == []
    assert f"{left.yuris}-new-ticket" in sent
    resent = world.documents("notifications")[late.id]
    assert (resent["state"], resent["failure"]["reason"]) == ("dropped", ERASED_REASON)
    assert_nothing_left(world)


# Merged tickets


def test_r15_of_two_merged_tickets_the_other_clients_stays(world: World, left: Left) -> None:
    """Xenia's went on under Yuri's number: his goes on."""
    erase(world)
    gone, into = (documents(world)[f"tickets/{number}"] for number in (left.hers[3], left.yuris))
    assert (gone["merged_into"], into["merged"]) == (left.yuris, [left.hers[3]])
    assert FirestoreDossiers(world.ledger).read(left.yuris) is not None
    assert into["contact"]["email"] == YURI
    assert_nothing_left(world)


def test_r15_a_ticket_that_goes_on_under_an_erased_number_keeps_what_is_its_own(
    world: World, left: Left, email: EmailInstance
) -> None:
    """Yuri's number is erased, under which Xenia's went on: hers is still hers, and what she writes is not lost."""
    hers, before = left.hers[3], documents(world)
    erase(world, Client(email=YURI))
    after = documents(world)
    assert holding(everything(world), YURI, "чужого двора") == []
    assert after[f"tickets/{hers}"] == before[f"tickets/{hers}"]
    [call] = after[f"tickets/{hers}"]["submissions"]
    assert after[f"submissions/{call}"] == before[f"submissions/{call}"]
    dossier = FirestoreDossiers(world.ledger).read(hers)
    assert dossier is not None
    assert dossier.entries[0].submission.contact.email == XENIA
    assert_sound(world)
    # Into the erased one leads nothing any more, neither a signed address nor that it is the same request.
    now, numbers = datetime.now(UTC), len(world.documents("tickets"))
    answered = email.mail(mail(XENIA, 20, "Маркер?", "Re"), sender=XENIA, to=(REPLIES.address(hers),)).get_json()
    assert answered == {"state": "registered", "ticket": 12345 + numbers}
    again = Submission("again", Channel.PHONE, now, HER_CONTACT, before_details(before, call))
    assert register(world, again) == 12346 + numbers
    assert_sound(world)
    # A person may take hers apart from it, as long as there is something of it.
    assert splitter(world).split(call, "Анна").number == hers
    assert_sound(world)
    erase(world)
    assert_nothing_left(world)
    with pytest.raises(SplitRefusedError):
        splitter(world).split(call, "Анна")


def splitter(world: World) -> Splitter:
    return Splitter(
        FirestoreChanges(world.ledger),
        FirestoreRegistrations(world.ledger),
        FirestoreDossiers(world.ledger),
        None,  # type: ignore[arg-type]  # nothing is registered
        SilentBell(),
        lambda: datetime.now(UTC),
    )


def before_details(before: Mapping[str, Mapping[str, Any]], key: str) -> Any:  # noqa: ANN401  # `Details`
    return details(before[f"submissions/{key}"]["details"]["description"])


# Who is a client


def phone_only(key: str, text: str, email: str | None = None) -> Submission:
    contact = Contact("Маркер", email, PHONE, PHONE)
    return Submission(key, Channel.PHONE, datetime.now(UTC), contact, details(text))


def test_a_phone_number_beside_another_address_is_that_clients(world: World) -> None:
    alone = register(world, phone_only("alone", "Маркер: лифт стоит"))
    beside = register(world, phone_only("beside", "Забыли пароль на портале", YURI))
    before = documents(world)
    plan = eraser(world).plan(Client(phone=PHONE))
    assert (plan.tickets, plan.others) == ((alone,), (YURI,))
    assert erase(world, Client(phone=PHONE)).tickets == [alone]
    after = documents(world)
    for path in (f"tickets/{beside}", "submissions/beside", f"notifications/{beside}-confirmation"):
        assert after[path] == before[path]
    recent = [each["recent"] for path, each in after.items() if path.startswith("contacts/")]
    assert recent
    assert all(str(alone) not in each for each in recent)
    assert_nothing_left(world, "лифт стоит")
    assert eraser(world).plan(Client(email=YURI)).tickets == (beside,)


def test_phone_tickets_of_a_number_that_an_address_has_left_are_told_of(world: World) -> None:
    register(world, phone_only("by mail", "Забыли пароль на портале", XENIA))
    call = register(world, phone_only("call", "Маркер: лифт стоит"))
    assert eraser(world).plan(SHE).others == (PHONE,)
    erase(world)
    assert "erased_at" not in world.documents("tickets")[str(call)]


def corrected(world: World) -> int:
    """A ticket of Yuri's, who had typed Xenia's address, or so, into the form."""
    now = datetime.now(UTC)
    number = register(world, Submission("typo", Channel.FORM, now, Contact("Юрий", XENIA, None), details("Ворота")))
    report(world.ledger, f"{number}-confirmation", Report.BOUNCED, now, f"550 5.1.1 <{XENIA}>: user unknown")
    store = FirestoreChanges(world.ledger), FirestoreDossiers(world.ledger)
    Resender(*store, SilentBell(), None, lambda: now).ask(
        Wish(number, NotificationKind.CONFIRMATION, "Анна", YURI, forced=True)
    )
    return number


def test_r12_a_wrong_address_that_was_corrected_is_removed_and_the_ticket_stays(world: World) -> None:
    number = corrected(world)
    plan = eraser(world).plan(SHE)
    assert (plan.tickets, plan.takes_part) == ((), (number,))
    erase(world)
    assert_nothing_left(world, "marker")
    ticket = documents(world)[f"tickets/{number}"]
    assert (ticket["title"], ticket["contact"]["email"]) == (f"[#{number}] Ворота", YURI)
    assert documents(world)["submissions/typo"]["contact"]["name"] == "Юрий"
    assert documents(world)[f"notifications/{number}-confirmation-2"]["recipient"] == YURI


def test_r12_with_the_right_address_the_wrong_one_goes_too(world: World) -> None:
    corrected(world)
    erase(world, Client(email=YURI))
    assert_nothing_left(world, "marker", YURI, "ворота", "юрий")


def test_who_opened_a_ticket_by_mail_is_its_client_whatever_address_it_has_now(
    world: World, email: EmailInstance
) -> None:
    email.mail(mail(XENIA, 1, "Маркер: лифт", "Лифт"), sender=XENIA)
    now = datetime.now(UTC)
    store = FirestoreChanges(world.ledger), FirestoreDossiers(world.ledger)
    Resender(*store, SilentBell(), None, lambda: now).ask(
        Wish(12345, NotificationKind.CONFIRMATION, "Анна", "other.marker@klient.example", forced=True)
    )
    for _ in range(100):
        try:
            eraser(world, Mortal(world, 3)).erase(SHE, HEAD)
        except LedgerUnavailableError:
            continue
        break
    else:
        erase(world)
    assert_nothing_left(world)


def test_r17_a_message_that_an_earlier_release_kept_elsewhere_goes_too(world: World, email: EmailInstance) -> None:
    email.mail(mail(XENIA, 1, "Маркер", "Лифт"), sender=XENIA)
    [(key, submission)] = world.documents("submissions").items()
    files, content = CloudStorageFiles(world.bucket), world.objects()[submission["message"]["raw"]][0]
    files.put("mail/raw/0a.eml", BytesIO(content), len(content), "application/octet-stream", 5.0)
    files.delete(submission["message"]["raw"])
    world.ledger.document(f"submissions/{key}").update({"message.raw": "mail/raw/0a.eml"})
    assert erase(world).files == 1
    assert_nothing_left(world)


def test_a_ticket_that_names_neither_address_nor_number_is_erased_alone(world: World) -> None:
    nobody = Submission("nobody", Channel.PHONE, datetime.now(UTC), Contact("Маркер", None, None), details("Маркер"))
    number = register(world, nobody)
    register(world, replace(nobody, key="other", details=details("Лифт"), contact=Contact("Иван", YURI, None)))
    assert erase(world, Client(ticket=number)).tickets == [number]
    assert erase(world, Client(ticket=number)) == Erased()
    assert_nothing_left(world)
    assert erase(world, Client(ticket=99999)) == Erased()


def test_who_is_named_in_anothers_message_is_named_there_no_longer_but_the_message_stays_as_it_came(
    world: World, email: EmailInstance
) -> None:
    email.mail(mail(YURI, 1, "Калитка скрипит", "Калитка", Cc=f"{XENIA}, {OLGA}"), sender=YURI)
    before = world.objects()
    plan = eraser(world).plan(SHE)
    assert (plan.tickets, plan.submissions, plan.takes_part) == ((), 0, (12345,))
    erase(world)
    assert holding({path: repr(each) for path, each in documents(world).items()}, "marker") == []
    [submission] = world.documents("submissions").values()
    assert submission["message"]["participants"] == [YURI, OLGA]
    assert submission["details"]["description"] == "Калитка скрипит"
    # Its sender's, byte for byte: docs/adr/0020-erasure.md.
    assert world.objects() == before


def test_our_own_mailbox_is_no_client(world: World) -> None:
    register(world, Submission("x", Channel.FORM, datetime.now(UTC), HER_CONTACT, details("Маркер")))
    before = documents(world)
    assert erase(world, Client(email=SPECIALISTS)) == Erased()
    assert documents(world) == before
