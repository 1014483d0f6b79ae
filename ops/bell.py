"""What operators' commands that have letters sent take from their environment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BellSettings:
    """Where `notify` hears of letters."""

    google_cloud_project: str
    notifications_topic: str
