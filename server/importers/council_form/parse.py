"""The export of a council's web form, "report someone sleeping rough": a column a question, CSV or workbook."""

from server.importers.columns import Columns
from shared.model.codes import AlertSource

COUNCIL_FORM = Columns(
    AlertSource.COUNCIL_FORM,
    {
        "reference": ("form_reference", "submission_id", "reference", "case_reference", "id"),
        "opened": ("submitted_at", "date_submitted", "submitted", "submission_date", "timestamp", "date"),
        "closed": ("date_closed",),
        "latitude": ("latitude", "map_latitude", "lat"),
        "longitude": ("longitude", "map_longitude", "long", "lng", "lon"),
        "postcode": ("postcode", "nearest_postcode"),
        "street": ("street", "address"),
        "details": ("where_did_you_see_them", "where", "location", "where_is_the_person"),
        "district": ("council", "district"),
        "time_seen": ("when_did_you_see_them", "when", "time_seen"),
        "appearance": ("what_did_you_see", "describe_the_person", "description", "what_do_they_look_like"),
        "concerns": ("are_you_worried_about_them", "concerns", "immediate_concerns"),
        "people": ("how_many_people", "number_of_people"),
        "gender": ("gender",),
        "age": ("age", "age_group"),
        "referrer": ("who_are_you", "reporter_type"),
        "consent": ("may_we_tell_you_what_happened", "may_we_contact_you", "contact_consent"),
        "status": ("status",),
    },
    marks=("submitted_at", "date_submitted", "where_did_you_see_them", "submission_id", "form_reference"),
)
SOURCE = COUNCIL_FORM.make_source("council-form", "opened", "details")
parse = SOURCE.parse
