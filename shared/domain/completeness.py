"""Which of the rule book's data a request lacks (R6)."""

from enum import StrEnum

from shared.domain.submission import Details


class Detail(StrEnum):
    """What a specialist needs besides contact and description, in the order in which it is asked for."""

    STEPS = "steps"
    PRODUCT_VERSION = "product_version"
    DEVICE_MODEL = "device_model"
    OS_VERSION = "os_version"


def missing_details(details: Details) -> tuple[Detail, ...]:
    """Name what the client left out, in the order of `Detail`."""
    return tuple(detail for detail in Detail if not getattr(details, detail.value))
