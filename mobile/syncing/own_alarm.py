"""Asking who has seen that the worker was not heard, while a check-in of theirs is overdue. Whatever goes wrong, the phone says
what it knew before it asked.
"""

import logging

import msgspec

from mobile.device.ports import KeystoreLost
from mobile.store import settings
from mobile.store.database import Store
from mobile.store.errors import StoreError
from mobile.syncing.server_client import NoAnswer, ServerClient
from shared.model.alarm import OwnAlarm

log = logging.getLogger(__name__)

OWN_ALARM = "own_alarm"


def fetch(store: Store, client: ServerClient, token: str) -> None:
    """Ask, and keep the answer until the next one. Raises nothing."""
    try:
        reply = client.get("/own-alarm", token)
        if reply.status == 200:
            told = msgspec.json.decode(reply.body, type=OwnAlarm)
            with store.writing() as connection:
                settings.put_setting(connection, OWN_ALARM, told)
    except (NoAnswer, KeystoreLost, StoreError, msgspec.MsgspecError) as error:
        log.info("who has seen it was not asked: %s", type(error).__name__)


def forget(store: Store) -> None:
    """They are not overdue any more: whoever searched for them is no longer named."""
    if find(store) is not None:
        with store.writing() as connection:
            settings.drop_setting(connection, OWN_ALARM)


def find(store: Store) -> OwnAlarm | None:
    """The last answer; None before there was one. Raises `StoreError`."""
    with store.reading() as connection:
        return settings.find_setting(connection, OWN_ALARM, OwnAlarm)
