"""The operator's own scanner for what people send (`LANTERN_SCANNER`): given the bytes on its input, it answers by its exit code.

0 lets a file in and 1 keeps it out, as clamdscan, clamscan and most others say it; everything else, silence too, is no answer.
"""

import logging
import subprocess
from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

log = logging.getLogger("lantern.scanner")

CLEAN, FOUND = 0, 1


class ScannerSilent(Exception):
    """The scanner gave no answer: nothing is taken until it does."""


class Scanner(Struct, frozen=True):
    """Runs the command, with no shell. Without a command every file is let in."""

    command: Sequence[str] = ()
    timeout: timedelta = timedelta(seconds=30)

    def lets_in(self, content: bytes) -> bool:
        """Is nothing found in these bytes? Raises ScannerSilent."""
        if not self.command:
            return True
        try:
            done = subprocess.run(
                self.command, input=content, capture_output=True, timeout=self.timeout.total_seconds(), check=False
            )
        except (OSError, subprocess.SubprocessError) as error:
            log.error("the scanner did not answer: %s", type(error).__name__)
            raise ScannerSilent from error
        if done.returncode not in (CLEAN, FOUND):
            log.error("the scanner ended with %d", done.returncode)
            raise ScannerSilent
        return done.returncode == CLEAN
