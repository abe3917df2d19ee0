"""Does every library of an APK fit phones with memory pages of 16 KiB? `python scripts/android/pages.py app.apk`

Android 15 and later start no app there whose 64-bit libraries are laid out for pages of 4 KiB. Reads the program headers of each.
"""

import struct
import sys
import zipfile

PAGE = 16 * 1024
LOAD = 1
ELF64 = b"\x7fELF\x02\x01"


def least_alignment(library: bytes) -> int:
    """The least alignment of what is loaded of a 64-bit library. Raises ValueError for what is none."""
    if library[:6] != ELF64:
        raise ValueError("no 64-bit library")
    (table,) = struct.unpack_from("<Q", library, 32)
    size, count = struct.unpack_from("<HH", library, 54)
    aligned = []
    for place in range(table, table + size * count, size):
        (kind,) = struct.unpack_from("<I", library, place)
        if kind == LOAD:
            aligned += struct.unpack_from("<Q", library, place + 48)
    return min(aligned, default=0)


def main(path: str) -> int:
    """0 when all fit; else the names of those that do not."""
    with zipfile.ZipFile(path) as apk:
        libraries = [name for name in apk.namelist() if name.startswith("lib/") and name.endswith(".so")]
        small = [name for name in libraries if least_alignment(apk.read(name)) < PAGE]
    print(f"{len(libraries)} libraries, {len(small)} laid out for smaller pages", *small, sep="\n  ")
    return 1 if small or not libraries else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
