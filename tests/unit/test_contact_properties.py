"""R3: an address that is read without the library for addresses is read as the library reads it."""

import subprocess
import sys

from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from local.processes import ROOT
from shared.domain.contact import parse_email

# Letters that matter to one rule or another; U+212A is a letter that becomes an ASCII one in lower case.
LABELS = st.text("abAZ09-_+.xn\u212aяß", max_size=8) | st.text("a1-", min_size=58, max_size=66)
DOMAINS = st.lists(LABELS, max_size=4).map(".".join)
ENDS = st.sampled_from(["ru", "RU", "com", "info", "test", "local", "onion", "arpa", "localhost", "рф", "r1", "xn", ""])
TYPED = st.builds("{}@{}.{}".format, LABELS, DOMAINS, ENDS)
ORDINARY = st.from_regex(r"\A[a-z0-9_+-]{1,40}(\.[A-Z]{1,3})?@([a-z0-9-]{1,20}\.){1,3}[a-z]{2,5}\n?\Z")


def read_by_the_library(text: str) -> str | None:
    try:
        address = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        return None
    return f"{address.local_part}@{address.ascii_domain}".lower()


def read(text: str) -> str | None:
    try:
        return parse_email(text)
    except ValueError:
        return None


@settings(max_examples=1000, deadline=None)  # the first example also pays for the library's import
@given(TYPED | ORDINARY)
@example("a@xn--a.ru")
@example("a@ab--c.ru")
@example("-@1.ru")
@example("iv\u212aan@example.ru")
@example("a@b.local")
@example("a@b.test")
@example("a" * 65 + "@b.ru")
@example("a@" + "b" * 64 + ".ru")
def test_r3_every_address_is_read_as_the_library_reads_it(typed: str) -> None:
    assert read(typed) == read_by_the_library(typed)


def test_r3_an_ordinary_address_costs_a_first_request_no_library() -> None:
    assert read_in_a_new_process("Ivan.Petrov+1@mail.example.ru") == ("ivan.petrov+1@mail.example.ru", False)
    assert read_in_a_new_process("ivan@example.info") == ("ivan@example.info", True)


def read_in_a_new_process(typed: str) -> tuple[str, bool]:
    """The address, and whether the library was loaded for it."""
    program = "import sys; from shared.domain.contact import parse_email; print(parse_email(sys.argv[1]), *sys.modules)"
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program, typed], cwd=ROOT, check=True, capture_output=True, text=True
    )
    address, *modules = done.stdout.split()
    return address, "email_validator" in modules
