"""Filing a document, reading it, and taking it off again.

A file is judged by its bytes, drawn anew where it is a picture, shown to the operator's scanner, sealed, and only then kept. A
document of a person is read by those who work with them; a picture of a place by those who may know the place.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from msgspec import Struct
from sqlalchemy.orm import Session

from server.access import Access
from server.actions.operation.orders import order_document_erased
from server.database.engine import Database
from server.database.locks import lock_records
from server.problems import CONFLICTING, FAULT, TOO_LARGE, UNAVAILABLE, Failure, Invalid, NotFound, TooManyTries
from server.queries.people import documents, subjects
from server.queries.people.documents import Document, Sealed
from server.queries.sync import blobs
from server.security.contents import PDF, Safe, Unusable, make_safe
from server.security.documents import DamagedDocument, DocumentKeys
from server.security.scanning import Scanner, ScannerSilent
from shared.model.codes import DocumentKind, DocumentState
from shared.model.document import DOCUMENT_BYTES_MAX
from shared.model.value import Id
from shared.policy import Act, Subject

FOUND = "The scanner of this server keeps this file out."
SILENT = "Files cannot be checked at the moment, so none is taken. Try again later."
NO_ROOM = "There is no room for documents on this server. Tell your administrator."
DAMAGED = "This document cannot be opened. Its key is not on this server, or it is damaged. Tell your administrator."
NOT_ANNOUNCED = "Nobody has announced these bytes, or what announced them is held."
A_DAY = timedelta(days=1)
DAILY_BYTES = 100 * 1024 * 1024
"""What one worker files in a day: a hundred pictures of letters."""
UNSENT_FOR = timedelta(days=14)
"""As long as a phone keeps what it holds readable (privacy rule B6)."""
LONGEST_TITLE = 200
SHORTEST_REASON = 10
KINDS_OF_A_PERSON = tuple(kind for kind in DocumentKind if kind is not DocumentKind.PLACE)
PIECE = 50


class Progress(Struct, frozen=True):
    """How a phone stands with an attachment: so many bytes are here; `is_over` when it is filed, or refused for good."""

    received: int
    is_over: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Filing:
    """Where documents are filed on one server. `room_bytes` is what all of them may hold together."""

    database: Database
    keys: DocumentKeys
    scanner: Scanner
    room_bytes: int

    def judge(self, content: bytes) -> Safe:
        """What is kept of a file. Raises Invalid for one that is not taken, Failure (503) where the scanner is silent."""
        if len(content) > DOCUMENT_BYTES_MAX:
            raise Failure(TOO_LARGE, "A document may hold up to 5 MB.")
        try:
            safe = make_safe(content)
            if not self.scanner.lets_in(content):
                raise Invalid(FOUND)
        except Unusable as unusable:
            raise Invalid(str(unusable)) from unusable
        except ScannerSilent as silent:
            raise Failure(UNAVAILABLE, SILENT) from silent
        return safe

    def keep(self, session: Session, announced: Document, safe: Safe, now: datetime) -> Document:
        """Seal and store what was judged."""
        filed = msgspec.structs.replace(
            announced, state=DocumentState.KEPT, media_type=safe.media_type, kept_at=now, reason=""
        )
        documents.add_documents(session, [filed])
        sealed = Sealed(
            document_id=filed.id, person_id=filed.person_id, key_name=self.keys.name, size=len(safe.content),
            sealed=self.keys.seal(safe.content, filed.id),
        )  # fmt: skip
        documents.keep_content(session, filed, sealed)
        return filed

    def check_room(self, session: Session, worker_id: Id, size: int, now: datetime) -> None:
        """Raises TooManyTries for whoever files very much in a day, Failure (503) where there is no room."""
        if documents.count_bytes_of(session, worker_id, now - A_DAY) + size > DAILY_BYTES:
            raise TooManyTries(int(A_DAY.total_seconds() / 24))
        if documents.count_bytes(session) + size > self.room_bytes:
            raise Failure(UNAVAILABLE, NO_ROOM)

    def open(self, session: Session, document_id: Id) -> bytes:
        """The bytes of a filed document. Raises NotFound where there are none, DamagedDocument."""
        found = documents.find_content(session, document_id)
        if found is None:
            raise NotFound
        return self.keys.open(found.sealed, document_id)

    # ------------------------------------------------------------------------------------------------ from a phone

    def take_piece(
        self,
        session: Session,
        device: int,
        worker_id: Id,
        name: str,
        size: int,
        start: int,
        piece: bytes,
        now: datetime,
    ) -> Progress:
        """Take the bytes of an announced document from `start` on. Raises Failure, and BlobRefused for a wrong piece."""
        waiting = _list_waiting(session, name, worker_id)
        if isinstance(waiting, Progress):
            return waiting
        if any(each.size != size for each in waiting):
            raise Failure(CONFLICTING, "It was announced with another size.")
        if blobs.find_received(session, name) is None:
            self.check_room(session, worker_id, size, now)
        received = blobs.begin_blob(session, name, size, device, int(now.timestamp() * 1000))
        if piece and received < size:
            received = blobs.append_blob(session, name, start, piece, self.keys)
        return Progress(received)

    def file_whole(self, worker_id: Id, name: str, now: datetime) -> Progress:
        """Judge what has come whole, and file it; asked again after a fault, it does so again. Raises Failure."""
        with self.database.reading() as session:
            content = blobs.find_blob(session, name, self.keys)
        if content is None:
            return self._standing(worker_id, name)
        safe, refusal = None, ""
        try:
            safe = self.judge(content)
        except Invalid as refused:
            refusal = refused.errors[0]
        with self.database.writing() as session:
            waiting = _list_waiting(session, name, worker_id)
            for each in waiting if not isinstance(waiting, Progress) else ():
                if safe is None:
                    documents.refuse(session, [each.id], refusal)
                else:
                    self.keep(session, each, safe, now)
            blobs.delete_blob(session, name)
        return Progress(len(content), is_over=True, reason=refusal)

    def _standing(self, worker_id: Id, name: str) -> Progress:
        with self.database.reading() as session:
            waiting = _list_waiting(session, name, worker_id)
        return waiting if isinstance(waiting, Progress) else Progress(0)

    # ------------------------------------------------------------------------------------------------ at night

    def forget_unsent(self, now: datetime) -> int:
        """Bytes that never came whole in a day, and announcements whose bytes never came in a fortnight."""
        with self.database.writing() as session:
            pieces = blobs.forget_unfinished(session, int((now - A_DAY).timestamp() * 1000))
            return pieces + documents.delete_unsent(session, now - UNSENT_FOR)

    def seal_anew(self) -> int:
        """Seal with the key of today what an earlier one sealed; returns how many. Raises DamagedDocument where no key opens
        some, once all others are sealed."""
        done, damaged, after = 0, 0, ""
        while True:
            with self.database.writing() as session:
                found = documents.list_sealed_otherwise(session, self.keys.name, after, PIECE)
                for each in found:
                    try:
                        content = self.keys.open(each.sealed, each.document_id)
                    except DamagedDocument:
                        damaged += 1
                        continue
                    documents.set_sealed(
                        session, each.document_id, self.keys.name, self.keys.seal(content, each.document_id)
                    )
                    done += 1
            if not found:
                break
            after = found[-1].document_id
        if damaged:
            raise DamagedDocument(
                f"{damaged} documents cannot be opened: their key is not on this server, or they are damaged."
            )
        return done


def _list_waiting(session: Session, name: str, worker_id: Id) -> list[Document] | Progress:
    """What waits for these bytes; where nothing does, how it ended. Raises Failure where they were never announced."""
    announced = documents.list_announced(session, name, worker_id)
    if not announced:
        raise Failure(CONFLICTING, NOT_ANNOUNCED)
    waiting = [each for each in announced if each.state is DocumentState.WAITING]
    if waiting:
        return waiting
    return Progress(announced[0].size, is_over=True, reason=announced[0].reason)


# ---------------------------------------------------------------------------------------------------- by pages


def list_documents(access: Access, person_id: Id) -> list[Document]:
    """What is on a person's record. Raises NotFound or Forbidden for whoever does not work with them."""
    subject, same = access.find_person_and_same(person_id)
    access.require(Act.SEE_DOCUMENT, subject, purpose="documents")
    return documents.list_of_people(access.session, same)


