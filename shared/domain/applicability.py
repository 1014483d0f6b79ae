"""Whether data of the app and the phone have a meaning for a request (R6)."""

from shared.domain.submission import Details


def needs_device_data(details: Details) -> bool:
    """Tell whether a request is about the app on somebody's phone, as far as its words show."""
    return bool(details.subject or details.description)
