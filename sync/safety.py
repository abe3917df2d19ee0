"""How far a phone may forget: what every backup contains that the server could be restored from.

Knows neither backups nor phones, only their numbers. A single newer backup is not enough: a restore may go to any of them,
also to one of an older timeline.
"""

from collections.abc import Mapping, Sequence


def safe_numbers(backups: Sequence[Mapping[int, int]], retained: int) -> dict[int, int]:
    """For each device the number that all restorable backups hold, given how far each had acknowledged (device -> n).

    Until `retained` backups exist nothing is safe: the server could still be rebuilt from less.
    """
    devices = {device for backup in backups for device in backup}
    if len(backups) < retained:
        return dict.fromkeys(devices, 0)
    return {device: min(backup.get(device, 0) for backup in backups) for device in devices}
