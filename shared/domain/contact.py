"""Who asks: normalised contact data (R3), so that one person looks the same on every channel."""

from dataclasses import dataclass

HOME_REGION = "RU"
"""Region in which a phone number without a country code is read (ISO 3166-1)."""


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


def parse_email(text: str) -> str:
    """Give the address in the one form in which it is stored, compared and written to.

    Lower case throughout (no mailbox of today tells `Ivan@` from `ivan@`), the domain in ASCII (IDNA), because
    SendGrid takes no other.

    Raises:
        ValueError: The text is not an address that mail can be sent to (RFC 5321); nothing is looked up in DNS.
    """
    # A few milliseconds of start-up that only a request with an address has to pay.
    from email_validator import validate_email  # noqa: PLC0415

    address = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False, strict=True)
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
