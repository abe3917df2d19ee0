"""StreetLink's CSV, as its export of 2017-19 names the columns, with the older names where they plainly mean the same.

Bytes in; reports and refusals out, in the order of the file. Pure.
"""

from server.importers.columns import Columns
from server.importers.files import Refusal, decode_text, read_table
from server.importers.report import Reading, Report
from shared.model.codes import AlertSource

STREETLINK = Columns(
    AlertSource.STREETLINK,
    {
        "reference": (
            "alert_id",
            "referral_id",
            "alert_number",
            "referral_number",
            "streetlink_reference",
            "reference",
        ),
        "opened": ("datetime_opened", "date_opened", "date_time_opened", "post_date", "posted", "date_posted"),
        "closed": ("closed_date", "date_case_closed", "datetime_closed"),
        "latitude": ("geo_latitude", "latitude", "lat"),
        "longitude": ("geo_longitude", "longitude", "long", "lng", "lon"),
        "postcode": ("postcode", "post_code", "town_city_or_postcode"),
        "street": ("street", "street_name"),
        "details": ("location_details", "location_description", "location", "sleeping_site"),
        "district": ("local_authority_name", "local_authority", "la"),
        "time_seen": ("time_seen",),
        "usual_time": ("typical_time_seen_at_this_site", "typical_time_seen"),
        "appearance": ("appearance",),
        "concerns": ("immediate_concerns_about_client", "immediate_concerns", "issues_we_should_be_aware_of"),
        "age": ("age_group", "age_range"),
        "gender": ("gender",),
        "people": ("group_number_of_people",),
        "referrer": ("referrer_type", "capacity_of_referrer"),
        "consent": ("contact_consent", "wants_feedback"),
        "outcome": ("outcome_summary", "outcome"),
        "parent": ("parent_alert_id",),
        "duplication": ("duplication_status",),
        "status": ("status",),
    },
)


def parse(data: bytes, reading: Reading) -> list[Report | Refusal]:
    """The reports of a StreetLink file. Raises UnusableFile when it cannot be read as one at all."""
    required = STREETLINK.list_required("reference", "opened")
    return STREETLINK.read(read_table(decode_text(data), required), reading)
