"""Cuts the phone's packages, and pytest, out of a lock file: `phone_lock.py requirements.lock`. Follows nothing but
the names below.
"""

import re
import sys
from pathlib import Path

PHONE = {
    "kivy", "kivy-garden", "docutils", "pygments", "filetype", "requests", "urllib3", "charset-normalizer", "plyer",
    "sqlcipher3", "cryptography", "cffi", "pycparser", "httpx", "httpcore", "h11", "anyio", "sniffio", "certifi", "idna",
    "typing-extensions", "msgspec", "geopy", "geographiclib", "tzdata", "arabic-reshaper", "python-bidi", "six", "fontpkg",
    "fontpkg-noto-sans-arabic",
}  # fmt: skip
GUESTS = {"pytest", "iniconfig", "packaging", "pluggy"}


def main() -> int:
    """Print the cut lock."""
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", Path(sys.argv[1]).read_text())
    wanted = PHONE | GUESTS
    kept = [entry for entry in entries if re.split(r"[=\[ ;]", entry, maxsplit=1)[0].lower() in wanted]
    sys.stdout.write("".join(kept))
    return 0


if __name__ == "__main__":
    sys.exit(main())
