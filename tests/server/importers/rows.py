"""StreetLink rows for tests: one good row, and the same with some cells changed."""

import csv
import io

from server.importers.refused import Tray

SECRET = b"a secret of the suite, thirty-two bytes long"
TRAY = Tray(SECRET)

HEADING = (
    "alert_id", "alert_number", "duplication_status", "parent_alert_id", "status", "datetime_opened", "closed_date",
    "time_seen", "typical_time_seen_at_this_site", "referrer_type", "alert_origin", "contact_consent",
    "local_authority_name", "street", "postcode", "location_details", "geo_latitude", "geo_longitude", "age_group",
    "gender", "appearance", "immediate_concerns_about_client", "group_number_of_people", "outcome_summary",
)  # fmt: skip
GOOD = {
    "alert_id": "SL-1",
    "alert_number": "WD123",
    "status": "Open",
    "datetime_opened": "11/11/2026 22:15",
    "time_seen": "9pm",
    "referrer_type": "Member of the Public",
    "alert_origin": "web",
    "contact_consent": "yes",
    "local_authority_name": "Watford",
    "street": "Clarendon Road",
    "location_details": "doorway by the station",
    "geo_latitude": "51.6600",
    "geo_longitude": "-0.3960",
    "age_group": "25 - 50 years old",
    "gender": "male",
    "appearance": "grey sleeping bag, red hat",
    "immediate_concerns_about_client": "no coat",
}


def streetlink(*changes, heading=HEADING, encoding="utf-8", delimiter=","):
    """A StreetLink file: a good row for each dict of changed cells."""
    text = io.StringIO()
    lines = csv.DictWriter(text, heading, restval="", extrasaction="ignore", delimiter=delimiter)
    lines.writeheader()
    lines.writerows(GOOD | change for change in changes)
    return text.getvalue().encode(encoding)
