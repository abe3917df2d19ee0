"""Takes every address out of a package-lock.json.

npm writes where a package was fetched from and where its authors may be paid. The first ties the lock to one registry,
the second is noise; integrity hashes stay, and `npm ci` needs nothing else.
"""

import json
import sys
from pathlib import Path


def strip_addresses(lock: dict[str, object]) -> dict[str, object]:
    """Returns the lock without `resolved` and `funding`, at any depth."""
    return {
        key: strip_addresses(value) if isinstance(value, dict) else value
        for key, value in lock.items()
        if key not in {"resolved", "funding"}
    }


def main(path: Path) -> None:
    """Rewrites the file in place."""
    path.write_text(json.dumps(strip_addresses(json.loads(path.read_text())), indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
