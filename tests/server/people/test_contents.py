"""What a file is, by its bytes: pictures lose all but the picture, and what was made to do harm is not taken."""

import io
import sys
import zipfile
from datetime import timedelta

import pytest
from PIL import Image

from server.security.contents import BROKEN, JPEG, LONGEST_SIDE, NOT_TAKEN, PDF, TOO_WIDE, Unusable, make_safe
from server.security.documents import DamagedDocument, DocumentKeys
from server.security.scanning import Scanner, ScannerSilent
from tests.server.people.pictures import draw_picture, make_bomb

PAGES = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
SECRET = b"taken at 14 Queens Road"


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_keeps_nothing_but_the_picture(kind: str) -> None:
    sent = draw_picture(64, 48, kind, told=SECRET)
    safe = make_safe(sent)
    assert SECRET in sent
    assert safe.media_type == JPEG
    assert SECRET not in safe.content and b"Exif" not in safe.content and b"Maker" not in safe.content
    assert dict(opened(safe.content).getexif()) == {}
    assert opened(safe.content).size == (64, 48)


def test_a_picture_on_its_side_stands_upright() -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (60, 20)).save(file, "JPEG", exif=exif.tobytes())
    assert opened(make_safe(file.getvalue()).content).size == (20, 60)


def test_a_second_file_behind_a_picture_is_left_behind() -> None:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as book:
        book.writestr("run.html", "<script>alert(1)</script>")
    sent = draw_picture(40, 40) + box.getvalue() + b"<script>alert(2)</script>"
    safe = make_safe(sent)
    assert b"PK\x03\x04" not in safe.content and b"<script>" not in safe.content


def test_what_shines_through_is_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(file, "PNG")
    assert opened(make_safe(file.getvalue()).content).getpixel((5, 5)) == (255, 255, 255)


def test_a_scan_in_sixteen_bits_of_grey_is_no_empty_page() -> None:
    file = io.BytesIO()
    greys = b"".join((row * 1024).to_bytes(2, "little") * 64 for row in range(64))  # black above, white below
    Image.frombytes("I;16", (64, 64), greys).save(file, "PNG")
    drawn = opened(make_safe(file.getvalue()).content).convert("L")
    seen = [drawn.getpixel((32, row)) for row in (1, 16, 32, 48, 62)]
    assert all(abs(grey - wanted) < 9 for grey, wanted in zip(seen, (4, 64, 128, 192, 248), strict=True)), seen


def test_a_large_picture_is_made_smaller_and_can_be_read() -> None:
    assert max(opened(make_safe(draw_picture(4000, 3000)).content).size) == LONGEST_SIDE


def test_a_pdf_stays_as_it_came() -> None:
    assert make_safe(PAGES) == (safe := make_safe(PAGES)) and (safe.media_type, safe.content) == (PDF, PAGES)


@pytest.mark.parametrize("side", [7_000, 20_000])
def test_a_picture_that_would_unfold_too_far_is_not_opened(side: int) -> None:
    bomb = make_bomb(side)
    assert len(bomb) < 200_000
    with pytest.raises(Unusable, match=TOO_WIDE):
        make_safe(bomb)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.3, 0.9])
def test_a_file_that_is_cut_off_is_told_so(kind: str, part: float) -> None:
    sent = draw_picture(80, 80, kind, noise=True)
    with pytest.raises(Unusable, match=BROKEN):
        make_safe(sent[: int(len(sent) * part)])


def test_a_pdf_that_is_cut_off_is_told_so() -> None:
    with pytest.raises(Unusable, match=BROKEN):
        make_safe(PAGES[:20])


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"x", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<html>%PDF-1.4 %%EOF", b"MZ" + bytes(99),
        b"GIF89a" + bytes(50), b"BM" + bytes(60), b"PK\x03\x04" + bytes(90), b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
    ],
)  # fmt: skip
def test_every_other_kind_is_refused(sent: bytes) -> None:
    with pytest.raises(Unusable, match=NOT_TAKEN):
        make_safe(sent)


def test_sealed_bytes_open_in_their_own_place_alone_and_under_the_key_before() -> None:
    first, second = DocumentKeys(b"one"), DocumentKeys(b"two", b"one")
    sealed = first.seal(PAGES, "a")
    assert second.open(sealed, "a") == PAGES
    assert first.name != second.name
    for keys, bound in ((first, "b"), (DocumentKeys(b"two"), "a")):
        with pytest.raises(DamagedDocument):
            keys.open(sealed, bound)


def test_the_scanner_lets_in_keeps_out_and_never_lets_in_by_silence() -> None:
    def scanner(code: str, seconds: float = 10) -> Scanner:
        return Scanner((sys.executable, "-c", code), timedelta(seconds=seconds))

    reads = "import sys; raise SystemExit(b'bad' in sys.stdin.buffer.read())"
    assert scanner(reads).lets_in(b"good") and not scanner(reads).lets_in(b"a bad one")
    assert Scanner().lets_in(b"anything"), "where the operator has set none"
    for silent in (
        scanner("raise SystemExit(2)"),
        scanner("import time; time.sleep(9)", 0.2),
        Scanner(("/no/such/scanner",)),
    ):
        with pytest.raises(ScannerSilent):
            silent.lets_in(b"x")
