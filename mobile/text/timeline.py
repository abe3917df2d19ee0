"""A line of what happened, in the worker's own language where its codes are known."""

from mobile.field.views import TimelineEntry
from mobile.text import Catalogue
from mobile.text.moments import join


def say_entry(words: Catalogue, entry: TimelineEntry) -> str:
    """What happened; the outcome of a referral stays in the words of whoever wrote it."""
    return join(*(words.say_code(group, code) for group, code in entry.said)) or entry.what
