"""Pages of an administrator and whoever answers for phones: phones, enrolment, workers, agencies and their agreements."""

from server.web.admin.audit_search import search_audit, show_audit
from server.web.admin.boundary_changes import (
    call_change_off,
    carry_out_now,
    place_staff,
    plan_boundary_change,
    show_boundary_change,
    show_boundary_changes,
)
from server.web.admin.county import apply_plan, download_county, plan_county, show_county, show_plan, undo_plan
from server.web.admin.enrol import make_code, show_enrol_form, show_waiting
from server.web.admin.orders import confirm, decide_on, differ, let_pin_be_tried, name_phone, stop
from server.web.admin.outbox import send_again, show_outbox
from server.web.admin.people import end_worker_sessions, keep_mailbox, leave, show_agencies, show_workers
from server.web.admin.phones import show_held_of_phone, show_name, show_phone, show_phones
from server.web.admin.records import end_record, invite_worker, keep_record, show_record, show_records
from server.web.admin.reviews import review_one, show_reviews
from server.web.admin.server import show_server
from server.web.admin.systems import end_system, show_systems

PAGES = (
    show_phones, show_phone, show_name, show_held_of_phone,
    stop, confirm, decide_on, show_enrol_form, make_code, show_waiting, show_workers,
    end_worker_sessions,
    show_agencies,
    show_reviews, review_one, show_audit, search_audit, show_outbox, send_again, keep_mailbox, leave,
    show_county, download_county, plan_county, show_plan, apply_plan, undo_plan, show_records, show_record, keep_record,
    end_record, invite_worker,
    show_boundary_changes, plan_boundary_change, show_boundary_change, place_staff, carry_out_now, call_change_off,
    differ, let_pin_be_tried, name_phone, show_server, show_systems, end_system,
)  # fmt: skip
