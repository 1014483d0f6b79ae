"""Who asks: normalised contact data (R3), so that one person looks the same on every channel."""

import re
from dataclasses import dataclass

HOME_REGION = "RU"
"""Region in which a phone number without a country code is read (ISO 3166-1)."""

# What nearly everybody types. None of the names kept for special use (RFC 6761) ends in so few letters, and without two
# hyphens in a row there is nothing of IDNA to be checked.
_ORDINARY = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,3}")
_LONGEST_ORDINARY = 64
"""Characters: of so few no part of an address can have too many."""


@dataclass(frozen=True, slots=True)
class Contact:
    """The person who asks; at least one of `email` and `phone` is there.

    Attributes:
        name: As given; may be empty.
        email: Normalised address (see `parse_email`), or None.
        phone: E.164, e.g. `+79161234567`, or None.
        phone_as_typed: What the person typed: an extension or a remark does not survive E.164.
    """

    name: str
    email: str | None
    phone: str | None
    phone_as_typed: str = ""


def identities(contact: Contact) -> tuple[str, ...]:
    """Give that by which a contact's other requests are found: address and phone number, each with its kind."""
    email = () if contact.email is None else (f"email:{contact.email}",)
    return email if contact.phone is None else (*email, f"phone:{contact.phone}")


def may_be_same(one: Contact, other: Contact) -> bool:
    """Tell whether two contacts may be one person's.

    Whoever has the mailbox is taken for the person. A phone number alone is only somebody's claim: it counts where no
    address speaks against it, so that nobody learns of a ticket by naming its client's number beside an own address.
    """
    if one.email is not None and other.email is not None:
        return one.email == other.email
    return one.phone is not None and one.phone == other.phone


def parse_email(text: str) -> str:
    """Give the address in the one form in which it is stored, compared and written to.

    Lower case throughout (no mailbox of today tells `Ivan@` from `ivan@`), the domain in ASCII (IDNA), because
    SendGrid takes no other.

    Raises:
        ValueError: The text is not an address that mail can be sent to (RFC 5321); nothing is looked up in DNS.
    """
    text = text.strip()
    ordinary = text.lower()
    if len(ordinary) <= _LONGEST_ORDINARY and text.isascii() and _ORDINARY.fullmatch(ordinary):
        return ordinary
    # It takes 40 ms to load, most of them for its regular expressions, and need not delay a first request.
    from email_validator import validate_email  # noqa: PLC0415

    address = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    return f"{address.local_part}@{address.ascii_domain}".lower()


def parse_phone(text: str) -> str:
    """Give the number in E.164; without a country code it is read as a Russian one (8 916 … and 916 … too).

    Raises:
        ValueError: The text holds no number that can be dialled.
    """
    # The metadata of all countries: only a request with a phone number has to load it.
    import phonenumbers  # noqa: PLC0415

    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException as error:
        raise ValueError(str(error)) from error
    # Stricter than `is_possible_number`: a number without its area code can be dialled from next door only.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise ValueError("the number has too few or too many digits")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
