"""Papers of a person on pages: filed and read by those who work with them, written down, in their own copy, erased with them."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select, update

from server.access import Door
from server.actions.operation.ledger import replay
from server.actions.operation.orders import DOCUMENT_ERASED
from server.actions.people import documents as filing
from server.actions.people import hiding
from server.database.engine import Database
from server.jobs.catalogue import keeper_of
from server.queries.people import documents
from server.queries.people.documents import Document
from server.queries.people.erasure import delete_person
from server.security.documents import DamagedDocument, DocumentKeys
from server.tables.operation.audit import audit as lines
from server.tables.operation.audit import ledger
from server.tables.people.document import document
from shared.model.codes import DocumentKind
from tests.server.cast import Cast
from tests.server.people.pictures import draw_picture, make_bomb
from tests.server.people.test_contents import PAGES
from tests.server.phone import Phone
from tests.server.sync import test_wall

HTML = {"accept": "text/html"}
PICTURE = draw_picture(300, 200, told=b"taken at 14 Queens Road")
met, rival = test_wall.met, test_wall.rival


def add(
    client: Any, person: str, content: bytes = PICTURE, kind: str = "consent", title: str = "", **others: Any
) -> Any:
    client.get("/who-can-see", headers=HTML)
    form = {"kind": kind, "title": title, "_csrf_token": client.cookies["lantern-form"]} | others
    sent = {"data": ("../../Marek Nowak passport.php", content, "text/html")}
    return client.post(f"/people/{person}/documents", data=form, files=sent, headers=HTML, follow_redirects=False)


def remove(client: Any, person: str, document_id: str, reason: str) -> Any:
    client.get("/who-can-see", headers=HTML)
    form = {"document_id": document_id, "reason": reason, "_csrf_token": client.cookies["lantern-form"]}
    return client.post(f"/people/{person}/remove-document", data=form, headers=HTML, follow_redirects=False)


def kept(database: Database, person: str) -> list[Document]:
    with database.reading() as session:
        return documents.list_of_people(session, [person])


def test_a_document_is_added_shown_and_opened_by_those_who_work_with_them(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database
) -> None:
    client = sign_in(cast.tom)
    assert add(client, met["person"], title="Consent of May").status_code == 303
    (filed,) = kept(database, met["person"])
    listed = client.get(f"/people/{met['person']}/documents", headers=HTML)
    assert "Consent of May" in listed.text and "Consent to share" in listed.text
    answer = client.get(f"/people/{met['person']}/documents/{filed.id}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == 'inline; filename="document.jpg"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"] and answer.headers["cache-control"] == "no-store"
    assert b"Queens Road" not in answer.content and answer.content.startswith(b"\xff\xd8")
    with database.reading() as session:
        seen = session.execute(select(lines).where(lines.c.action == "see_document", lines.c.detail == filed.id)).all()
    assert [(each.actor_id, each.subject_id, each.allowed) for each in seen] == [(cast.tom.id, met["person"], True)]


def test_a_pdf_is_only_ever_saved_as_a_file(sign_in: Any, cast: Cast, met: dict[str, str], database: Database) -> None:
    client = sign_in(cast.tom)
    assert add(client, met["person"], PAGES, "tenancy").status_code == 303
    (filed,) = kept(database, met["person"])
    answer = client.get(f"/people/{met['person']}/documents/{filed.id}")
    assert answer.headers["content-disposition"] == 'attachment; filename="document.pdf"'
    assert (answer.headers["content-type"], answer.content) == ("application/pdf", PAGES)


def test_a_file_of_three_megabytes_comes_through_and_one_of_six_is_told_so(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database
) -> None:
    client = sign_in(cast.tom)
    assert add(client, met["person"], b"%PDF-1.4\n" + bytes(3_000_000) + b"%%EOF").status_code == 303
    assert add(client, met["person"], b"%PDF-1.4\n" + bytes(6_000_000) + b"%%EOF").status_code in {413, 422}
    assert len(kept(database, met["person"])) == 1


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (b"", "consent", "Choose a file."),
        (PICTURE, "", "Choose what it is."),
        (PICTURE, "place", "Choose what it is."),
        (b"<script>alert(1)</script>", "letter", "This file is none of them."),
        (PICTURE[:300], "letter", "cut off or damaged"),
        (make_bomb(9000), "letter", "more than 40 million pixels"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_the_words_stay(
    content: bytes, kind: str, says: str, sign_in: Any, cast: Cast, met: dict[str, str], database: Database
) -> None:
    answer = add(sign_in(cast.tom), met["person"], content, kind, title="Consent of May")
    assert answer.status_code == 422
    assert says in answer.text and "Consent of May" in answer.text
    assert kept(database, met["person"]) == []


def test_whoever_does_not_work_with_them_neither_reads_nor_adds_nor_hears_that_there_is_one(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database, rival: Phone, new_id: Callable[[], str]
) -> None:
    add(sign_in(cast.tom), met["person"])
    (filed,) = kept(database, met["person"])
    client = sign_in(cast.carol)  # coordinates another district
    for path in (f"/people/{met['person']}/documents", f"/people/{met['person']}/documents/{filed.id}"):
        strange = client.get(path.replace(filed.id, new_id()).replace(met["person"], new_id()), headers=HTML)
        assert client.get(path, headers=HTML).status_code == 404 == strange.status_code
    assert add(client, met["person"]).status_code == 404
    assert remove(client, met["person"], filed.id, "It should not be there at all").status_code == 404
    assert len(kept(database, met["person"])) == 1


def test_a_document_is_not_opened_by_way_of_somebody_else(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database, phone: Phone, new_id: Callable[[], str]
) -> None:
    other = new_id()
    phone.push(phone.contact(person_ids=[other]))
    client = sign_in(cast.tom)
    add(client, met["person"])
    (filed,) = kept(database, met["person"])
    assert client.get(f"/people/{other}/documents/{filed.id}", headers=HTML).status_code == 404


def test_of_a_hidden_person_it_is_as_if_there_were_none(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database, services: Any, clock: Any
) -> None:
    add(sign_in(cast.tom), met["person"])
    (filed,) = kept(database, met["person"])
    assert sign_in(cast.priya).get(f"/people/{met['person']}/documents/{filed.id}", headers=HTML).status_code == 200
    with Door(database, cast.tom, clock(), services.new_id, may_change=True).open() as access:
        hiding.hide_person(access, met["person"], [], "She fears somebody of that service")
    answer = sign_in(cast.priya).get(f"/people/{met['person']}/documents/{filed.id}", headers=HTML)
    assert answer.status_code == 404


def test_the_same_file_twice_is_one_document(sign_in: Any, cast: Cast, met: dict[str, str], database: Database) -> None:
    client = sign_in(cast.tom)
    add(client, met["person"], kind="consent", title="Signed on Friday")
    add(client, met["person"], kind="consent")
    (one,) = kept(database, met["person"])
    assert (one.kind, one.title) == (DocumentKind.CONSENT, "Signed on Friday")
    add(client, met["person"], kind="tenancy", title="The flat")  # the wrong kind was chosen at first
    (one,) = kept(database, met["person"])
    assert (one.kind, one.title) == (DocumentKind.TENANCY, "The flat")


def test_one_that_should_not_be_there_is_erased_with_a_reason_also_after_a_restore(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database, services: Any, clock: Any
) -> None:
    client = sign_in(cast.tom)
    add(client, met["person"])
    (filed,) = kept(database, met["person"])
    assert remove(client, met["person"], filed.id, "no").status_code == 422
    assert remove(sign_in(cast.priya), met["person"], filed.id, "It is another service's").status_code == 404
    assert remove(sign_in(cast.tom), met["person"], filed.id, "It is somebody else's letter").status_code == 303
    assert kept(database, met["person"]) == []
    (order,) = [each for each in services.ledger.read() if each.kind == DOCUMENT_ERASED]
    with database.writing() as session:  # what an older backup would hold
        documents.add_documents(session, [filed])
        session.execute(ledger.delete().where(ledger.c.id == order.id))
        assert replay(session, [order], clock(), services.settings.timezone) == 1
    assert kept(database, met["person"]) == []


def test_the_own_copy_holds_the_documents_themselves(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database
) -> None:
    client = sign_in(cast.priya)
    add(client, met["person"], PAGES, "tenancy")
    form = {"_csrf_token": client.cookies["lantern-form"]}
    answer = client.post(f"/people/{met['person']}/own-copy", data=form, headers=HTML)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        assert book.read("documents/001-tenancy.pdf") == PAGES
        sections = {each["name"]: each["rows"] for each in json.loads(book.read("record.json"))["sections"]}
    assert sections["document"][0]["kind"] == "tenancy"
    assert "document_content" not in sections


def test_a_document_goes_with_its_person(sign_in: Any, cast: Cast, met: dict[str, str], database: Database) -> None:
    add(sign_in(cast.tom), met["person"])
    (filed,) = kept(database, met["person"])
    with database.writing() as session:
        delete_person(session, [met["person"]])
        assert documents.find_document(session, filed.id) is None
        assert documents.find_content(session, filed.id) is None


def test_a_picture_of_a_place_goes_when_the_exact_place_does_and_a_letter_stays(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database, services: Any, clock: Any, new_id: Any
) -> None:
    add(sign_in(cast.tom), met["person"])
    safe = services.filing.judge(PICTURE)
    place = Document(
        id=new_id(), kind=DocumentKind.PLACE, sha256=sha256(PICTURE).hexdigest(), size=len(PICTURE),
        worker_id=cast.aisha.id, agency_id=cast.outreach.id, at=clock(), announced_at=clock(), site_id=met["site"],
    )  # fmt: skip
    with database.writing() as session:
        services.filing.keep(session, place, safe, clock())
    later = keeper_of(services, clock() + timedelta(days=400))
    assert later.look().pictures_deleted == 1
    assert later.keep_no_longer().pictures_deleted == 1
    with database.reading() as session:
        assert documents.find_document(session, place.id) is None
    assert len(kept(database, met["person"])) == 1


def test_a_picture_of_a_place_is_for_whoever_may_know_the_place(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database, services: Any, clock: Any, new_id: Any
) -> None:
    place = Document(
        id=new_id(), kind=DocumentKind.PLACE, sha256=sha256(PICTURE).hexdigest(), size=len(PICTURE),
        worker_id=cast.aisha.id, agency_id=cast.outreach.id, at=clock(), announced_at=clock(), site_id=met["site"],
    )  # fmt: skip
    with database.writing() as session:
        services.filing.keep(session, place, services.filing.judge(PICTURE), clock())
    path = f"/people/{met['person']}/documents/{place.id}"
    assert sign_in(cast.tom).get(path).status_code == 200
    assert "Pictures of places" in sign_in(cast.tom).get(f"/people/{met['person']}/documents", headers=HTML).text
    assert sign_in(cast.carol).get(path, headers=HTML).status_code == 404
    assert sign_in(cast.helen).get(path, headers=HTML).status_code == 403


def test_a_new_secret_seals_what_the_one_before_it_sealed(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database, services: Any
) -> None:
    add(sign_in(cast.tom), met["person"])
    (filed,) = kept(database, met["person"])
    keys = services.filing.keys
    fresh = filing.Filing(database, DocumentKeys(b"new", b"old"), services.filing.scanner, 10**9)
    with database.writing() as session:
        content = keys.open(documents.find_content(session, filed.id).sealed, filed.id)
        old = DocumentKeys(b"old")
        documents.set_sealed(session, filed.id, old.name, old.seal(content, filed.id))
    assert fresh.seal_anew() == 1
    assert fresh.seal_anew() == 0
    with database.reading() as session:
        assert filing.Filing(database, DocumentKeys(b"new"), fresh.scanner, 1).open(session, filed.id) == content


def test_one_that_no_key_opens_holds_up_neither_the_others_nor_the_own_copy(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database, services: Any
) -> None:
    client = sign_in(cast.priya)
    add(client, met["person"])
    add(client, met["person"], PAGES, "tenancy")
    keys = services.filing.keys
    first, second = sorted(kept(database, met["person"]), key=lambda each: each.id)
    lost, old = DocumentKeys(b"lost"), DocumentKeys(b"old")
    with database.writing() as session:
        content = keys.open(documents.find_content(session, second.id).sealed, second.id)
        documents.set_sealed(session, first.id, lost.name, lost.seal(b"what was in it", first.id))
        documents.set_sealed(session, second.id, old.name, old.seal(content, second.id))
    fresh = filing.Filing(database, DocumentKeys(b"new", b"old"), services.filing.scanner, 10**9)
    with pytest.raises(DamagedDocument, match="1 documents cannot be opened"):
        fresh.seal_anew()
    with database.reading() as session:
        assert DocumentKeys(b"new").open(documents.find_content(session, second.id).sealed, second.id) == content
    with database.writing() as session:
        documents.set_sealed(session, second.id, keys.name, keys.seal(content, second.id))
    opened = client.get(f"/people/{met['person']}/documents/{first.id}", headers=HTML)
    assert opened.status_code == 500
    assert "cannot be opened" in opened.text
    form = {"_csrf_token": client.cookies["lantern-form"]}
    answer = client.post(f"/people/{met['person']}/own-copy", data=form, headers=HTML)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        papers = {name: book.read(name) for name in book.namelist() if name.startswith("documents/")}
    assert content in papers.values()
    (said,) = [words.decode() for name, words in papers.items() if name.endswith("-cannot-be-opened.txt")]
    assert "Its key is not on this server, or it is damaged" in said


def test_the_filer_of_the_day_has_an_end(
    sign_in: Any, cast: Cast, met: dict[str, str], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "DAILY_BYTES", len(PICTURE) + 10)
    client = sign_in(cast.tom)
    assert add(client, met["person"]).status_code == 303
    refused = add(client, met["person"], PAGES)
    assert refused.status_code == 422
    assert "File the rest tomorrow." in refused.text
    with database.writing() as session:
        session.execute(update(document).values(kept_at=filing_day_before(kept(database, met["person"])[0])))
    assert add(client, met["person"], PAGES).status_code == 303


def filing_day_before(filed: Document) -> Any:
    assert filed.kept_at is not None
    return filed.kept_at - timedelta(days=1, seconds=1)
