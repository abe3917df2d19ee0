"""The export of a council's web form, "report someone sleeping rough": CSV, a column a question.

Bytes in; reports and refusals out, in the order of the file. Pure.
"""

from server.importers.columns import Columns
from server.importers.files import Refusal, decode_text, read_table
from server.importers.report import Reading, Report
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
)


def parse(data: bytes, reading: Reading) -> list[Report | Refusal]:
    """The reports of a form's export. Raises UnusableFile when it cannot be read as one at all."""
    required = COUNCIL_FORM.list_required("opened", "details")
    return COUNCIL_FORM.read(read_table(decode_text(data), required), reading)
