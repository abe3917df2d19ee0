"""Pages of a partner agency: its day, the actions it owes, the agendas it was sent, whom it puts forward, the agreements it
signed, and notes about people, what they told once and agreed to share, who may know of them, and what Housing needs."""

from server.web.agency.access_log import show_access_log
from server.web.agency.actions import explain, hold, mark_done, refuse, reopen, show_actions
from server.web.agency.agendas import (
    apologise,
    come_after_all,
    comes,
    download_agenda,
    download_people,
    name_representative,
    show_agenda,
    show_agendas,
)
from server.web.agency.agreements import add_agreement, keep_text, read_text, show_agreements
from server.web.agency.assessment import (
    print_assessment,
    save_from_paper,
    save_section,
    show_assessment,
    show_from_paper,
    show_section,
)
from server.web.agency.bundle import make_own_copy, show_own_copy
from server.web.agency.consent import say_consent, show_consent, withdraw_consent
from server.web.agency.documents import add_document, read_document, remove_document, show_documents
from server.web.agency.doors import record_door, show_doors
from server.web.agency.equality import record_equality, show_equality
from server.web.agency.health import record_health, show_health
from server.web.agency.hiding import hide, lift, show_hiding
from server.web.agency.housing_needs import record_housing_needs, show_housing_needs
from server.web.agency.minutes import download_minutes, show_minutes
from server.web.agency.notes import break_glass, show_notes, write_note
from server.web.agency.own_links import make_own_link, settle_wish, show_own_link, show_wishes
from server.web.agency.own_record import correct, show_own_record
from server.web.agency.plan import PAGES as PLAN_PAGES
from server.web.agency.put_forward import put_newcomer_forward, show_put_forward
from server.web.agency.questions import answer, ask, show_asking, show_questions
from server.web.agency.today import show_today
from server.web.agency.updates import send_updates
from server.web.agency.waiting import show_waiting_for_us
from server.web.agency.wellbeing import PAGES as WELLBEING_PAGES

PAGES = (
    show_today, show_waiting_for_us, show_asking, ask, show_questions, answer,
    show_actions, mark_done, explain, reopen, refuse, hold, come_after_all,
    show_agendas, show_agenda, download_agenda, send_updates, show_agreements, add_agreement, keep_text, read_text,
    show_notes, write_note, break_glass, show_hiding, hide, lift, show_access_log, show_put_forward, put_newcomer_forward,
    apologise, download_people, comes, name_representative, show_minutes, download_minutes,
    show_own_copy, make_own_copy, show_own_record, correct,
    show_housing_needs, record_housing_needs, show_health, record_health, show_doors, record_door, show_equality, record_equality,
    show_own_link, make_own_link, show_wishes, settle_wish,
    show_assessment, print_assessment, show_section, save_section, show_from_paper, save_from_paper,
    *PLAN_PAGES,
    *WELLBEING_PAGES,
    show_consent, say_consent, withdraw_consent,
    show_documents, add_document, read_document, remove_document,
)  # fmt: skip
