"""Pictures for tests: plain ones, ones that tell where they were taken, and ones that were made to do harm."""

import io
import struct
import zlib
from random import Random

from PIL import Image

PLACE = (51.6637, -0.396)


def draw_picture(width: int, height: int, kind: str = "JPEG", *, noise: bool = False, told: bytes = b"") -> bytes:
    """A picture; with `told` it carries that beside itself, with the maker and the place (EXIF)."""
    picture = Image.new("RGB", (width, height), (200, 180, 40))
    if noise:
        picture = Image.frombytes("RGB", (width, height), Random(1).randbytes(width * height * 3))
    others = {}
    if told:
        exif = Image.Exif()
        exif[0x010F], exif[0x0132], exif[0x010E] = "Maker", "2026:11:29 20:00:00", told.decode()
        exif.get_ifd(0x8825)[2] = (51.0, 39.0, 49.0)
        others = {"exif": exif.tobytes(), "comment": told} if kind == "JPEG" else {"exif": exif.tobytes()}
    file = io.BytesIO()
    picture.save(file, kind, **others)
    return file.getvalue()


def make_bomb(side: int) -> bytes:
    """A PNG of a few kilobytes that says it is `side` by `side`, and is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes(side // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
