"""Hiding a person from all but named services, and showing them again (privacy rule A5).

Whoever may not know is told nothing from then on, at any door: pages ask `server.queries.people.concealment`, feeds of phones are
settled here, and a shared agenda never holds a hidden person. Nothing that was recorded is lost, by whomever.
"""

from collections.abc import Collection

from server.access import Access
from server.actions.conferences.conferences import take_off_agendas
from server.actions.operation.orders import order_hiding, order_showing
from server.actions.sync.projection.holding import hold_people
from server.problems import Invalid, NotFound, uncut
from server.queries.partnership import agencies
from server.queries.people import assessments, concealment, own_pages, subjects
from server.queries.people.concealment import Hiding
from server.queries.street import contacts
from server.queries.sync.store import conceal, reveal
from shared.model.value import Id
from shared.policy import Act

PURPOSE = "hide a person"
SHORTEST_REASON = 10
LONGEST_REASON = 2_000


def find_hiding(access: Access, person_id: Id) -> Hiding | None:
    """The hiding that stands for a person, under whichever of their records. The caller has been let through to them."""
    return next((each for each in list_past(access, person_id) if each.lifted_at is None), None)


def list_past(access: Access, person_id: Id) -> list[Hiding]:
    """Every time that a person was hidden, the newest first, the one that stands among them."""
    return concealment.list_hidings(access.session, subjects.list_same_person(access.session, person_id))


def hide_person(access: Access, person_id: Id, agency_ids: Collection[Id], reason: str) -> Hiding:
    """From now on only these agencies, and the actor's own, may know that there is a record. Said again, it replaces what
    was said before.

    Raises NotFound for a person whom the actor may not know, Invalid without a reason or for an agency that is none.
    """
    access.require(Act.HIDE_PERSON, subjects.find_person(access.session, person_id), purpose=PURPOSE)
    said = _reason(reason, "Say why only some may know, in a sentence. It is kept.")
    known = {agency.id for agency in agencies.list_agencies(access.session)}
    if not set(agency_ids) <= known:
        raise Invalid("Choose agencies of this list.")
    hold_people(access.session, [person_id])  # what a phone brings of them meanwhile is judged and hidden with the rest
    same = subjects.list_same_person(access.session, person_id)
    concealment.lift_hidings(access.session, same, access.now, access.actor.worker_id, "Hidden otherwise")
    hiding = Hiding(
        id=access.new_id(),
        person_id=person_id,
        at=access.now,
        worker_id=access.actor.worker_id,
        agency_id=access.actor.agency_id,
        reason=said,
        agency_ids=tuple(sorted({*agency_ids, access.actor.agency_id})),
    )
    concealment.add_hiding(access.session, hiding)
    take_off_agendas(access, same)
    # In whose hands a link is nobody knows: another is made with them.
    own_pages.end_links(access.session, same, access.now)
    heard_in = [
        f"team:{team.id}" for team in agencies.list_teams(access.session) if team.agency_id in hiding.agency_ids
    ]
    entities = _entities_of(access, same)
    order_hiding(access.session, hiding, entities, heard_in, access.now, access.new_id())
    conceal(access.session, entities, heard_in)
    return hiding


def show_person_again(access: Access, person_id: Id, reason: str) -> None:
    """Everybody whom policy lets know of the person knows of them again. Raises NotFound, Invalid without a reason."""
    access.require(Act.HIDE_PERSON, subjects.find_person(access.session, person_id), purpose="show a person again")
    said = _reason(reason, "Say why everybody may know again, in a sentence. It is kept.")
    if find_hiding(access, person_id) is None:
        raise NotFound
    hold_people(access.session, [person_id])  # what a phone brings of them meanwhile is judged and hidden with the rest
    same = subjects.list_same_person(access.session, person_id)
    concealment.lift_hidings(access.session, same, access.now, access.actor.worker_id, said)
    entities = _entities_of(access, same)
    order_showing(access.session, person_id, entities, access.actor.worker_id, access.now, access.new_id())
    reveal(access.session, entities)


def _reason(reason: str, message: str) -> str:
    said = reason.strip()
    if len(said) < SHORTEST_REASON:
        raise Invalid(message)
    return uncut(said, LONGEST_REASON)


def _entities_of(access: Access, person_ids: Collection[Id]) -> list[Id]:
    """What phones hear of a person: their records, every contact that names them, whoever else it names, and each answer."""
    return [
        *person_ids, *contacts.list_contacts_of(access.session, person_ids),
        *assessments.list_answer_ids(access.session, list(person_ids)),
    ]  # fmt: skip
