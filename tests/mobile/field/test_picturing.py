"""A picture of a paper or of a place: written down with its record, through a kill, in no file that anybody can open."""

from pathlib import Path

import httpx
import msgspec
import pytest

from mobile.field.drafts import DraftRefused
from mobile.field.service import FieldService
from mobile.field.views import LockState, PersonDraft, SiteDraft
from mobile.program.effects import Back, Feel, Photograph
from mobile.screens.photo import state as photo
from mobile.store import outbox
from mobile.store.errors import StoreLocked
from mobile.syncing.picture_sending import send_pictures
from mobile.syncing.purge import purge
from shared.model.codes import DocumentKind
from shared.model.document import DOCUMENT_BYTES_MAX, DocumentAdded
from sync.blobs import PIECE_BYTES, BlobTaken
from tests.mobile.asked import calls
from tests.mobile.rig import PIN, Rig
from tests.mobile.store.test_projection import record_of

JPEG = b"\xff\xd8\xff\xe0" + b"paper" * 60_000 + b"\xff\xd9"


def announced(rig: Rig) -> list[DocumentAdded]:
    with record_of(rig).store.reading() as connection:
        found = [change for change in outbox.list_unsent(connection, 0) if change.t == "attachment.added"]
    return [msgspec.json.decode(change.p, type=DocumentAdded) for change in found]


def waiting(rig: Rig) -> int:
    with record_of(rig).store.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM picture").fetchone()[0])


@pytest.fixture
def red(field: FieldService) -> str:
    return field.add_person(PersonDraft(alias="Red")).id


def test_a_paper_is_kept_with_its_record_and_its_file_is_gone(rig: Rig, field: FieldService, red: str) -> None:
    path = Path(field.begin_picture(DocumentKind.CONSENT, person_id=red))
    path.write_bytes(JPEG)
    assert field.finish_picture()
    (told,) = announced(rig)
    assert (told.kind, told.person_id, told.site_id, told.size) == (DocumentKind.CONSENT, red, None, len(JPEG))
    assert told.why_unusable is None
    assert waiting(rig) == 1
    assert not path.exists() and list(path.parent.iterdir()) == []
    assert not any(b"paperpaper" in file.read_bytes() for file in rig.data.rglob("*") if file.is_file())


def test_a_picture_of_a_place_is_the_places(rig: Rig, field: FieldService) -> None:
    site = field.add_site(SiteDraft(name="Underpass"))
    Path(field.begin_picture(DocumentKind.PLACE, site_id=site.id)).write_bytes(JPEG)
    assert field.finish_picture()
    (told,) = announced(rig)
    assert (told.kind, told.person_id, told.site_id) == (DocumentKind.PLACE, None, site.id)
    assert told.why_unusable is None


def test_an_app_that_android_ended_under_the_camera_takes_the_picture_up(
    rig: Rig, field: FieldService, red: str
) -> None:
    path = Path(field.begin_picture(DocumentKind.IDENTITY, person_id=red))
    again = rig.restart()
    path.write_bytes(JPEG)
    assert again.unlock(PIN).is_unlocked
    (told,) = announced(rig)
    assert (told.kind, told.person_id) == (DocumentKind.IDENTITY, red)
    assert waiting(rig) == 1 and not path.exists()
    assert not again.finish_picture(), "and once"


def test_a_phone_that_locked_under_the_camera_loses_nothing(rig: Rig, field: FieldService, red: str) -> None:
    path = Path(field.begin_picture(DocumentKind.LETTER, person_id=red))
    field.lock()
    path.write_bytes(JPEG)
    with pytest.raises(StoreLocked):
        field.finish_picture()
    assert field.unlock(PIN).is_unlocked
    assert len(announced(rig)) == 1 and not path.exists()


@pytest.mark.parametrize("why", ["revoked", "pins"])
def test_a_wipe_takes_the_picture_that_the_camera_left_with_it(
    rig: Rig, field: FieldService, red: str, why: str
) -> None:
    """A paper with a name on it lay in the phone's folder for good, as the camera had written it."""
    path = Path(field.begin_picture(DocumentKind.CONSENT, person_id=red))
    path.write_bytes(JPEG)
    field.lock()
    if why == "revoked":
        field._door.shred(why)
    else:
        for _ in range(10):
            rig.clocks.pass_(minutes=21)
            field.unlock("999123")
    assert field.lock_state in (LockState.REVOKED, LockState.ERASED)
    assert not any(b"paperpaper" in file.read_bytes() for file in rig.data.rglob("*") if file.is_file())


@pytest.mark.parametrize("content", [b"", JPEG[:1000], b"not a picture", None])
def test_half_a_picture_is_none_and_leaves_no_file(
    content: bytes | None, rig: Rig, field: FieldService, red: str
) -> None:
    path = Path(field.begin_picture(DocumentKind.LETTER, person_id=red))
    if content is not None:
        path.write_bytes(content)
    assert not field.finish_picture()
    assert announced(rig) == [] and waiting(rig) == 0 and not path.exists()