def list_place_pictures(access: Access, person_id: Id) -> list[Document]:
    """Pictures of the places where they were met, of those places that the actor may know."""
    subject, same = access.find_person_and_same(person_id)
    if subject is None or not access.allows(Act.SEE_PLACE, subject):
        return []
    found = documents.list_of_places(access.session, same)
    places = {each.site_id: subjects.find_site(access.session, each.site_id or "") for each in found}
    return [each for each in found if (place := places[each.site_id]) and access.allows(Act.SEE_PLACE, place)]


def read_document(access: Access, filing: Filing, person_id: Id, document_id: Id) -> tuple[Document, bytes]:
    """A document of a person's, or of a place of theirs, with its bytes. Raises NotFound, also for whoever may not read it, or
    Forbidden."""
    found = documents.find_document(access.session, document_id)
    if found is not None and found.site_id is None and found.person_id not in access.find_person_and_same(person_id)[1]:
        found = None
    act, subject = _asked(access, found)
    access.require(act, subject, purpose="document opened", detail=document_id)
    if found is None:
        raise NotFound
    try:
        return found, filing.open(access.session, document_id)
    except DamagedDocument as damaged:
        raise Failure(FAULT, DAMAGED) from damaged


def _asked(access: Access, found: Document | None) -> tuple[Act, Subject | None]:
    """What is asked of whoever reads a document: of its person, or of its place."""
    if found is None:
        return Act.SEE_DOCUMENT, None
    if found.site_id is not None:
        return Act.SEE_PLACE, subjects.find_site(access.session, found.site_id)
    return Act.SEE_DOCUMENT, access.find_person_and_same(found.person_id or "")[0]


