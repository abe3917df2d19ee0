"""An unlocked phone: every service over one open store, built together and thrown away together when it locks."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from mobile.device.location import Whereabouts
from mobile.device.service_pack import ServiceFile
from mobile.field.amending import Amending
from mobile.field.asking import Asking
from mobile.field.directory import Directory
from mobile.field.half_written import HalfWritten
from mobile.field.journal import Journal
from mobile.field.nearby import Nearby
from mobile.field.picturing import Picturing
from mobile.field.pin_improving import PinImproving
from mobile.field.recording import Recording
from mobile.field.records import Records
from mobile.field.shift_work import ShiftWork
from mobile.field.tray import Tray
from mobile.opening.context import Clock, Context
from mobile.opening.sealed_outbox import SealedOutbox
from mobile.opening.sealing import seal
from mobile.opening.vault import DeviceCard
from mobile.store import outbox, settings
from mobile.store.database import Store
from mobile.store.errors import KeyMissing
from mobile.store.record import Record
from shared.model.device import FieldConfig
from shared.model.value import Id
from sync.wire import Change, encode

log = logging.getLogger(__name__)

CONFIG = "config"


class Session:
    """What an unlocked phone can do."""

    def __init__(
        self,
        store: Store,
        card: DeviceCard,
        sealed: SealedOutbox,
        clock: Clock,
        new_id: Callable[[], Id],
        whereabouts: Whereabouts,
        on_recorded: Callable[[], None],
        data: Path,
    ) -> None:
        self.seal_failed = False
        self._sealed, self._sealing_key, self._on_recorded = sealed, card.sealing_key, on_recorded
        self.record = Record(store)
        self.context = Context(store, self._config(store), card.device_number, clock, new_id, whereabouts)
        self.journal = Journal(self.context, self.record, self._keep)
        self.tray = Tray(self.context, self.journal, self.record)
        self.nearby = Nearby(self.context, self.journal)
        self.recording = Recording(self.context, self.journal)
        self.records = Records(self.context, self.journal, self.record, self.nearby, self.tray)
        self.shifts = ShiftWork(self.context, self.journal)
        self.half_written = HalfWritten(self.context)
        self.asking = Asking(self.context, self.journal)
        self.amending = Amending(self.context, self.journal, self.recording)
        self.pins = PinImproving(self.recording, self.nearby, clock)
        self.pictures = Picturing(self.context, self.journal, data)
        self.directory = Directory(ServiceFile(data))
        self.seal_what_is_missing()
        self.half_written.forget_old()
        self.pictures.take_up()

    @staticmethod
    def _config(store: Store) -> FieldConfig:
        with store.reading() as connection:
            config = settings.find_setting(connection, CONFIG, FieldConfig)
        if config is None:
            raise KeyMissing("this store was never filled")
        return config

    def seal_what_is_missing(self) -> None:
        """Seal every unsent change that is not sealed yet: a kill may have come between the store and the seal."""
        with self.record.store.reading() as connection:
            unsent = outbox.list_unsent_numbers(connection, self.record.sync.get_state().acked)
            missing = outbox.list_by_number(connection, self._sealed.missing(unsent))
        self.seal_failed = False
        self._seal(missing)

    def _keep(self, changes: Sequence[Change]) -> None:
        if self.seal_failed:
            self.seal_what_is_missing()
        else:
            self._seal(changes)
        self._on_recorded()

    def _seal(self, changes: Sequence[Change]) -> None:
        """A seal that fails is made up for with the next record and at the next unlock, and is told: until then the record
        is on this phone alone, and a wipe would not hand it over.
        """
        try:
            self._sealed.add([(change.n, seal(encode(change), self._sealing_key)) for change in changes])
        except OSError as error:
            self.seal_failed = True
            log.warning("could not seal %d changes: %s", len(changes), error.strerror)
