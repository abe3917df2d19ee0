"""The clock nobody can set: Linux's boot time, sleep included, and the name of this boot. Android is Linux here."""

import time
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class LinuxUptime:
    """CLOCK_BOOTTIME where there is one, else the monotonic clock."""

    def milliseconds(self) -> int:
        clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        return int(time.clock_gettime(clock) * 1000)

    def boot(self) -> str:
        try:
            return BOOT_ID.read_text().strip()[:8]
        except OSError:
            return "unknown"