def require_adding(access: Access, person_id: Id) -> None:
    """May the actor file a document of this person? Raises NotFound or Forbidden."""
    access.require(Act.ADD_DOCUMENT, access.find_person_and_same(person_id)[0], purpose="document filed")


def add_document(
    access: Access, filing: Filing, person_id: Id, kind: DocumentKind, title: str, content: bytes, safe: Safe
) -> Document:
    """File what somebody uploaded and `judge` let in; the same bytes again are the same document, called as they call it now.

    Call `require_adding` before in the request: judging takes a moment, and no transaction waits for it.
    """
    if not access.allows(Act.ADD_DOCUMENT, access.find_person_and_same(person_id)[0] or Subject()):
        raise NotFound
    name = sha256(content).hexdigest()
    lock_records(access.session, [f"{person_id} {name}"])  # of two presses at one moment the second finds the first's
    same = documents.list_announced(access.session, name, access.actor.worker_id)
    known = next((each for each in same if each.person_id == person_id and each.state is DocumentState.KEPT), None)
    title = title.strip()[:LONGEST_TITLE]
    if known is not None:
        documents.set_called(access.session, known.id, kind, title or known.title)
        return msgspec.structs.replace(known, kind=kind, title=title or known.title)
    filing.check_room(access.session, access.actor.worker_id, len(content), access.now)
    filed = Document(
        id=access.new_id(), kind=kind, sha256=name, size=len(content), worker_id=access.actor.worker_id,
        agency_id=access.actor.agency_id, at=access.now, announced_at=access.now, person_id=person_id,
        title=title,
    )  # fmt: skip
    return filing.keep(access.session, filed, safe, access.now)


def remove_document(access: Access, document_id: Id, reason: str) -> Document:
    """Erase a document that should not be there: filed by the actor's own agency, with a reason.

    Raises NotFound, Forbidden or Invalid.
    """
    found = documents.find_document(access.session, document_id)
    if found is not None and found.agency_id != access.actor.agency_id:
        found = None
    act, subject = _asked(access, found)
    access.require(act, subject, purpose="document erased", detail=f"{document_id}: {found.kind}" if found else "")
    if found is None:
        raise NotFound
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid("Say in a sentence why it should not be there.")
    documents.delete_document(access.session, document_id)
    order_document_erased(access.session, document_id, access.now, access.new_id())
    return found


def list_for_copy(access: Access, filing: Filing, person_id: Id) -> list[tuple[str, bytes]]:
    """A person's documents for their own copy, as (file name, bytes). The caller has asked whether the copy may be made."""
    _, same = access.find_person_and_same(person_id)
    kept = [each for each in documents.list_of_people(access.session, same) if each.state is DocumentState.KEPT]
    return [_copy(access, filing, f"documents/{number:03}-{each.kind}", each) for number, each in enumerate(kept, 1)]


def _copy(access: Access, filing: Filing, name: str, each: Document) -> tuple[str, bytes]:
    """A document, or in its place a line that says why it is missing: one never keeps all the rest from its person."""
    try:
        return f"{name}.{name_ending(each)}", filing.open(access.session, each.id)
    except (DamagedDocument, NotFound):
        return f"{name}-cannot-be-opened.txt", f"{DAMAGED}\n".encode()


def name_ending(document: Document) -> str:
    """How a file of it is named at its end."""
    return "pdf" if document.media_type == PDF else "jpg"


def is_shown(document: Document) -> bool:
    """Is it shown on a page? What is no picture of our own drawing is only ever saved."""
    return document.media_type != PDF
