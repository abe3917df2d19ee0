"""Who sits at a district's table, and who speaks for each: an agency without a district of its own is asked to it, and can be
let go."""

from server.access import Access
from server.actions.conferences.conferences import open_unfinished
from server.actions.conferences.telling import tell_let_go
from server.actions.operation.orders import order_guest_taken, order_seat_taken
from server.problems import Invalid, NotFound
from server.queries.conferences import conferences, guests, seats
from server.queries.conferences.guests import Guest
from server.queries.conferences.places import set_newcomer_places
from server.queries.conferences.representatives import Representative, hold_representative, set_representative
from shared.model.value import Id
from shared.policy import Act
from shared.rules.agenda import CASES_AT_MOST

PURPOSE = "seats at the table"
LONGEST_NAME = 200
LONGEST_REASON = 2_000


def ask_to_table(access: Access, district_id: Id, agency_id: Id) -> None:
    """Ask an agency to a district's table. Raises Invalid for one that acts for a district, or sits there already."""
    access.require_district(Act.PREPARE_CONFERENCE, district_id, purpose=PURPOSE)
    if agency_id not in {each.id for each in seats.list_to_ask(access.session, district_id)}:
        raise Invalid("Choose a service of this list.")
    seats.add_seat(access.session, district_id, agency_id, access.now, access.actor.worker_id)


def keep_places(access: Access, district_id: Id, places: int) -> None:
    """Keep so many places of each agenda for people new to the conference. Raises Invalid for more than there are."""
    access.require_district(Act.PREPARE_CONFERENCE, district_id, purpose="places of the agenda")
    if not 0 <= places <= CASES_AT_MOST:
        raise Invalid(f"An agenda has {CASES_AT_MOST} places: keep from 0 to {CASES_AT_MOST} of them.")
    set_newcomer_places(access.session, district_id, places, access.now, access.actor.worker_id)


def say_representative(
    access: Access, district_id: Id, name: str, deputy: str, was: tuple[str, str] | None = None
) -> None:
    """Say who speaks for the actor's own agency at a district's table, and who where they cannot come; nobody where it is empty.

    What is as the page showed it (`was`: name, deputy) stays as a colleague may have said meanwhile. Raises NotFound for a table
    that is not theirs, Invalid for a name that is too long.
    """
    access.require_district(Act.WRITE_UPDATE, district_id, purpose=PURPOSE)
    now = hold_representative(access.session, district_id, access.actor.agency_id)
    if now is not None and was is not None:
        name = now.name if name == was[0] else name
        deputy = now.deputy if deputy == was[1] else deputy
    said = Representative(
        district_id=district_id, agency_id=access.actor.agency_id, name=check_name(name), deputy=check_name(deputy),
        said_at=access.now, said_by=access.actor.worker_id,
    )  # fmt: skip
    set_representative(access.session, said)


def check_name(typed: str) -> str:
    """A name on one line. Raises Invalid for one that would have to be cut."""
    name = " ".join(typed.split())
    if len(name) > LONGEST_NAME:
        raise Invalid(f"Use {LONGEST_NAME} characters or fewer for a name.")
    return name


def invite_guest(access: Access, conference_id: Id, case_id: Id, agency_id: Id, reason: str) -> None:
    """Invite an agency without a seat to one case of a conference: it is sent that case alone, and may be told an action.

    Raises NotFound for a case that is not on the agenda, Invalid for a seated agency and without a reason.
    """
    conference = open_unfinished(access, conference_id)
    if case_id not in {item.case_id for item in conferences.list_items(access.session, conference_id)}:
        raise NotFound
    if agency_id not in {each.id for each in guests.list_possible_guests(access.session, conference.district_id)}:
        raise Invalid("Choose a service that has no seat at this table.")
    if not reason.strip():
        raise Invalid("Say why this service is invited. It is kept with the case.")
    if len(reason.strip()) > LONGEST_REASON:
        raise Invalid(f"Use {LONGEST_REASON:,} characters or fewer.")
    guests.add_guest(
        access.session,
        Guest(
            conference_id=conference_id, case_id=case_id, agency_id=agency_id, reason=reason.strip(),
            asked_at=access.now, asked_by=access.actor.worker_id,
        ),
    )  # fmt: skip


def uninvite_guest(access: Access, conference_id: Id, case_id: Id, agency_id: Id) -> None:
    """Invite it no longer: from now on it reads nothing of that case, and its calendar hears so where it was its only one."""
    conference = open_unfinished(access, conference_id)
    guests.remove_guest(access.session, conference_id, case_id, agency_id)
    order_guest_taken(access.session, conference_id, case_id, agency_id, access.now, access.new_id())
    tell_let_go(access, conference)


def let_go(access: Access, district_id: Id, agency_id: Id) -> None:
    """Take an agency from a table that it was asked to: from now on it is sent nothing of it, and its calendar hears so."""
    access.require_district(Act.PREPARE_CONFERENCE, district_id, purpose=PURPOSE)
    seats.remove_seat(access.session, district_id, agency_id)
    order_seat_taken(access.session, district_id, agency_id, access.now, access.new_id())
    for conference in conferences.list_conferences(access.session, [district_id]):
        if conference.finished_at is None and conference.circulated_at is not None:
            tell_let_go(access, conference)