def test_a_picture_that_is_too_large_is_told_in_words(rig: Rig, field: FieldService, red: str) -> None:
    path = Path(field.begin_picture(DocumentKind.LETTER, person_id=red))
    path.write_bytes(b"\xff\xd8\xff" + bytes(DOCUMENT_BYTES_MAX) + b"\xff\xd9")
    with pytest.raises(DraftRefused, match="larger than 5 MB"):
        field.finish_picture()
    assert announced(rig) == [] and not path.exists()


def test_the_same_picture_twice_waits_once(rig: Rig, field: FieldService, red: str) -> None:
    for _ in range(2):
        Path(field.begin_picture(DocumentKind.LETTER, person_id=red)).write_bytes(JPEG)
        assert field.finish_picture()
    assert (len(announced(rig)), waiting(rig)) == (2, 1)


class Taker(httpx.BaseTransport):
    """A server that keeps pieces; `lose` answers are lost on their way back."""

    def __init__(self, lose: int = 0, refuses: str = "", knows: bool = True) -> None:
        self.content, self.lose, self.refuses, self.knows, self.asked = b"", lose, refuses, knows, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if not self.knows:
            return httpx.Response(409, content=b"{}")
        size, start = int(request.url.params["size"]), int(request.url.params["offset"])
        self.content += request.read()[len(self.content) - start :]
        if self.lose and len(self.content) > PIECE_BYTES:
            self.lose -= 1
            raise httpx.ReadError("lost")
        whole = len(self.content) == size
        taken = BlobTaken(
            received=len(self.content), is_whole=whole, is_over=whole, reason=self.refuses if whole else ""
        )
        return httpx.Response(200, content=msgspec.json.encode(taken))


def client_to(rig: Rig, taker: Taker) -> object:
    from mobile.syncing.server_client import ServerClient

    return ServerClient("https://lantern.test", rig.keystore, lambda: 0, transport=taker)


def take_one(field: FieldService, red: str) -> None:
    Path(field.begin_picture(DocumentKind.LETTER, person_id=red)).write_bytes(JPEG)
    assert field.finish_picture()


def test_pieces_that_were_lost_on_the_way_are_sent_on(rig: Rig, field: FieldService, red: str) -> None:
    take_one(field, red)
    store, taker = record_of(rig).store, Taker(lose=1)
    assert send_pictures(store, client_to(rig, taker), "a1") == 0  # type: ignore[arg-type]
    assert waiting(rig) == 1
    assert send_pictures(store, client_to(rig, taker), "a1") == 1  # type: ignore[arg-type]
    assert taker.content == JPEG and waiting(rig) == 0


def test_what_is_refused_for_good_goes_and_what_is_not_announced_yet_waits(
    rig: Rig, field: FieldService, red: str
) -> None:
    take_one(field, red)
    store = record_of(rig).store
    assert send_pictures(store, client_to(rig, Taker(knows=False)), "a1") == 0  # type: ignore[arg-type]
    assert waiting(rig) == 1
    assert send_pictures(store, client_to(rig, Taker(refuses="none of them")), "a1") == 1  # type: ignore[arg-type]
    assert waiting(rig) == 0


def test_what_nobody_took_in_a_fortnight_goes(rig: Rig, field: FieldService, red: str) -> None:
    take_one(field, red)
    rig.clocks.pass_(days=13)
    purge(record_of(rig), rig.clocks.now())
    assert waiting(rig) == 1
    rig.clocks.pass_(days=2)
    purge(record_of(rig), rig.clocks.now())
    assert waiting(rig) == 0


def test_making_the_tables_anew_keeps_what_waits(rig: Rig, field: FieldService, red: str) -> None:
    take_one(field, red)
    record_of(rig).rebuild()
    assert waiting(rig) == 1


def test_the_page_before_the_camera_asks_what_it_is_and_says_when_there_is_none() -> None:
    state = photo.PhotoState(person_id="red")
    assert photo.update(state, photo.TakePressed()) == (state, ())
    state, _ = photo.update(state, photo.KindPicked(kind=DocumentKind.LETTER))
    state, (call,) = photo.update(state, photo.TakePressed())
    assert calls([call]) == [("begin_picture", (DocumentKind.LETTER, "red", None))]
    state, effects = photo.update(state, photo.Ready(path="/x.jpg"))
    assert effects == (Photograph(path="/x.jpg", taken=photo.Returned()),)
    missed, _ = photo.update(state, photo.Kept(was_taken=False))
    assert missed.missed
    assert photo.update(state, photo.Kept(was_taken=True))[1] == (Feel(name="saved"), Back())
