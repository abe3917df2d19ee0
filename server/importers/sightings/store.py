"""Night counts brought in, each with its district. Nobody is identified in them.

A count outside every district is kept all the same, without a district: a hotspot has no boundary.
"""

from collections.abc import Sequence
from pathlib import Path

from server.database.engine import Database
from server.importers.accounting import Account, Importing, close_account
from server.importers.files import Refusal
from server.importers.sightings.parse import Count
from server.places.districts import load_district_finder
from server.queries.maps.sightings import StoredCount, add_counts, list_known_keys, set_looked


def import_sightings(database: Database, run: Importing, rows: Sequence[Count | Refusal], data: Path) -> Account:
    """Store counts; the n-th row of a kind that is held already is a duplicate, which may say now that somebody looked."""
    account = Account(read=len(rows), refused=[row for row in rows if isinstance(row, Refusal)])
    with database.writing() as session:
        counts = [row for row in rows if isinstance(row, Count)]
        held = list_known_keys(session, [count.key for count in counts])
        set_looked(session, [count.key for count in counts if count.looked and count.key in held])
        new = {count.key: count for count in counts if count.key not in held}
        account.accepted, account.duplicates = len(new), len(counts) - len(new)
        latitude, longitude = ([getattr(count, half) for count in new.values()] for half in ("latitude", "longitude"))
        districts = load_district_finder(session, data).find_many(latitude, longitude)
        batch_id = run.new_id()
        stored = [
            StoredCount(
                run.new_id(),
                each.night,
                each.latitude,
                each.longitude,
                each.people,
                area,
                batch_id,
                each.key,
                each.looked,
            )
            for each, area in zip(new.values(), districts, strict=True)
        ]
        close_account(session, run, batch_id, account)
        add_counts(session, stored)
    return account
