"""`python -m tests.mobile.golden.make`: the golden store of this version, once for each step of the schema; never
made again after release.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from mobile.field.views import PersonDraft
from mobile.store.schema import STEPS
from tests.mobile.rig import Rig
from tests.mobile.store.test_projection import a_busy_night

HERE = Path(__file__).parent


def main() -> int:
    target = HERE / f"store-{len(STEPS)}.db"
    if target.exists():
        sys.stderr.write(f"{target.name} exists: a golden store is never made again.\n")
        return 1
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(Path(name), family="90000000")
        rig.enrol()
        a_busy_night(rig)
        rig.field.add_person(PersonDraft(name="Łukasz", description="مرحبا, green tent 🏕"))
        told = {
            "key": (rig.field._door._key or b"").hex(),
            "people": [card.known_as for card in rig.field.search_people("")],
            "contacts": 2,
            "unsent": rig.field.unsent(),
        }
        rig.field._open.record.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rig.field.close()
        shutil.copy(rig.data / "store.db", target)
        target.with_suffix(".json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
