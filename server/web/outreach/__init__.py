"""Pages of an outreach worker: a shift and its contacts without a phone, for those who need a screen reader or a keyboard."""

from server.web.outreach.contact import record, show_contact_form
from server.web.outreach.my_shift import call_for_help, end_shift, say_well, show_my_shift, start_shift
from server.web.outreach.pocket import send_manifest, send_worker, show_pocket_form
from server.web.outreach.recorded import (
    put_back,
    put_right,
    put_stop_back,
    show_contact,
    show_recorded,
    show_stop,
    strike,
    strike_stop,
)
from server.web.outreach.tonights_list import show_tonights_list
from server.web.outreach.visit import record_stop, show_visit_form

PAGES = (
    show_contact_form,
    record,
    show_visit_form,
    record_stop,
    show_recorded,
    show_contact,
    put_right,
    strike,
    put_back,
    show_stop,
    strike_stop,
    put_stop_back,
    show_my_shift,
    show_tonights_list,
    start_shift,
    say_well,
    end_shift,
    call_for_help,
    show_pocket_form,
    send_worker,
    send_manifest,
)
