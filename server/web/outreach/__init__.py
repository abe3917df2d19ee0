"""Pages of an outreach worker: a shift and its contacts without a phone, for those who need a screen reader or a keyboard."""

from server.web.outreach.contact import record, show_contact_form
from server.web.outreach.my_shift import call_for_help, end_shift, say_well, show_my_shift, start_shift

PAGES = (show_contact_form, record, show_my_shift, start_shift, say_well, end_shift, call_for_help)
