"""Faults that somebody once planted and no test noticed: each of these would."""

from collections.abc import Callable

from msgspec import Raw
from msgspec.structs import replace
from sqlalchemy.orm import Session

from server.queries.sync import store as queries
from server.queries.sync.store import Arrival
from shared.model.codes import DeviceStatus
from sync import wire
from sync.driver import PULL, PUSH, Answer, Ask
from sync.reading import DecodedBatch, decode_batch
from sync.server import AcceptedChange
from sync.wire import PushAnswer, Refused
from tests.sync.county import WATFORD, Office, Phone

EARLIER = 1_794_519_000_000


def batch_of(phone: Phone, *changes: wire.Change) -> DecodedBatch:
    request = wire.PushRequest(
        device=phone.number, now=EARLIER, events=[Raw(wire.encode(change)) for change in changes]
    )
    return decode_batch(wire.encode(request))


def test_of_phones_that_share_a_transaction_each_hears_its_own_refusal(
    enrol: Callable[..., Phone], office: Office
) -> None:
    """A refusal carries no number: told to a neighbour it would wipe the wrong phone."""
    wiped, well, gappy, forked, last = (enrol(name) for name in ("wiped", "well", "gappy", "forked", "last"))
    forked.say(note="as it was")
    forked.sync()
    office.set_status(wiped.number, DeviceStatus.WIPE_NOW)
    first = forked.say(note="another past")
    other = wire.Change(
        id="another-1", dev=forked.number, n=1, hlc=first.hlc, t=first.t, s=WATFORD, p=Raw(b'{"note":"x"}')
    )
    told = {phone.name: phone.say(note=phone.name) for phone in (wiped, well, gappy, last)}
    skipped = gappy.say(note="after a gap")
    arrivals = [
        Arrival(wiped.number, batch_of(wiped, told["wiped"]), EARLIER),
        Arrival(well.number, batch_of(well, told["well"]), EARLIER),
        Arrival(gappy.number, batch_of(gappy, skipped), EARLIER),
        Arrival(forked.number, batch_of(forked, other), EARLIER),
        Arrival(last.number, batch_of(last, told["last"]), EARLIER),
    ]
    for order in (arrivals, arrivals[::-1], arrivals[2:] + arrivals[:2]):
        in_order = sorted(order, key=lambda each: each.device) if not office.database.is_sqlite else order
        answers = office.order(queries.push_together, in_order, lambda session, accepted: None)
        heard = {each.device: answer for each, answer in zip(in_order, answers, strict=True)}
        assert _code(heard[wiped.number]) == "wipe"
        assert _code(heard[gappy.number]) == "gap"
        assert _code(heard[forked.number]) == "fork"
        for phone in (well, last):
            answer = heard[phone.number]
            assert isinstance(answer, PushAnswer) and (answer.device, answer.acked) == (phone.number, 1)


def _code(answer: PushAnswer | Refused) -> str:
    assert isinstance(answer, Refused)
    return answer.code


def test_a_phone_to_be_wiped_after_its_push_keeps_what_it_has_not_sent_until_then(aisha: Phone, office: Office) -> None:
    said = [aisha.say(note=f"{i}") for i in range(3)]
    office.set_status(aisha.number, DeviceStatus.WIPE_AFTER_PUSH)
    good = office.handle

    def no_push(number: int, ask: Ask) -> Answer:
        if ask.kind == PUSH:
            return Answer(503, wire.encode(wire.Refusal(refused="busy", retry_after_s=1)))
        return good(number, ask)

    office.handle = no_push  # type: ignore[method-assign]
    outcome = aisha.sync()
    assert not outcome.is_wiped and aisha.store.unsent_count == 3, "hearing of the wipe wipes nothing that is unsent"
    office.handle = good  # type: ignore[method-assign]
    aisha.sync()
    held = {each.id: each.reason for each in office.order(queries.list_quarantined)}
    assert set(held) == {change.id for change in said}
    assert set(held.values()) == {"sent after this phone was to be wiped"}
    assert aisha.store.unsent_count == 0 and aisha.shown == set()


def test_a_quarantined_patch_never_shows(aisha: Phone, dean: Phone, office: Office) -> None:
    aisha.patch("marek", name="Marek")
    aisha.sync()
    dean.sync()
    before = office.order(queries.get_fields, "marek")
    office.set_status(dean.number, DeviceStatus.REVOKED)
    forged = dean.patch("marek", name="forged")
    dean.sync()
    assert [each.id for each in office.order(queries.list_quarantined)] == [forged.id]
    assert office.order(queries.get_fields, "marek") == before


def test_a_patch_that_the_projection_sets_aside_never_shows(aisha: Phone, office: Office) -> None:
    aisha.patch("marek", name="Marek")
    aisha.sync()
    before = office.order(queries.get_fields, "marek")

    def project(session: Session, accepted: list[AcceptedChange]) -> None:
        if any(b"forged" in wire.encode(each.change) for each in accepted):
            raise ValueError("in a colleague's name")

    office.project = project
    aisha.patch("marek", name="forged")
    aisha.sync()
    assert len(office.order(queries.list_quarantined)) == 1
    assert office.order(queries.get_fields, "marek") == before


def test_a_page_that_is_exactly_full_is_not_taken_for_the_last(aisha: Phone, dean: Phone, office: Office) -> None:
    for i in range(6):
        aisha.say(note=f"{i}")
    aisha.sync()
    request = wire.PullRequest(device=dean.number, cursors={}, limit=3, now=EARLIER)
    rows, cursors, pages = 0, {}, 0
    while True:
        answer = office.handle(dean.number, Ask(PULL, wire.encode(replace(request, cursors=cursors))))
        page = wire.read_pull_answer(answer.body)
        rows, cursors, pages = rows + len(page.rows), page.next, pages + 1
        if not page.more:
            break
    assert (rows, pages <= 3) == (6, True)


def test_a_revoked_phone_is_not_believed(aisha: Phone, dean: Phone, office: Office) -> None:
    office.set_status(dean.number, DeviceStatus.REVOKED)
    told = dean.say(note="after it was withdrawn")
    dean.sync()
    aisha.sync()
    assert told.id not in aisha.shown
    assert [each.reason for each in office.order(queries.list_quarantined)] == ["sent after this phone was revoked"]
