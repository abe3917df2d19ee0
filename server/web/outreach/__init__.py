"""Pages of an outreach worker: recording a contact without a phone, for those who need a screen reader or a keyboard."""

from server.web.outreach.contact import record, show_contact_form

PAGES = (show_contact_form, record)
