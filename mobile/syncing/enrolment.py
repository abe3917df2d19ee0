"""Enrolling a phone (rule B12): a one-time code becomes a number, tokens and a new encrypted store. Needs the
network, once.

What an earlier life of this phone left sealed is handed over first: it is signed with keys that enrolling replaces.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec

from mobile.device.ports import Keystore, KeystoreLost
from mobile.field.views import Enrolling, LockState
from mobile.opening.sealed_outbox import SealedOutbox
from mobile.opening.session import CONFIG
from mobile.opening.store_opener import StoreOpener
from mobile.opening.vault import DeviceCard, Vaults
from mobile.store import settings
from mobile.store.database import Store
from mobile.store.record import Record
from mobile.syncing import rounds
from mobile.syncing.server_client import AddressRefused, NoAnswer, Reply, ServerClient, checked_address, encode64
from shared.model.device import Enrolled, EnrolmentRequest
from shared.rules.pins import refusal_of_pin

NO_NETWORK = "The server does not answer. Check the network and the address, then try again."
CODE_REFUSED = "The server does not take that code. It works once, for ten minutes: ask for a new one."
TOO_MANY = "Too many codes were tried. Wait a while, then ask for a new one."
UNSAFE = (
    "This phone is rooted, being debugged, or no real phone. Your team's server takes only phones that keep apps apart:"
    " ask your administrator for another."
)
UNKNOWN_NO = "The server would not enrol this phone. Ask your administrator to look at its device page."
STILL_GOOD = (LockState.UNLOCKED, LockState.LOCKED, LockState.BLOCKED, LockState.LEASE_EXPIRED)
ALREADY = "This phone is enrolled already. Ask your team lead to withdraw it first."


class Enrolment:
    """Makes a phone Lantern's."""

    def __init__(
        self,
        vaults: Vaults,
        door: StoreOpener,
        keystore: Keystore,
        sealed: SealedOutbox,
        connect: Callable[[str], ServerClient],
        app: str,
        label: str,
    ) -> None:
        self._vaults, self._door, self._keystore, self._sealed = vaults, door, keystore, sealed
        self._connect, self._app, self._label = connect, app, label

    def enrol(self, code: str, server_url: str, pin: str) -> Enrolling:
        """Enrol with a one-time code. Whatever goes wrong is told in a sentence; only the disk raises `StoreError`."""
        refusal = self._refusal(server_url, pin)
        if refusal is not None:
            return Enrolling(enrolled=False, message=refusal)
        before = self._vaults.find_card()
        try:
            self._hand_over_what_is_left(checked_address(server_url))
            self._keystore.make_keys()
            answer = self._ask(checked_address(server_url), code)
        except NoAnswer:
            return Enrolling(enrolled=False, message=NO_NETWORK)
        if isinstance(answer, Reply):
            return Enrolling(enrolled=False, message=_say_no(answer))
        card = _make_card(checked_address(server_url), answer)
        if before is not None:
            sort_set_aside(self._vaults.data, before, card)  # first: the new card's trips offer what is set aside
        self._settle(card, answer, pin)
        return Enrolling(
            enrolled=True,
            message=_say_left(self._vaults.data, before, card) if before is not None else "",
            match_digits=answer.match_digits,
            worker_name=answer.config.worker.name,
            team_name=answer.config.team.name,
        )

    def _refusal(self, server_url: str, pin: str) -> str | None:
        if not may_enrol(self._door, self._vaults):
            return ALREADY
        try:
            checked_address(server_url)
        except AddressRefused as error:
            return str(error)
        return refusal_of_pin(pin)

    def _ask(self, server_url: str, code: str) -> Enrolled | Reply:
        client = self._connect(server_url)
        try:
            return client.enrol(
                EnrolmentRequest(
                    code=code.strip(),
                    label=self._label,
                    app_version=self._app,
                    signing_key=encode64(self._keystore.public_key()),
                )
            )
        finally:
            client.close()

    def _settle(self, card: DeviceCard, enrolled: Enrolled, pin: str) -> None:
        def fill(store: Store) -> None:
            record = Record(store)
            with store.writing() as connection:
                record.sync.enrol(card.device_number, (f"team:{enrolled.config.team.id}",))
                settings.put_setting(connection, CONFIG, enrolled.config)
                settings.put_setting(connection, rounds.TOKENS, enrolled.tokens)

        self._door.make(card, pin, fill)

    def _hand_over_what_is_left(self, server_url: str) -> None:
        """Send what an erased life of this phone left sealed, while its old signing key still stands; what is not taken is set
        aside. Raises `NoAnswer` where the same address is to be joined, which may answer later: an old one that is gone would
        keep the phone out for ever.
        """
        card = self._vaults.find_card()
        if card is None or not self._sealed.numbers:
            return
        client = self._connect(card.server_url)
        try:
            rounds.send_sealed(self._sealed, client, card.device_number, self._app)
        except KeystoreLost:
            pass  # signed for by the new key, once there is one (`Courier`)
        except NoAnswer:
            if card.server_url == server_url:
                raise
        finally:
            client.close()
        self._sealed.set_aside(set_aside_path(self._vaults.data, card.device_number))


