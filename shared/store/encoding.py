"""A write batch that encodes documents straight into protocol buffers.

The client library encodes through wrapper objects, one for each value: with four documents a ticket this took most of
the time of a registration (`make bench`, `registration_throughput`). Everything else uses the library's own writes.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.types import Write, WriteResult

_RawWrite = type(Write.pb(Write()))
"""The generated message itself: its wrapper takes longer to make than all its fields."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400
"""Seconds."""


class EncodedBatch(firestore.WriteBatch):
    """A `WriteBatch` with fast writes; they take texts, numbers, truth values, times, lists and maps."""

    def create_encoded(self, reference: firestore.DocumentReference, fields: Mapping[str, object]) -> None:
        """Add a document that must not exist yet, as `create` does.

        Raises:
            TypeError: A value has no place in a document.
            ValueError: A text is not encodable as UTF-8, or a number has more than 64 bits.
        """
        write = _RawWrite()
        write.update.name = reference._document_path  # noqa: SLF001  # the full name has no public spelling
        _fill(write.update.fields, fields)
        write.current_document.exists = False
        self._add_write_pbs([Write.wrap(write)])

    def put_encoded(
        self, reference: firestore.DocumentReference, field: str, key: str, value: object, gone: Iterable[str] = ()
    ) -> None:
        """Set one key of a map in a document, and remove others from it; the document is made where it is missing.

        Args:
            reference: The document.
            field: The map's name.
            key: Decimal, or any text without backticks and backslashes.
            value: Encoded as by `create_encoded`.
            gone: Keys that are removed, if they are there.
        """
        write = _RawWrite()
        write.update.name = reference._document_path  # noqa: SLF001  # the full name has no public spelling
        _fill(write.update.fields, {field: {key: value}})
        write.update_mask.field_paths.extend(f"{field}.`{each}`" for each in (key, *gone))
        self._add_write_pbs([Write.wrap(write)])

    def increment_encoded(
        self, reference: firestore.DocumentReference, by: Mapping[str, int], fields: Mapping[str, object]
    ) -> None:
        """Add to numbers of a document, and set the other fields given, as `set(…, merge=True)` does.

        The document is made where it is missing. The commit's result for this write holds the numbers' new values
        (`increments_of`).

        Args:
            reference: The document.
            by: How much to add, by the numbers' paths.
            fields: Encoded as by `create_encoded`.
        """
        write = _RawWrite()
        write.update.name = reference._document_path  # noqa: SLF001  # the full name has no public spelling
        _fill(write.update.fields, fields)
        write.update_mask.field_paths.extend(fields)
        for name, count in by.items():
            transform = write.update_transforms.add()
            transform.field_path = name
            transform.increment.integer_value = count
        self._add_write_pbs([Write.wrap(write)])


def increments_of(result: WriteResult) -> list[int]:
    """Give the new values of the numbers that a write added to, in their order."""
    return [value.integer_value for value in WriteResult.pb(result).transform_results]


def _fill(fields: Any, values: Mapping[str, object]) -> None:  # noqa: ANN401  # a generated message has no type of its own
    for name, value in values.items():
        _ENCODERS[type(value)](fields[name], value)


def _encode_text(target: Any, value: Any) -> None:  # noqa: ANN401  # as above
    target.string_value = value


def _encode_truth(target: Any, value: Any) -> None:  # noqa: ANN401  # as above
    target.boolean_value = value


def _encode_integer(target: Any, value: Any) -> None:  # noqa: ANN401  # as above
    target.integer_value = value


def _encode_float(target: Any, value: Any) -> None:  # noqa: ANN401  # as above
    target.double_value = value


def _encode_time(target: Any, value: Any) -> None:  # noqa: ANN401  # as above
    # Whole microseconds: a float of seconds would lose the last digit.
    since: timedelta = value - _EPOCH
    timestamp = target.timestamp_value
    timestamp.seconds = since.days * _DAY + since.seconds
    timestamp.nanos = since.microseconds * 1000


def _encode_map(target: Any, value: Any) -> None:  # noqa: ANN401  # as above
    target.map_value.SetInParent()
    _fill(target.map_value.fields, value)


def _encode_list(target: Any, value: Any) -> None:  # noqa: ANN401  # as above
    target.array_value.SetInParent()
    add = target.array_value.values.add
    for item in value:
        _ENCODERS[type(item)](add(), item)


class _Encoders(dict[type, Callable[[Any, Any], None]]):
    """By type; a type that derives from one of them is encoded as that one."""

    def __missing__(self, kind: type) -> Callable[[Any, Any], None]:
        for base, encode in _KINDS:
            if issubclass(kind, base):
                self[kind] = encode
                return encode
        raise TypeError(f"a document can't hold {kind.__name__}")


_KINDS: tuple[tuple[type, Callable[[Any, Any], None]], ...] = (
    # A truth value is a number, too.
    (bool, _encode_truth),
    (str, _encode_text),
    (int, _encode_integer),
    (float, _encode_float),
    (datetime, _encode_time),
    (Mapping, _encode_map),
    (list, _encode_list),
    (tuple, _encode_list),
)
_ENCODERS = _Encoders(_KINDS)
