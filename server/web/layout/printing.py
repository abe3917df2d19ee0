"""Sets data in a template as an accessible PDF (PDF/UA), whatever characters are in it.

No set of fonts has every character, and a PDF that is to be read aloud must not hold one that it cannot show. A symbol that no
font here has is printed by its name, a letter as a mark; the words around it, and all other pages, are as they were.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

MARK = "□"
BEFORE_UNSHOWN, AFTER_UNSHOWN = 'the text `"', '"` could not be displayed'
ESCAPED = re.compile(r"(?<!\\)\\+u\{([0-9a-fA-F]{1,6})\}")
MOST_OF_A_BLOCK = 3
"""When so many characters of one block of 128 have no font, the others are taken to have none: each try costs a page."""
MOST_TRIES = 400
_WITHOUT_FONT: set[str] = set()
"""Characters that no font of this machine has; found once, kept as long as the process runs."""


def make_pdf_of(template: Path, name: str, told: Any) -> bytes:
    """The PDF of a template that reads `sys.inputs.<name>`. Raises typst's error for a broken template: our fault, not the
    reader's."""
    import typst

    source = template.read_bytes()
    without = frozenset(_WITHOUT_FONT)
    for _ in range(MOST_TRIES):
        try:
            return _compile(source, name, _replace(told, partial(show_plainly, without=without)))
        except typst.TypstError as refused:
            found = _read_unshown(str(refused)) - without
            if not found:
                break
            _WITHOUT_FONT.update(found)
            without = frozenset(_WITHOUT_FONT)
    # Whatever it is that the setter cannot show together, letters of one script alone it can.
    return _compile(source, name, _replace(told, partial(show_plainly, without=without, only_latin=True)))


def make_pdf_case_by_case(template: Path, name: str, told: dict[str, Any], instead: Callable[[Any], Any]) -> bytes:
    """The PDF of a template whose `told["cases"]` are set one after another. Where the whole cannot be set, each case that cannot
    is printed as `instead` says: one never stops the others. Raises typst's error where it is no case's fault."""
    import typst

    try:
        return make_pdf_of(template, name, told)
    except typst.TypstError:
        cases = [each if _can_be_set(template, name, told, each) else instead(each) for each in told["cases"]]
        if cases == told["cases"]:
            raise
        return make_pdf_of(template, name, {**told, "cases": cases})


def _can_be_set(template: Path, name: str, told: dict[str, Any], case: Any) -> bool:
    import typst

    try:
        make_pdf_of(template, name, {**told, "cases": [case]})
    except typst.TypstError:
        return False
    return True


def show_plainly(text: str, without: frozenset[str], *, only_latin: bool = False) -> str:
    """The text with a name or a mark in the place of each character of `without`, and of those in blocks that seem to have no
    font at all. Runs of letters end with what script they are of."""
    if text.isascii() and text.isprintable():
        return text
    blocks: dict[int, int] = {}
    for each in without:
        blocks[ord(each) // 128] = blocks.get(ord(each) // 128, 0) + 1
    shown: list[str] = []
    script = ""
    for letter in text:
        lacks = (
            letter in without
            or blocks.get(ord(letter) // 128, 0) >= MOST_OF_A_BLOCK
            or (only_latin and ord(letter) > 0x17F)
            or (unicodedata.category(letter) in {"Cc", "Cs", "Cn"} and letter not in "\n\t")
        )
        if script and not (lacks and _is_letter(letter)):
            shown.append(f" ({script})")
            script = ""
        shown.append(_stand_in(letter) if lacks else letter)
        if lacks and _is_letter(letter):
            script = unicodedata.name(letter, "unknown").split(" ")[0].capitalize()
    if script:
        shown.append(f" ({script})")
    return "".join(shown)


def _stand_in(letter: str) -> str:
    """ "[pill]" for a symbol, a mark for a letter, nothing for what shows nothing of itself."""
    category = unicodedata.category(letter)
    if category in {"Mn", "Me", "Cf"}:
        return ""
    if _is_letter(letter) or category in {"Cc", "Cs", "Cn", "Co"}:
        return MARK
    return f"[{unicodedata.name(letter, 'symbol').lower()}]"


def _is_letter(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LM"


def _read_unshown(error: str) -> set[str]:
    """The characters that typst names in its refusal; empty for any other refusal."""
    _, begun, rest = error.partition(BEFORE_UNSHOWN)
    named, ended, _ = rest.partition(AFTER_UNSHOWN)
    if not (begun and ended):
        return set()
    text = ESCAPED.sub(lambda match: chr(int(match[1], 16)), named)
    return {letter for letter in text if not (letter.isascii() and letter.isprintable())}


def _replace(told: Any, change: Callable[[str], str]) -> Any:
    if isinstance(told, str):
        return change(told)
    if isinstance(told, dict):
        return {key: _replace(value, change) for key, value in told.items()}
    if isinstance(told, list | tuple):
        return [_replace(each, change) for each in told]
    return told


def _compile(source: bytes, name: str, told: Any) -> bytes:
    import typst

    made = typst.compile(source, sys_inputs={name: msgspec.json.encode(told).decode()}, pdf_standards=["ua-1"])
    assert isinstance(made, bytes)
    return made
