"""A partner's own spreadsheet, as an Excel workbook or CSV, with headings in plain words.

Whose a first and last name are is not known here: they are taken for nobody's, and forgotten with the referrer's details.
"""

from server.importers.columns import Columns
from shared.model.codes import AlertSource

SPREADSHEET = Columns(
    AlertSource.SPREADSHEET,
    {
        "reference": ("reference", "ref", "id", "alert_id", "report_id", "number", "case_number"),
        "opened": (
            "date_reported",
            "reported_at",
            "reported",
            "date_and_time",
            "date_time",
            "date",
            "datetime",
            "received",
            "date_of_report",
            "reported_date",
            "report_date",
            "date_received",
        ),
        "opened_time": ("time_reported", "reported_time", "time_of_report", "time"),
        "closed": ("date_closed", "closed"),
        "latitude": ("latitude", "lat", "geo_latitude", "northing"),
        "longitude": ("longitude", "long", "lng", "lon", "geo_longitude", "easting"),
        "postcode": ("postcode", "post_code"),
        "street": ("street", "address", "road"),
        "details": ("place", "location", "location_details", "where", "where_seen", "site", "sleeping_site"),
        "district": ("district", "local_authority", "local_authority_name", "area", "borough"),
        "time_seen": ("time_seen", "when_seen", "time"),
        "appearance": ("description", "appearance", "details", "what_was_seen"),
        "concerns": ("concerns", "immediate_concerns", "risks", "safety"),
        "age": ("age_group", "age", "age_range"),
        "gender": ("gender", "sex"),
        "people": ("people", "number_of_people", "how_many"),
        "referrer": ("referrer_type", "reported_by", "source"),
        "consent": ("contact_consent", "may_we_contact_you", "feedback_wanted"),
        "first_name": (),
        "last_name": (),
        "outcome": ("outcome",),
        "status": ("status",),
    },
    also_kept=("easting", "northing", "what3words", "w3w", "grid_reference"),
)
SOURCE = SPREADSHEET.make_source("spreadsheet", "opened")
parse = SOURCE.parse
