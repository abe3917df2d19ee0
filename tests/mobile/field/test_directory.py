"""The directory on a phone: it comes with a sync, is searched with no signal, and what comes damaged changes nothing."""

from datetime import UTC, date, datetime

import httpx
import msgspec
import pytest

from mobile.device.service_pack import FOLDER, PACK, ServiceFile
from mobile.field.directory import Directory
from mobile.store.errors import NotHere
from mobile.syncing.pack_fetch import PackFetch
from mobile.syncing.server_client import ServerClient
from mobile.text import load
from mobile.text.services import say_checked, say_hours, say_opening
from shared.model.codes import PinSource
from shared.model.position import Position
from shared.model.service import BankHolidays, Place, Service, ServiceOffer, ServicePack, ServiceStatus, ServiceWelcome
from shared.rules.finding_services import Found, OpenWhen, Wanted, find_services, index_services
from shared.rules.reading_hours import read_hours
from tests.mobile.rig import Rig

HERE = Position(latitude=51.6565, longitude=-0.3963, source=PinSource.GPS, accuracy_m=10.0)
EVENING = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)


def service(key, hours="", latitude=51.6565, **changes):
    place = Place(id=key, latitude=latitude, longitude=-0.3963)
    return Service(id=key, name=f"Service {key}", hours=read_hours(hours)[0], places=(place,), **changes)


SERVICES = (
    service(
        "far", "every day 20:00-08:00", 51.70, welcomes=(ServiceWelcome.DOGS,), offers=(ServiceOffer.EMERGENCY_BED,)
    ),
    service(
        "near", "every day 20:00-08:00", 51.6646, welcomes=(ServiceWelcome.DOGS,), offers=(ServiceOffer.EMERGENCY_BED,)
    ),
    service("cat", "every day 20:00-08:00", 51.66, offers=(ServiceOffer.EMERGENCY_BED,)),
    service("day", "every day 9:00-17:00", welcomes=(ServiceWelcome.DOGS,)),
    service("gone", "every day 0:00-24:00", welcomes=(ServiceWelcome.DOGS,), status=ServiceStatus.DEFUNCT),
)


@pytest.fixture
def directory(tmp_path):
    file = ServiceFile(tmp_path)
    file.keep(msgspec.json.encode(ServicePack(services=SERVICES)), '"1"')
    return Directory(file)


def test_open_tonight_takes_dogs_the_nearest_first(directory):
    wanted = Wanted(open_when=OpenWhen.TONIGHT, welcomes=frozenset({ServiceWelcome.DOGS}))

    found = directory.find(wanted, HERE, EVENING, 50)

    assert [each.service.id for each in found] == ["near", "far"]
    assert found[0].distance_m == pytest.approx(900, abs=5)
    assert say_opening(load("en"), found[0], datetime(2026, 11, 12, 21, 30)) == "open until 08:00"  # noqa: DTZ001


def test_without_a_fix_they_stand_by_name(directory):
    assert [each.service.id for each in directory.find(Wanted(words="service"), None, EVENING, 3)] == [
        "cat",
        "day",
        "far",
    ]


def test_one_that_is_not_here_is_said_to_be_none(directory):
    assert directory.get("near", HERE, EVENING).service.name == "Service near"
    with pytest.raises(NotHere):
        directory.get("nobody", HERE, EVENING)


def test_another_file_is_read_without_asking(directory, tmp_path):
    assert len(directory.find(Wanted(), HERE, EVENING, 50)) == 4
    ServiceFile(tmp_path).keep(msgspec.json.encode(ServicePack(services=SERVICES[:1])), '"2"')
    assert len(directory.find(Wanted(), HERE, EVENING, 50)) == 1


@pytest.mark.parametrize("damage", [b"", b"{", b'{"services": [{"id": 1}]}', b"[" * 5_000])
def test_a_damaged_file_is_an_empty_directory(directory, tmp_path, damage):
    (tmp_path / FOLDER / PACK).write_bytes(damage)

    assert directory.find(Wanted(), HERE, EVENING, 50) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", ["Monday, Tuesday, 20:00-08:00", "every day, day and night"]), ("pl", ["poniedziałek, wtorek, 20:00-08:00",
    "codziennie, całą dobę"])],
)  # fmt: skip
def test_hours_are_said_in_the_workers_language(language, said):
    assert say_hours(load(language), read_hours("Mon, Tue 20:00-08:00\nevery day 0:00-24:00")[0]) == said


def test_what_its_directory_no_longer_names_is_told_as_perhaps_gone_until_somebody_has_checked_it():
    words, now = load("en"), datetime(2026, 11, 12, 21)  # noqa: DTZ001
    shelter = msgspec.structs.replace(service("s", "every day 20:00-08:00"), left_feed_on=date(2026, 11, 3))
    (told,) = find_services(index_services([shelter]), Wanted(open_when=OpenWhen.NOW), now, 1)
    assert say_opening(words, told, now) == "perhaps closed for good"
    said = say_checked(words, shelter, now)
    assert "No longer in the directory since" in said and "Nobody has checked it yet" in said and "ring first" in said
    checked = msgspec.structs.replace(shelter, checked_on=date(2026, 11, 3))
    assert say_opening(words, msgspec.structs.replace(told, service=checked), now) == "open until 08:00"
    assert "ring first" not in say_checked(words, checked, now)


def test_a_bank_holiday_of_which_nobody_told_is_a_perhaps():
    shelter = service("s", "every day 20:00-08:00")
    christmas = datetime(2026, 12, 25, 21)  # noqa: DTZ001
    (told,) = find_services(index_services([shelter]), Wanted(), christmas, 1)
    assert say_opening(load("en"), told, christmas) == "open until 08:00, if it opens on a bank holiday"
    closed = msgspec.structs.replace(shelter, bank_holidays=BankHolidays.CLOSED)
    assert say_opening(load("en"), Found(service=closed), christmas) == "closed now"


# --------------------------------------------------------------------------------------------------------------- it comes
@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    made.keystore.make_keys()
    return made


def fetch(rig, fetching, answer, at_ms=1_000):
    rig.server.answer = answer
    client = ServerClient("https://lantern.test", rig.keystore, lambda: 1_000, rig.server)
    return fetching.fetch_if_due(client, "token", at_ms)


def test_the_directory_is_fetched_once_in_six_hours_and_kept_by_its_tag(rig):
    asked = []

    def answer(request):
        asked.append(request.headers.get("if-none-match", ""))
        body = msgspec.json.encode(ServicePack(services=SERVICES))
        return httpx.Response(304) if asked[-1] else httpx.Response(200, content=body, headers={"etag": '"7"'})

    fetching = PackFetch("/service-pack", ServiceFile(rig.data))
    assert fetch(rig, fetching, answer)
    assert not fetch(rig, fetching, answer, 1_000 + 3_600_000)
    assert not fetch(rig, fetching, answer, 1_000 + 7 * 3_600_000)
    assert asked == ["", '"7"']
    assert len(ServiceFile(rig.data).read()) == len(SERVICES) - 1


@pytest.mark.parametrize("body", [b"{", b'{"services": 3}', b"[" * 5_000])
def test_what_is_no_directory_leaves_the_one_that_is_here(rig, body):
    file = ServiceFile(rig.data)
    file.keep(msgspec.json.encode(ServicePack(services=SERVICES)), '"1"')

    assert not fetch(rig, PackFetch("/service-pack", file), lambda _: httpx.Response(200, content=body))
    assert len(file.read()) == len(SERVICES) - 1
    assert not fetch(rig, PackFetch("/service-pack", file), lambda _: httpx.Response(403))
    assert file.find_tag() == '"1"'
