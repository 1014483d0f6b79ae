"""What people do on the desk's pages, as their browsers send it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import parseaddr
from html import unescape
from html.parser import HTMLParser
from threading import Barrier

from werkzeug.test import TestResponse

from shared.settings import Secret
from shared.staff.people import read_people
from shared.staff.post_tokens import PostTokens
from tests.desk_instance import DeskInstance
from tests.staff import ANNA, BORIS, SECRET, VERA


@dataclass
class Form:
    """A form on a page.

    Attributes:
        fields: What it would send as it stands.
        hidden: Names of those that nobody sees.
    """

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    button: str = ""


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None
        self._area = ""
        self._button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given["action"])
            self.found.append(self._open)
        if self._open is None:
            return
        if tag == "input" and given.get("type") in {"checkbox", "radio"}:
            if "checked" in given:
                self._open.fields[given["name"]] = given["value"]
        elif tag == "input":
            self._open.fields[given["name"]] = given.get("value", "")
            if given.get("type") == "hidden":
                self._open.hidden.add(given["name"])
        elif tag == "textarea":
            self._area = given["name"]
            self._open.fields[self._area] = ""
        self._button = tag == "button"

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._open is None:
            return
        if self._area:
            # A line break right after the tag is none of the text (HTML standard).
            self._open.fields[self._area] += data.removeprefix("\n")
        elif self._button and not self._open.button:
            self._open.button = data.strip()


def forms_of(response: TestResponse) -> list[Form]:
    """The forms of a page."""
    parser = _Forms()
    parser.feed(response.get_data(as_text=True))
    return parser.found


def form_to(response: TestResponse, ending: str, **having: str) -> Form:
    """The first form of a page whose action ends so, and whose fields have these values."""
    for each in forms_of(response):
        if each.action.endswith(ending) and having.items() <= each.fields.items():
            return each
    raise AssertionError(f"the page has no form to {ending}: {[each.action for each in forms_of(response)]}")


def send(desk: DeskInstance, form: Form, person: str = ANNA, **typed: str) -> TestResponse:
    """Send a form with what was typed into it."""
    return desk.post(form.action, {**form.fields, **typed}, person)


def token_for(person: str) -> str:
    """The token of a page that was given to a person just now."""
    people = read_people([ANNA, BORIS], [VERA])
    return PostTokens([Secret(SECRET)]).issue(people[parseaddr(person)[1]])


def act(desk: DeskInstance, path: str, person: str = ANNA, **typed: str) -> TestResponse:
    """Do something with a fresh page's token, from a page that has not shown the history."""
    return desk.post(path, {"post_token": token_for(person), **typed}, person)


def location_of(response: TestResponse) -> str:
    """Where a browser is sent after a post."""
    assert response.status_code == 303, unescape(re.sub(r"<[^>]*>", " ", response.get_data(as_text=True)))
    return response.headers["Location"]


def at_once(*acts: Callable[[], TestResponse]) -> list[TestResponse]:
    """Do several things at the same moment."""
    gate = Barrier(len(acts))

    def one(do: Callable[[], TestResponse]) -> TestResponse:
        gate.wait()
        return do()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))
