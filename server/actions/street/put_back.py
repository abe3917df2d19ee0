"""After a restore from an older backup: who is missed by what that knows was perhaps told of before, taken over, or heard since.

Nothing of that is known any more. So it stands in each alarm's log, nobody counts as having it, and everybody is told anew, by
messages that say why.
"""

from datetime import datetime
from itertools import count
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from server.actions.street.alarms import Watch
from server.queries.street import alarms
from shared.model.alarm import AlarmEvent, AlarmEventKind
from shared.model.value import Id
from shared.rules.alarms import Ladder

RESTORES = UUID("6f0a7d52-3a52-4d0e-9a3f-1f0e8a6c1160")
WORDS = (
    "Lantern was put back to an earlier state. What was said and done since then is not known here any more: everybody may be "
    "told for the second time, and whoever has it says so again."
)


def say_put_back(session: Session, now: datetime, ladder: Ladder) -> int:
    """Say so of everybody who is missed at the moment of the restore; returns how many. The server's first round tells people."""
    number = count()

    def new_id() -> Id:
        return str(uuid5(RESTORES, f"{now.isoformat()} {next(number)}"))

    missed = Watch(session, now, new_id, ladder).find_missed()
    alarms.add_events(
        session,
        [
            AlarmEvent(id=new_id(), alarm_id=each.id, at=now, kind=AlarmEventKind.PUT_BACK, note=WORDS)
            for each in missed
        ],
    )
    return len(missed)
