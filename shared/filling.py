"""Fields that were left empty, and whose content stands in the free text (R6): nobody is asked for it again."""

from dataclasses import replace

from shared.domain.submission import Details

_FILLED = ("steps", "product_version", "device_model", "os_version")


def fill_from_text(details: Details) -> tuple[Details, tuple[str, ...]]:
    """Fill empty fields with what subject and description clearly say; what was typed into a field stays.

    Returns:
        The details, and the names of the fields that were filled.
    """
    empty = [name for name in _FILLED if not getattr(details, name)]
    if not empty:
        return details, ()
    # Its patterns take some time to load, and who only looks at the form has no need of them.
    from shared.domain.extraction import extract  # noqa: PLC0415

    said = extract(f"{details.subject}\n{details.description}")
    found = {name: getattr(said, name) for name in empty if getattr(said, name)}
    return replace(details, **found), tuple(found)
