"""A mail provider in memory: takes letters, decides what becomes of them, and posts its events as SendGrid does.

Its posts are repeated until they are answered with success (SendGrid: for 24 hours). An event may be lost, but never
all of one letter while others' arrive: they travel in different posts. When the webhook is switched off, all are lost.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from functions.notify.letters import Letter
from functions.notify.sending import MailOutcomeUnknownError, MailRefusedError, MailUnavailableError
from shared.domain.delivery import DeliveryEvent, Report

LEASE = timedelta(minutes=8)
"""How long a letter belongs to its sender."""

REPEATS = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2))
"""Pauses before a post is repeated; the last one again and again."""

FATES = {
    "delivered": (Report.PROCESSED, Report.DELIVERED),
    "deferred": (Report.PROCESSED, Report.DEFERRED, Report.DELIVERED),
    "bounced": (Report.PROCESSED, Report.BOUNCED),
    "full": (Report.PROCESSED, Report.DEFERRED, Report.BLOCKED),
    "dropped": (Report.DROPPED,),
    "returned": (Report.PROCESSED, Report.DELIVERED, Report.BOUNCED),
    "swallowed": (Report.PROCESSED,),
}
_REASONS = {Report.BOUNCED: "550 5.1.1 no such user", Report.BLOCKED: "552 5.2.2 mailbox full"}


@dataclass(slots=True)
class Post:
    """Events that are posted together, again and again."""

    due_at: datetime
    events: list[DeliveryEvent]
    attempts: int = 0


@dataclass(slots=True)
class SimulatedProvider:
    """`functions.notify.sending.Mailer`, and what follows.

    Attributes:
        now: The time.
        random: Decides.
        chaos: Called before and after a letter is taken, with a name; it may raise.
        calm: No more faults.
        off: When the webhook is, or was, switched off: what happens meanwhile is never reported.
    """

    now: Callable[[], datetime]
    random: Random
    chaos: Callable[[str], None]
    calm: bool = False
    off: list[tuple[datetime, datetime]] = field(default_factory=list)
    outage: bool = False
    taken: list[Letter] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    heard: dict[str, set[Report]] = field(default_factory=dict)

    def send(self, letter: Letter) -> str:
        """Take a letter, or not."""
        self.chaos("send")
        if self.outage:
            raise MailUnavailableError(503, "out of order")
        luck = 1.0 if self.calm or self._is_nearly_back() else self.random.random()
        if luck < 0.03:
            raise MailUnavailableError(429, "too many")
        if luck < 0.04:
            raise MailRefusedError(400, "bad request")
        if luck < 0.06:
            raise MailOutcomeUnknownError(None, "timed out, and nothing was taken")
        self.taken.append(letter)
        self._plan(letter)
        if luck < 0.09:
            raise MailOutcomeUnknownError(None, "the answer was lost")
        if not self._is_nearly_back():
            self.chaos("sent")
        return f"provider-{len(self.taken)}"

    def due(self) -> list[Post]:
        """Take the posts that are due, in any order."""
        now = self.now()
        due = [post for post in self.posts if post.due_at <= now]
        self.posts = [post for post in self.posts if post.due_at > now]
        self.random.shuffle(due)
        return [post for post in due if not any(self._off_at(event.at) for event in post.events)]

    def answered(self, post: Post) -> None:
        """Hear that a post was taken."""
        for event in post.events:
            self.heard.setdefault(event.notification or "", set()).add(event.report)

    def refused(self, post: Post) -> None:
        """Hear that it was not."""
        pause = REPEATS[min(post.attempts, len(REPEATS) - 1)]
        self.posts.append(Post(self.now() + pause, post.events, post.attempts + 1))

    def _off_at(self, moment: datetime) -> bool:
        return any(begin <= moment < end for begin, end in self.off)

    def _is_nearly_back(self) -> bool:
        """Whether the webhook is switched on again before a letter's lease ends.

        Then its neighbours are heard and it is not, and nothing could tell that from a letter that was never taken: two
        faults of the same minute, which the simulation leaves out.
        """
        now = self.now()
        return self._off_at(now) and not self._off_at(now + LEASE)

    def _plan(self, letter: Letter) -> None:
        client = "confirmation" in letter.id
        fate = self.random.choice(list(FATES)) if client and self.random.random() < 0.3 else "delivered"
        at = self.now()
        events: list[DeliveryEvent] = []
        for report in FATES[fate]:
            at += timedelta(seconds=self.random.uniform(1, 20))
            if len(events) > 1 and report in {Report.BOUNCED, Report.BLOCKED}:
                at += timedelta(hours=self.random.uniform(0, 3))
            reason = _REASONS.get(report, "")
            events.append(DeliveryEvent(letter.id, letter.recipient, report, at.replace(microsecond=0), reason))
        if len(events) > 1 and not self.calm and self.random.random() < 0.1:
            events.remove(self.random.choice(events))
        for event in events:
            twice = 1 if self.calm or self.random.random() < 0.8 else 2
            for _ in range(twice):
                delay = timedelta(seconds=self.random.uniform(0, 60))
                self.posts.append(Post(event.at + delay, [event]))
