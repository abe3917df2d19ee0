"""The line at the foot of every screen: what is sent, what is not, said so that nobody worries for nothing. Pure."""

from mobile.field.views import SyncPhase, SyncStatus
from mobile.text import Catalogue
from mobile.text.moments import join, say_clock

KNOWN_TROUBLES = frozenset({"must_enrol", "upgrade", "store", "unconfirmed", "agreement"})
"""Troubles that somebody can do something about; the rest are the server's and pass."""


def say_sync(words: Catalogue, status: SyncStatus) -> str:
    """'No signal · 3 not yet sent · kept safe on this phone', 'Sending 3', 'All sent 04:31', and what needs a look first."""
    look = words.say("sync.needs_look", count=status.needs_a_look) if status.needs_a_look else ""
    if status.seal_failed and status.not_yet_sent:
        return join(look, words.say("sync.seal_failed", count=status.not_yet_sent))
    if status.phase == SyncPhase.SENDING and status.not_yet_sent:
        return join(look, words.say("sync.sending", count=status.not_yet_sent))
    newer = words.say("sync.newer_app", count=status.needs_newer_app) if status.needs_newer_app else ""
    return join(look, _say_trouble(words, status), newer, _say_unsent(words, status))


def _say_trouble(words: Catalogue, status: SyncStatus) -> str:
    """Never "no signal" when there is one."""
    if status.phase == SyncPhase.OFFLINE:
        return words.say("sync.no_signal")
    return words.say(f"sync.trouble.{trouble_of(status)}") if status.phase == SyncPhase.FAILED else ""


def trouble_of(status: SyncStatus) -> str:
    """The trouble by a code that the catalogue knows; `other` for what only the server can mend."""
    return status.trouble if status.trouble in KNOWN_TROUBLES else "other"


def _say_unsent(words: Catalogue, status: SyncStatus) -> str:
    if status.not_yet_sent:
        return words.say("sync.unsent", count=status.not_yet_sent)
    if status.last_synced_at is not None:
        return words.say("sync.all_sent", clock=say_clock(status.last_synced_at))
    return words.say("sync.nothing_waiting")


def is_worrying(status: SyncStatus) -> bool:
    """True when somebody must look: the line is drawn in the warning colour then."""
    mends_itself = status.phase != SyncPhase.FAILED or trouble_of(status) == "other"
    return (
        status.needs_a_look > 0
        or (status.seal_failed and status.not_yet_sent > 0)
        or status.phase == SyncPhase.REVOKED
        or not mends_itself
    )
