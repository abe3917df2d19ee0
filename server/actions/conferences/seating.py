"""Who sits at a district's table: an agency without a district of its own is asked to it, and can be let go."""

from server.access import Access
from server.problems import Invalid
from server.queries.conferences import seats
from shared.model.value import Id
from shared.policy import Act

PURPOSE = "seats at the table"


def ask_to_table(access: Access, district_id: Id, agency_id: Id) -> None:
    """Ask an agency to a district's table. Raises Invalid for one that acts for a district, or sits there already."""
    access.require_district(Act.PREPARE_CONFERENCE, district_id, purpose=PURPOSE)
    if agency_id not in {each.id for each in seats.list_to_ask(access.session, district_id)}:
        raise Invalid("Choose a service of this list.")
    seats.add_seat(access.session, district_id, agency_id, access.now, access.actor.worker_id)


def let_go(access: Access, district_id: Id, agency_id: Id) -> None:
    """Take an agency from a table that it was asked to: from now on it is sent nothing of it."""
    access.require_district(Act.PREPARE_CONFERENCE, district_id, purpose=PURPOSE)
    seats.remove_seat(access.session, district_id, agency_id)
