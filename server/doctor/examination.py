"""Every look of the doctor, in the order in which an operator would mend what is found."""

from datetime import datetime
from pathlib import Path

from server.condition.finding import Finding
from server.doctor.database import look_at_database
from server.doctor.files import look_at_files
from server.doctor.outside import look_outside
from server.doctor.settings import look_at_settings
from server.settings import Settings


def examine(settings: Settings, backups: Path | None, now: datetime) -> list[Finding]:
    """Look at all of it. `backups` is the folder where `lantern backup` writes, if it is to be looked at."""
    return [
        *look_at_settings(settings),
        *look_at_files(settings, backups, now),
        *look_at_database(settings, now),
        *look_outside(settings, now),
    ]
