"""Place names brought in: the same name at the same point again is a duplicate."""

from collections.abc import Sequence

from server.database.engine import Database
from server.importers.accounting import Account, Importing, close_account
from server.importers.files import Refusal
from server.importers.gazetteer.parse import Named
from server.places.gazetteer import make_name_key
from server.queries.maps.gazetteer import NamedPlace, add_places, list_known


def import_gazetteer(database: Database, run: Importing, rows: Sequence[Named | Refusal]) -> Account:
    """Store places."""
    account = Account(read=len(rows))
    places: list[NamedPlace] = []
    with database.writing() as session:
        held = list_known(session)
        for row in rows:
            if isinstance(row, Refusal):
                account.refuse(row)
                continue
            key = make_name_key(row.name)
            if (key, row.latitude, row.longitude) in held:
                account.duplicates += 1
                continue
            held.add((key, row.latitude, row.longitude))
            account.accepted += 1
            places.append(NamedPlace(run.new_id(), row.name, key, row.kind, row.latitude, row.longitude))
        close_account(session, run, run.new_id(), account)
        add_places(session, places)
    return account
