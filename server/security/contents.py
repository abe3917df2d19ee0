"""What a file is, by its bytes alone, and what is kept of it.

A picture is drawn anew, so that nothing of the file itself is left: no place, time or name of a camera in it, no second file
hidden behind it. A PDF is kept as it came, and is only ever handed out as a file to save.
"""

import io
from typing import Final

from msgspec import Struct
from PIL import Image, ImageOps, UnidentifiedImageError

JPEG: Final = "image/jpeg"
PDF: Final = "application/pdf"
PICTURES: Final = ("JPEG", "PNG", "WEBP")
MOST_PIXELS: Final = 40_000_000
"""What a picture may unfold to: a telephone's largest, and no more memory than 160 MB."""
LONGEST_SIDE: Final = 3000
"""Small print of a letter can be read."""
QUALITY: Final = 88
TAIL_BYTES: Final = 2048
"""Where a PDF says that it ends; some programs write a little after it."""

NOT_TAKEN: Final = "Send a JPEG, PNG or WebP picture, or a PDF. This file is none of them."
BROKEN: Final = "The file is cut off or damaged. Send it again, or take the picture anew."
TOO_WIDE: Final = "The picture has more than 40 million pixels. Send a smaller one."


class Unusable(Exception):
    """A file that is not taken; the words say why, to whoever sent it."""


class Safe(Struct, frozen=True):
    """What is kept of a file."""

    media_type: str
    content: bytes


def make_safe(content: bytes) -> Safe:
    """What is kept of a file. Raises Unusable for every other kind, for a damaged one, and for one that would unfold too far."""
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-TAIL_BYTES:]:
            raise Unusable(BROKEN)
        return Safe(PDF, content)
    return Safe(JPEG, _draw_anew(content))


def _draw_anew(content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=PICTURES) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Unusable(TOO_WIDE)
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = _in_eight_bits(ImageOps.exif_transpose(picture))
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            plain = _on_white(upright)
    except Unusable:
        raise
    except UnidentifiedImageError as error:
        raise Unusable(NOT_TAKEN) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unusable(TOO_WIDE) from error
    except Exception as error:  # what a decoder raises on broken bytes is not told by its documentation
        raise Unusable(BROKEN) from error
    drawn = io.BytesIO()
    plain.save(drawn, "JPEG", quality=QUALITY)
    return drawn.getvalue()


def _in_eight_bits(picture: Image.Image) -> Image.Image:
    """A scanner's 16 bits of grey as 8: drawn as it is, everything but black would be white, and the page empty."""
    if not picture.mode.startswith("I"):
        return picture
    return picture.convert("I").point(lambda grey: grey / 256).convert("L")


def _on_white(picture: Image.Image) -> Image.Image:
    """The colours alone: what could be seen through is white, and nothing that stood beside them comes along."""
    coloured = picture.convert("RGBA")
    sheet = Image.new("RGB", coloured.size, "white")
    sheet.paste(coloured, mask=coloured.getchannel("A"))
    return sheet