def _make_card(server_url: str, enrolled: Enrolled) -> DeviceCard:
    return DeviceCard(
        server_url=server_url,
        device_number=enrolled.device.number,
        sealing_key=decode64(enrolled.sealing_key),
        lease_hours=enrolled.config.lease_hours,
        shred_after_days=enrolled.config.shred_after_days,
    )


def may_enrol(door: StoreOpener, vaults: Vaults) -> bool:
    """Would a code be taken? A phone that works is enrolled over by nobody; one without good tokens, or whose records are
    damaged, may begin again: what is sealed is handed over first."""
    card = vaults.find_card()
    return door.state not in STILL_GOOD or door.is_damaged or (card is not None and card.must_enrol)


def set_aside_path(data: Path, device_number: int) -> Path:
    """Where boxes of an earlier number wait until they are signed for by a later one."""
    return data / f"sealed-{device_number}.kept"


def list_set_aside(data: Path) -> list[tuple[int, Path]]:
    """The earlier numbers whose boxes still wait here."""
    return [(int(path.stem.removeprefix("sealed-")), path) for path in sorted(data.glob("sealed-*.kept"))]


def sort_set_aside(data: Path, before: DeviceCard, now: DeviceCard) -> None:
    """Boxes that were sealed to another server than this one are kept from it; its own, from an earlier time, are taken up again.

    Another server would take them as its own phone's, could not open them, and the phone would forget them. One of the same
    address whose key is another is the same: it keeps the keys that it had.
    """
    if _is_elsewhere(before, now):
        for number, path in list_set_aside(data):
            path.replace(_elsewhere_path(data, number, before))
    ending = _elsewhere_path(data, 0, now).name.removeprefix("sealed-0")
    for path in sorted(data.glob(f"sealed-*{ending}")):
        path.replace(path.with_name(f"{path.name.removesuffix(ending)}.kept"))


def _is_elsewhere(before: DeviceCard, now: DeviceCard) -> bool:
    return before.server_url != now.server_url and before.sealing_key != now.sealing_key


def _elsewhere_path(data: Path, device_number: int, card: DeviceCard) -> Path:
    """Two servers may have given the same number: the key tells whose it was."""
    return data / f"sealed-{device_number}-{sha256(card.sealing_key).hexdigest()[:16]}.elsewhere"


def _say_left(data: Path, before: DeviceCard, now: DeviceCard) -> str:
    """What nobody took at the address before, on this try or an earlier one, and where it is now."""
    number = before.device_number
    path = _elsewhere_path(data, number, before) if _is_elsewhere(before, now) else set_aside_path(data, number)
    left = len(SealedOutbox(path).numbers)
    if not left or before.server_url == now.server_url:
        return ""
    changes = "One change" if left == 1 else f"{left} changes"
    if _is_elsewhere(before, now):
        return (
            f"{changes} for another server, {before.server_url}: nobody took them there. They stay sealed on this phone, and go "
            "out once it is enrolled there again. Tell your administrator."
        )
    return f"{changes} for {before.server_url}: nobody took them there. They go to the new address at the next sync."


def _say_no(reply: Reply) -> str:
    if reply.status in (410, 401, 404):
        return CODE_REFUSED
    if reply.status == 403:
        return UNSAFE
    return TOO_MANY if reply.status == 429 else UNKNOWN_NO


def decode64(text: str) -> bytes:
    """From base64url without padding. Raises `msgspec.ValidationError` for anything else."""
    return msgspec.convert(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), bytes)
