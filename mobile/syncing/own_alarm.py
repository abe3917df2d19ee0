"""Asking who has seen that the worker was not heard, while a check-in of theirs is overdue. Whatever goes wrong, the phone says
what it knew before it asked.
"""

import logging
from datetime import datetime

import msgspec

from mobile.device.ports import KeystoreLost
from mobile.store import settings
from mobile.store.database import Store
from mobile.store.errors import StoreError
from mobile.syncing.server_client import NoAnswer, ServerClient
from shared.model.alarm import OwnAlarm
from shared.model.value import Value

log = logging.getLogger(__name__)

OWN_ALARM = "own_alarm"


class Told(Value, frozen=True, kw_only=True):
    """What was answered while the check-in that was due then was missed."""

    due_at: datetime | None
    alarm: OwnAlarm


def fetch(store: Store, client: ServerClient, token: str, due_at: datetime | None) -> None:
    """Ask about the check-in that was due then, and keep the answer until the next one. Raises nothing."""
    try:
        reply = client.get("/own-alarm", token)
        if reply.status == 200:
            told = Told(due_at=due_at, alarm=msgspec.json.decode(reply.body, type=OwnAlarm))
            with store.writing() as connection:
                settings.put_setting(connection, OWN_ALARM, told)
    except (NoAnswer, KeystoreLost, StoreError, msgspec.MsgspecError) as error:
        log.info("who has seen it was not asked: %s", type(error).__name__)


def forget(store: Store) -> None:
    """They are not overdue any more: whoever searched for them is no longer named."""
    with store.reading() as connection:
        told = settings.find_setting(connection, OWN_ALARM, Told)
    if told is not None:
        with store.writing() as connection:
            settings.drop_setting(connection, OWN_ALARM)


def find(store: Store, due_at: datetime | None) -> OwnAlarm | None:
    """The last answer about the check-in that was due then: who looked for them once looks for nobody the next time. None
    before there was one. Raises `StoreError`."""
    with store.reading() as connection:
        told = settings.find_setting(connection, OWN_ALARM, Told)
    return told.alarm if told is not None and told.due_at == due_at else None
