"""Pages of a district's MDT coordinator: the case list, a person's record, and the case conference from date to
minutes."""

from server.web.coordinator import (
    attendance,
    case_study,
    caseload,
    caseloads,
    chase,
    circulate,
    completeness,
    conference,
    conferences,
    discussion,
    facts,
    finish,
    harm,
    minutes,
    notices,
    offers,
    papers,
    places,
    priorities,
    questions,
    returns,
    room,
    sent,
    snapshot,
    stays,
    tracker,
)
from server.web.coordinator.case_forms import give, lead, show_hand_over, show_lead
from server.web.coordinator.case_list import search_case_list, show_case_list, show_found, tell_news
from server.web.coordinator.case_list_acts import decide_several, download_list, drop_view, keep_view
from server.web.coordinator.decisions import decide, forward, judge
from server.web.coordinator.person import show_person

PAGES = (
    show_case_list, keep_view, drop_view, download_list, decide_several,
    tell_news, search_case_list, show_found, show_person, judge, decide, forward,
    show_lead, lead, show_hand_over, give, facts.show_facts, facts.save_facts, harm.show_harm,
    conferences.show_conferences, conferences.call_conference, conferences.keep_places,
    conference.show_conference, conference.change, conference.swap, conference.choose_again,
    circulate.check_circulating, circulate.circulate,
    conference.add, conference.take_off, conference.remove, conference.call_off, conference.change_seat, conference.change_guest,
    conference.show_paper,
    room.show_room, room.tell_room, room.save_field,
    discussion.show_case, discussion.read_note, discussion.save_note, discussion.save_outcome,
    discussion.agree_action, discussion.echo_line,
    discussion.take_back_action, attendance.show_attendance, attendance.note_attendance, finish.show_end, finish.end,
    minutes.show_minutes, minutes.check, minutes.circulate, minutes.show_correction, minutes.correct, sent.show_sent,
    sent.download_sent, papers.download_agenda, papers.download_invitation,
    chase.show_board, chase.download_board, chase.mark_told, chase.give, chase.ask, chase.add,
    priorities.show_priorities, priorities.place_case, priorities.save_general,
    tracker.show_tracker, tracker.download_tracker, tracker.read_tracker,
    caseload.show_caseloads, caseload.bring_file, caseload.show_plan, caseload.keep_answers, caseload.undo_file,
    caseload.let_onto_phones, caseload.drop_file,
    completeness.show_completeness, caseloads.show_caseloads, caseloads.save_weights,
    case_study.show_case_study, case_study.download_case_study,
    tracker.show_share, tracker.download_share,
    returns.show_return, returns.sign_return, returns.download_return,
    questions.show_questions, questions.keep_question, questions.retire_question,
    snapshot.show_snapshots, snapshot.plan_snapshot, snapshot.show_snapshot, snapshot.keep_walk, snapshot.keep_named,
    snapshot.change_line, snapshot.sign_snapshot, snapshot.show_sheets, snapshot.sign_sheet, snapshot.download_sheet,
    stays.show_stays, stays.add_stay, stays.end_stay, offers.show_offers, offers.keep_offer,
    notices.show_notices, notices.answer_notice, notices.add_to_notice, notices.bring_notices,
    notices.mend_notice_row, notices.leave_notice_row_out,
    places.show_places, places.change_places, places.show_cold_nights, places.change_cold_nights,
)  # fmt: skip
