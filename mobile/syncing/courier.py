"""What the sync thread does on each trip: a sync while the phone is open, sealed boxes while it is not; and what
follows from the server's word: leases renewed, settings taken over, a phone that was withdrawn shredded. When to
travel is `sync_service`'s.
"""

import contextlib
import logging
from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from mobile.device.map_pack import SketchFile
from mobile.device.ports import KeystoreLost, Uptime
from mobile.device.service_pack import ServiceFile
from mobile.field.views import SyncPhase
from mobile.opening.quick_entries import QuickEntries
from mobile.opening.sealed_outbox import SealedOutbox
from mobile.opening.sealing import seal
from mobile.opening.session import CONFIG, Session
from mobile.opening.store_opener import StoreOpener
from mobile.opening.vault import DeviceCard, Vaults
from mobile.store import outbox, settings
from mobile.store.record import Record
from mobile.store.rows import to_ms
from mobile.syncing import cell_fetch, own_alarm, rounds
from mobile.syncing.enrolment import list_set_aside
from mobile.syncing.pack_fetch import PackFetch
from mobile.syncing.picture_sending import send_pictures
from mobile.syncing.purge import purge
from mobile.syncing.rounds import Round, SyncRound
from mobile.syncing.server_client import NoAnswer, ServerClient
from mobile.syncing.service import SyncService, Trip
from shared.model.device import FieldConfig, Tokens
from sync.device import LEAVING, WIPED, DeviceState
from sync.driver import Outcome
from sync.pacing import Sizes
from sync.wire import encode

log = logging.getLogger(__name__)

PHASES = {
    "push": SyncPhase.SENDING,
    "pull": SyncPhase.FETCHING,
    "renew": SyncPhase.FETCHING,
    "wiped": SyncPhase.REVOKED,
}
PROBLEMS = {
    "must_enrol": "This phone must be enrolled again: ask for a new code. What you recorded is handed over, nothing is lost",
    "upgrade": "Update Lantern on this phone: what you record is still sent, but nothing new comes",
    "unconfirmed": "Nobody has confirmed the four digits yet. What you record is sent, but nothing comes",
    "agreement": "An agreement or training has lapsed, or you walk with another team. What you record is sent, but nothing comes",
    "store": "This phone could not store what came. Make room on it",
    "fault": "Something went wrong with syncing. Tell your administrator if it stays",
}

ASKS_FOR_SQUARES = frozenset({None, "agreement"})
"""A phone that hears of a lapsed agreement asks once more, and forgets its squares by the answer."""
SENT_AWAY = frozenset({"revoked", "wipe"})
WITHDRAWN = frozenset({"revoked", "wipe_now", "wipe_after_push"})


