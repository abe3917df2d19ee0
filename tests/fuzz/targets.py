"""What is fuzzed: each target reads any bytes as its door does. Whatever it raises that the door has no answer for is a fault."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from server.actions.sync.mending import list_faults, people_named
from server.actions.sync.projection.times import settle_times
from server.actions.sync.projection.wall import claim_of
from server.actions.sync.validation import validate
from server.importers.caseload.grid import read_file
from server.importers.files import UnusableFile
from server.importers.inputs import of_bytes
from server.importers.report import Reading
from server.importers.sources import PARSERS, guess_source
from server.sync_api import sealed
from shared.model.enrolment_link import NotALink, is_link, read_link, write_link
from shared.model.value import NO_JSON
from sync.encoding import inflate
from sync.reading import decode_batch
from sync.server import AcceptedChange
from sync.wire import LIMITS, Refused, read_pull_request

Target = Callable[[bytes], None]

NOW = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
ZONE = "Europe/London"


def messages(data: bytes) -> None:
    """A phone's push, pull and sealed outbox; of the push, all that is asked before a table is."""
    for encoding in ("", "gzip"):
        with suppress(Refused):
            _read_push(inflate(data, encoding, LIMITS.inflated_bytes_max))
    with suppress(*NO_JSON):
        read_pull_request(data)
    with suppress(*NO_JSON):
        sealed.read_outbox(data)


def _read_push(body: bytes) -> None:
    batch = decode_batch(body, validate=validate)
    sound = [each for each in batch.records if each.change is not None and each.fault is None]
    accepted = [AcceptedChange(each.change, 0, NOW_MS, 1, each.meaning) for each in sound if each.change is not None]
    settle_times(accepted, ZONE)
    for each in accepted:
        claim_of(each.change, 1, each.meaning)
    for record in batch.records:
        if record.change is not None:
            people_named(record.change)
            list_faults(record.change, NOW, ZONE)


def links(data: bytes) -> None:
    """A picture that somebody printed. What is read is what we would have written, to the letter."""
    text = data.decode("utf-8", "surrogateescape")
    is_link(text)
    try:
        found = read_link(text)
    except NotALink:
        return
    assert write_link(found) == text.strip(), "another spelling of a link was read"


def files(data: bytes) -> None:
    """A file of referrals, of each source and of the one it looks like; a district's own spreadsheet."""
    with suppress(UnusableFile):
        guess_source(of_bytes(data))
    for parse in PARSERS.values():
        with suppress(UnusableFile):
            parse(data, Reading(zone=ZONE, now=NOW))
    with suppress(UnusableFile):
        read_file(data)


TARGETS: Mapping[str, Target] = {each.__name__: each for each in (messages, links, files)}
