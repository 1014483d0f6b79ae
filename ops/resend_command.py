"""`python -m ops resend`: sends letters once more, as new ones (R12)."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ops.ledger import open_ledger
from ops.terminal import harmless, login_name, person_name, say, ticket_number
from shared.domain.contact import parse_email
from shared.domain.notification import TO_CLIENTS, NotificationKind, NotificationState
from shared.domain.repetition import FORCIBLE, KINDS, Refusal, ResendRefusedError, Wish
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.resending import Asked, Resender
from shared.settings import Secret, read_settings

HELP = "send a ticket's letter once more, as a new one; exit code 1 when one was not asked for"


@dataclass(frozen=True, slots=True)
class ResendSettings:
    """What `resend` takes from its environment, as `notify` does; durations are in seconds.

    Attributes:
        sendgrid_api_key: Key with the right to change suppressions; without it `--force` leaves SendGrid's list alone.
    """

    google_cloud_project: str
    notifications_topic: str
    sendgrid_api_key: Secret | None = None
    sendgrid_url: str = "https://api.sendgrid.com"
    sendgrid_timeout: timedelta = timedelta(seconds=10)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    kinds = [kind.value for kind in KINDS]
    parser.add_argument("tickets", metavar="TICKET", type=ticket_number, nargs="+", help="numbers, with or without #")
    parser.add_argument("--kind", choices=kinds, default=kinds[0], help=f"which letter; {kinds[0]} if not said")
    parser.add_argument("--by", metavar="NAME", type=person_name, help="who asks for it; the login name if not said")
    parser.add_argument(
        "--to", metavar="ADDRESS", type=_address, help="the client's address, where the ticket's is wrong"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="also to an address that is known not to work, or gets no automatic letters, and while a copy is on its"
        " way; takes the address off SendGrid's list of bounces if SENDGRID_API_KEY is set",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what became of each."""
    numbers = list(dict.fromkeys(arguments.tickets))
    kind = NotificationKind(arguments.kind)
    by = arguments.by or login_name()
    if arguments.to is not None and (len(numbers) > 1 or kind not in TO_CLIENTS):
        return _misused("--to corrects the address of one ticket's client")
    if by is None:
        return _misused("who asks for it? This login has no name: say --by NAME")
    resender = _make_resender()
    asked_for = [_ask(resender, Wish(number, kind, by, arguments.to, arguments.force)) for number in numbers]
    return 0 if all(asked_for) else 1


def _ask(resender: Resender, wish: Wish) -> bool:
    try:
        asked = resender.ask(wish)
    except ResendRefusedError as refused:
        hint = "; --force sends it all the same" if refused.refusal in FORCIBLE else ""
        say(f"#{wish.ticket}: not sent: {harmless(_REASONS[refused.refusal](refused))}{hint}")
        return False
    except LedgerConflictError:
        say(f"#{wish.ticket}: not sent: others keep changing this ticket; try again")
        return False
    except LedgerUnavailableError:
        say(f"#{wish.ticket}: not known to be sent, the ledger did not answer; ask again: that sends no second letter")
        return False
    say(f"#{wish.ticket}: {_outcome(asked)}")
    return True


def _outcome(asked: Asked) -> str:
    letter = asked.letter
    done = harmless(f"{letter.id} to {letter.recipient}, asked for by {letter.requested_by}")
    if asked.suppression is None:
        return done
    return (
        f"{done}\n    The address may be on SendGrid's own list of bounces still: {harmless(asked.suppression)}."
        " If so, it drops the letter until the address is taken off there (Suppressions, Bounces)."
    )


_COPIES: Mapping[NotificationState, str] = {
    NotificationState.REQUESTED: "is about to be sent",
    NotificationState.SENDING: "is being sent, or was and nobody knows",
    NotificationState.SENT: "was sent minutes ago and may still arrive",
    NotificationState.DEFERRED: "is put off by the recipient's mail server, and SendGrid still tries",
}


def _copy(refused: ResendRefusedError) -> str:
    return f"{refused.letter.id} {_COPIES[refused.letter.state]}" if refused.letter else "a copy is on its way"


def _merged(refused: ResendRefusedError) -> str:
    return f"it is merged into #{refused.ticket.merged_into}" if refused.ticket else "it is merged"


def _held_back(refused: ResendRefusedError) -> str:
    omitted = refused.ticket.confirmation_omitted if refused.ticket else None
    return f"its client gets no automatic letter ({omitted})"


def _dead(refused: ResendRefusedError) -> str:
    dead = refused.dead
    return f"{dead.address} does not work since {dead.since:%Y-%m-%d}: {dead.reason}" if dead else "the address is dead"


_REASONS: Mapping[Refusal, Callable[[ResendRefusedError], str]] = {
    Refusal.NO_SUCH_TICKET: lambda _: "there is no such ticket",
    Refusal.MERGED: _merged,
    Refusal.ERASED: lambda _: "its client's data were erased",
    Refusal.NO_LETTER: lambda _: "there was no such letter",
    Refusal.NO_ADDRESS: lambda _: "its client has no address; --to gives one, or tell the number and say `told`",
    Refusal.HELD_BACK: _held_back,
    Refusal.DEAD_ADDRESS: _dead,
    Refusal.ON_ITS_WAY: _copy,
}


def _make_resender() -> Resender:
    from shared.pubsub_bell import PubSubBell  # noqa: PLC0415  # brings clients that other commands do without
    from shared.store.changes import FirestoreChanges  # noqa: PLC0415  # the same
    from shared.store.dossier import FirestoreDossiers  # noqa: PLC0415  # the same
    from shared.suppressions import SendGridSuppressions  # noqa: PLC0415  # the same

    settings = read_settings(ResendSettings, os.environ)
    key, url, timeout = settings.sendgrid_api_key, settings.sendgrid_url, settings.sendgrid_timeout
    client = open_ledger()
    return Resender(
        tickets=FirestoreChanges(client),
        letters=FirestoreDossiers(client),
        bell=PubSubBell(settings.google_cloud_project, settings.notifications_topic),
        suppressions=None if key is None else SendGridSuppressions(key.value, url, timeout),
        now=lambda: datetime.now(UTC),
    )


def _address(text: str) -> str:
    try:
        return parse_email(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _misused(what: str) -> int:
    print(f"python -m ops resend: {what}", file=sys.stderr)
    return 2
