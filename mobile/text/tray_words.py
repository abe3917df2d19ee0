"""The items of the sync tray in the worker's own language, by the codes that they come with."""

from mobile.field.views import ConflictChoice, TrayItem
from mobile.text import Catalogue
from mobile.text.places import say_place

CODES = {"kind": "site_kind", "gender": "gender", "institution_left": "institution"}
"""Contested fields whose values are codes -> their vocabulary."""


def say_title(words: Catalogue, item: TrayItem) -> str:
    """ "Contact: Bedded down, Marek"."""
    first, *rest = [_say(words, kind, code) for kind, code in item.said] or [item.title]
    return f"{first}: {', '.join(rest)}" if rest else first


def _say(words: Catalogue, kind: str, code: str) -> str:
    if kind == "named":
        return say_place(words, code)
    if kind == "referral":
        return words.say("referral.title", number=code)
    return words.say_code(kind, code)


def say_what_to_do(words: Catalogue, item: TrayItem) -> str:
    """What a worker can do about it."""
    return words.say(f"tray.todo.{item.state}") if f"tray.todo.{item.state}" in words else item.what_to_do


def say_choice(words: Catalogue, field: str, choice: ConflictChoice) -> str:
    """One of the values that two people wrote; their own words stay theirs."""
    if choice.value is None or choice.value == "":
        return words.say("tray.nothing")
    if isinstance(choice.value, bool):
        return words.say("answer.yes" if choice.value else "answer.no")
    return words.say_code(CODES[field], str(choice.value)) if field in CODES else choice.text