class Courier:
    """The trips of one phone."""

    def __init__(
        self,
        vaults: Vaults,
        door: StoreOpener,
        sealed: SealedOutbox,
        quick: QuickEntries,
        connect: Callable[[str], ServerClient],
        now: Callable[[], datetime],
        app: Callable[[], str],
        session: Callable[[], Session | None],
        on_ended: Callable[[], None],
        uptime: Uptime,
        true_now: Callable[[], datetime],
    ) -> None:
        self._vaults, self._door, self._sealed, self._quick = vaults, door, sealed, quick
        self._connect, self._now, self._app = connect, now, app
        self._session, self._on_ended = session, on_ended
        self._uptime, self._true_now = uptime, true_now
        self._map = PackFetch("/map-pack", SketchFile(vaults.data))
        self._services = PackFetch("/service-pack", ServiceFile(vaults.data))
        self._client: ServerClient | None = None
        self._sizes = Sizes(page=200)

    def travel(self, service: SyncService) -> Trip:
        """One trip, whichever the phone's state asks for. Raises `StoreError`."""
        card = self._vaults.find_card()
        if card is None:
            service.tell(phase=SyncPhase.IDLE)
            return Trip()
        self._sealed.flush()
        self._door.shred_if_due()
        store = self._door.open_second()
        if store is None:
            return self._travel_sealed(card, service)
        try:
            return self._travel_open(Record(store), card, service)
        finally:
            store.close()

    def _read_uptime(self) -> tuple[int, str]:
        return self._uptime.milliseconds(), self._uptime.boot()

    def hang_up(self) -> None:
        """Close the connection to the server."""
        if self._client is not None:
            self._client.close()
            self._client = None

    # --- while the phone is open

    def _travel_open(self, record: Record, card: DeviceCard, service: SyncService) -> Trip:
        def on_step(kind: str, outcome: Outcome) -> None:
            phase = PHASES.get(kind, SyncPhase.SENDING)
            service.tell(phase=phase, sent=outcome.pushed, received=outcome.pulled, **self._counts(record))

        def is_stopping() -> bool:
            return service.is_stopping or self._door.store is None

        wall_ms = self._wall_ms
        client = self._client_to(card)
        one = SyncRound(record, client, self._app(), wall_ms, on_step, is_stopping, self._read_uptime).run(self._sizes)
        self._sizes = one.outcome.sizes
        if one.outcome.is_wiped or record.sync.get_state().status == WIPED or self._is_sent_away(record, one):
            return self._end(card, service, "revoked")
        self._settle(record, card, one)
        return self._report(record, one, service)

    def _is_sent_away(self, record: Record, one: Round) -> bool:
        """Must the phone go, and is not let send first, since its tokens are worth nothing? All that is unsent is sealed."""
        state = record.sync.get_state()
        if state.status != LEAVING or one.outcome.trouble not in SENT_AWAY:
            return False
        with record.store.reading() as connection:
            unsent = outbox.list_unsent_numbers(connection, state.acked)
        return not self._sealed.missing(unsent)

    def _settle(self, record: Record, card: DeviceCard, one: Round) -> None:
        """What follows once the server has answered."""
        state = record.sync.get_state()
        if state.device != card.device_number:
            card = self._begin_anew(record, card, state)
        self._sealed.drop_until(state.acked)
        if not one.heard:
            return
        if one.told:
            self._door.renew_lease()
        if one.config is not None:
            self._take_config(record, one.config)
        self._send_quick(card)
        self._send_pictures(record, card)
        purge(record, self._true_now())  # a clock a month ahead would let go of all that colleagues wrote
        self._hand_over_earlier(card)
        self._ask_who_has_seen_it(record, card)
        self._fetch_map(record, card, may_ask=one.outcome.trouble in ASKS_FOR_SQUARES)

    def _begin_anew(self, record: Record, card: DeviceCard, state: DeviceState) -> DeviceCard:
        """Boxes of the old number mean nothing under the new one, and would keep the places of what is recorded next."""

        def read() -> list[tuple[int, bytes]]:
            with record.store.reading() as connection:
                unsent = outbox.list_unsent(connection, state.acked)
            return [(change.n, seal(encode(change), card.sealing_key)) for change in unsent]

        self._sealed.begin_anew(read)
        renumbered = replace(self._vaults.find_card() or card, device_number=state.device)
        self._vaults.put_card(renumbered)
        return renumbered

    def _send_quick(self, card: DeviceCard) -> None:
        try:
            rounds.send_quick(self._quick, self._client_to(card), card.device_number, self._now_ms)
        except (NoAnswer, KeystoreLost, OSError) as error:
            log.info("quick entries wait: %s", type(error).__name__)

    def _send_pictures(self, record: Record, card: DeviceCard) -> None:
        """After the changes: a picture comes only once it was announced."""
        with record.store.reading() as connection:
            tokens = settings.find_setting(connection, rounds.TOKENS, Tokens)
        if tokens is not None:
            send_pictures(record.store, self._client_to(card), tokens.access)

    def _ask_who_has_seen_it(self, record: Record, card: DeviceCard) -> None:
        """Only while a check-in of theirs is overdue."""
        session = self._session()
        with record.store.reading() as connection:
            tokens = settings.find_setting(connection, rounds.TOKENS, Tokens)
        state = session.shifts.check_in_state() if session is not None else None
        if state is None or not state.is_overdue:
            own_alarm.forget(record.store)
        elif tokens is not None:
            own_alarm.fetch(record.store, self._client_to(card), tokens.access, state.due_at)

    def _fetch_map(self, record: Record, card: DeviceCard, *, may_ask: bool) -> None:
        """The ground, what services there are, and where people are likely."""
        with record.store.reading() as connection:
            tokens = settings.find_setting(connection, rounds.TOKENS, Tokens)
        if tokens is None:
            return
        self._map.fetch_if_due(self._client_to(card), tokens.access, self._wall_ms())
        self._services.fetch_if_due(self._client_to(card), tokens.access, self._wall_ms())
        if may_ask:
            cell_fetch.fetch_if_due(record.store, self._client_to(card), tokens.access, self._wall_ms())

    def _hand_over_earlier(self, card: DeviceCard) -> None:
        """Boxes of an earlier life of this phone, whose key is gone, are signed for by this one (rule B13)."""
        for number, path in list_set_aside(self._vaults.data):
            earlier = SealedOutbox(path)
            try:
                rounds.send_sealed(earlier, self._client_to(card), number, self._app(), signer=card.device_number)
            except NoAnswer:
                return
            if not earlier.numbers:
                earlier.clear()

    def _take_config(self, record: Record, config: FieldConfig) -> None:
        with record.store.writing() as connection:
            settings.put_setting(connection, CONFIG, config)
        session = self._session()
        if session is not None:
            session.context.config = config

    def _report(self, record: Record, one: Round, service: SyncService) -> Trip:
        trip = Trip()
        must_enrol = one.must_enrol or one.outcome.trouble == "another_device"  # a copy of it goes on with its tokens
        trip.trouble = "must_enrol" if must_enrol else one.outcome.trouble
        trip.retry_after_s = one.outcome.retry_after_s
        if must_enrol:
            self._fall_back_to_seals()
        if trip.trouble is None:
            service.tell(last_synced_at=self._true_now())
        service.tell(
            phase=_phase_after(trip.trouble),
            problem=PROBLEMS.get(trip.trouble or "", ""),
            trouble=trip.trouble or "",
            sent=one.outcome.pushed,
            received=one.outcome.pulled,
            lease_until=self._door.lease_until(),
            **self._counts(record),
        )
        return trip

    def _fall_back_to_seals(self) -> None:
        """Tokens are worth nothing any more: the phone's key still vouches for what is sealed, so that nothing is lost."""
        card = self._vaults.find_card()
        if card is None:
            return
        if not card.must_enrol:
            self._vaults.put_card(replace(card, must_enrol=True))
        with contextlib.suppress(NoAnswer, KeystoreLost):
            rounds.send_sealed(
                self._sealed, self._client_to(card), card.device_number, self._app(), uptime=self._read_uptime
            )

    def _counts(self, record: Record) -> dict[str, int]:
        session = self._session()
        needs_a_look = session.tray.needs_a_look() if session is not None else 0
        return {
            "not_yet_sent": record.sync.unsent_count + self._quick.count,
            "needs_a_look": needs_a_look,
            "needs_newer_app": record.sync.unread_count,
        }

    # --- while it is locked, or can no longer read

    def _travel_sealed(self, card: DeviceCard, service: SyncService) -> Trip:
        """Hand over the sealed boxes, and hear how this phone stands."""
        trip = Trip()
        service.tell(phase=SyncPhase.LOCKED if not card.ended else SyncPhase.REVOKED, not_yet_sent=self._count_sealed())
        if card.ended and not self._sealed.numbers:
            return trip
        try:
            taken = rounds.send_sealed(
                self._sealed, self._client_to(card), card.device_number, self._app(), uptime=self._read_uptime
            )
        except (NoAnswer, KeystoreLost) as error:
            log.info("sealed boxes wait: %s", type(error).__name__)
            trip.trouble = "no_answer"
            return trip
        if taken is None:
            trip.trouble = "refused"
            return trip
        if not card.ended and taken.status == "ok":
            self._send_quick(card)
        service.tell(not_yet_sent=self._count_sealed())
        if taken.status in WITHDRAWN and not card.ended:
            return self._end(card, service, "revoked")
        if not card.ended and taken.status == "ok":
            self._door.renew_lease()
            self._door.end_block(taken.pin_freed)
        return trip

    def _count_sealed(self) -> int:
        return len(self._sealed.numbers) + self._quick.count

    def _end(self, card: DeviceCard, service: SyncService, reason: str) -> Trip:
        """The server has withdrawn this phone: make it unreadable, hand over what is sealed, say so."""
        self._door.shred(reason)
        self._on_ended()
        trip = self._travel_sealed(self._vaults.find_card() or card, service)
        service.tell(phase=SyncPhase.REVOKED)
        return trip

    def _client_to(self, card: DeviceCard) -> ServerClient:
        if self._client is None:
            self._client = self._connect(card.server_url)
        return self._client

    def _now_ms(self, is_true: bool) -> int:
        return to_ms(self._true_now()) if is_true else self._wall_ms()

    def _wall_ms(self) -> int:
        return to_ms(self._now())


def _phase_after(trouble: str | None) -> SyncPhase:
    if trouble is None:
        return SyncPhase.IDLE
    return SyncPhase.OFFLINE if trouble == "no_answer" else SyncPhase.FAILED
