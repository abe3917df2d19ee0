"""StreetLink's table, CSV or workbook, as its exports of 2017-19 and of 2012-17 name the columns.

In the older one first and last name are those of the person who sleeps rough, "if known": never the referrer's.
"""

from server.importers.columns import Columns
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
        "opened_time": ("post_time", "time_posted"),
        "closed": ("closed_date", "date_case_closed", "datetime_closed"),
        "latitude": ("geo_latitude", "latitude", "lat"),
        "longitude": ("geo_longitude", "longitude", "long", "lng", "lon"),
        "postcode": ("postcode", "post_code", "town_city_or_postcode"),
        "building": ("nearest_building_number",),
        "street": ("street", "street_name"),
        "details": ("location_details", "location_description", "location", "sleeping_site"),
        "district": ("local_authority_name", "local_authority", "la"),
        "time_seen": ("time_seen",),
        "first_name": ("first_name",),
        "last_name": ("last_name",),
        "usual_time": ("how_regularly_seen", "typical_time_seen_at_this_site", "typical_time_seen"),
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
    also_kept=(
        "alert_id", "alert_number", "alert_origin",
        "region", "channel", "type", "ethnicity", "feedback_method", "map_url",
        "date_of_first_attempt", "referral_date", "la_follow_up", "report_completed", "feedback_provided",
    ),
    is_upper=True,
    marks=("datetime_opened", "geo_latitude", "alert_id", "referral_number", "post_date", "capacity_of_referrer"),
)  # fmt: skip
SOURCE = STREETLINK.make_source("streetlink", "reference", "opened")
parse = SOURCE.parse
