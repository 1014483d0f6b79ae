"""The ledger that operators' commands work on."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.settings import read_settings

if TYPE_CHECKING:
    from google.cloud.firestore import Client


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """Which ledger; `FIRESTORE_EMULATOR_HOST` leads to an emulator's."""

    google_cloud_project: str
    firestore_database: str = "(default)"


def open_ledger() -> "Client":
    """Connect to the ledger that the environment names.

    Raises:
        SettingsError: It names none.
    """
    from shared.store.client import open_ledger as connect  # noqa: PLC0415  # commands without ledger need no client

    settings = read_settings(LedgerSettings, os.environ)
    return connect(settings.google_cloud_project, settings.firestore_database)
