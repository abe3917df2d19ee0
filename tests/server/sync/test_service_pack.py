"""The directory that a phone takes along: what runs, without secret addresses, told again only when it has changed."""

import msgspec

from server.queries.partnership import services as directory
from server.queries.partnership.services import Kept
from shared.model.service import Place, Service, ServicePack, ServiceStatus

PATH = "/sync/v1/service-pack"


def put(database, now, *told):
    with database.writing() as session:
        kept = [Kept(service=each, source="", reference=each.id, came_with="{}") for each in told]
        directory.add_services(session, kept, now)


def test_a_phone_is_told_of_what_runs_and_of_no_secret_address(phone, database, now):
    place = (Place(id="p", address="5 Quiet Lane", latitude=51.6, longitude=-0.4),)
    put(
        database, now, Service(id="a", name="Open", places=place), Service(id="b", name="Refuge", places=place,
        is_secret_address=True),
        Service(id="c", name="Gone", status=ServiceStatus.DEFUNCT),
    )  # fmt: skip
    answer = phone.get(PATH, "", "")
    told = msgspec.json.decode(answer.content, type=ServicePack).services
    assert [(each.name, len(each.places)) for each in told] == [("Open", 1), ("Refuge", 0)]
    tag = answer.headers["etag"]
    assert phone.get(PATH, tag, "").status_code == 304
    put(database, now, Service(id="d", name="New"))
    assert phone.get(PATH, tag, "").status_code == 200


def test_who_is_no_phone_is_told_nothing(client):
    assert client.get(PATH).status_code == 401
