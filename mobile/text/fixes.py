"""How good the phone's idea of its place and of the time is, and the question where it is not good enough. Words only."""

from mobile.field.own_views import ClockState
from mobile.field.views import Fix
from mobile.text import Catalogue
from mobile.text.moments import say_age


def say_fix(words: Catalogue, fix: Fix | None) -> str:
    """Accuracy and age; that there is no pin where the fix is too old for one."""
    if fix is None:
        return words.say("contact.gps_searching")
    age = say_age(words, fix.age_s)
    if fix.is_stale:
        return words.say("contact.gps_old", age=age)
    if fix.accuracy_m is None:
        return words.say("contact.gps_plain", age=age)
    return words.say("contact.gps", metres=round(fix.accuracy_m), age=age)


def ask_place(words: Catalogue, fix: Fix | None) -> str:
    """Why no place is suggested, and the question; empty while the fix is good enough to suggest one."""
    if fix is None:
        return words.say("contact.ask_place")
    if fix.is_stale:
        return words.say("contact.ask_place_old", age=say_age(words, fix.age_s))
    if not fix.is_sure and fix.accuracy_m is not None:
        return words.say("contact.ask_place_rough", metres=round(fix.accuracy_m))
    return "" if fix.is_sure else words.say("contact.ask_place")


def say_clock_state(words: Catalogue, clock: ClockState) -> str:
    """That the clock is wrong, how far and which way, and what is done about it; empty while it is right."""
    if clock.is_doubtful:
        return words.say("clock.doubtful")
    if clock.off_s == 0:
        return ""
    minutes = round(abs(clock.off_s) / 60)
    span = (
        words.say("clock.minutes", count=minutes)
        if minutes < 120
        else words.say("clock.hours", count=round(minutes / 60))
    )
    return words.say("clock.fast" if clock.off_s > 0 else "clock.slow", span=span)
