"""Pages of a team lead: the referral inbox, one referral with what to do next, where people are
likely tonight, and who is out."""

from server.web.lead.alarms import say_done, show_alarm, show_alarm_now, take_alarm
from server.web.lead.answer_figures import download_answer_figures, download_outcomes, show_answer_figures
from server.web.lead.conflicts import keep, show_conflicts, show_place_versions
from server.web.lead.desk import count_waiting, decide, show_desk
from server.web.lead.desk import drop as drop_filter
from server.web.lead.desk import find as find_on_desk
from server.web.lead.desk import keep as keep_filter
from server.web.lead.held import correct, decide_on_tray, show_correction, show_held
from server.web.lead.imports import answer, bring_file, drop_file, show_file, show_imports, undo_file
from server.web.lead.inbox import show_inbox
from server.web.lead.live_map import show_live_map, show_live_stamp
from server.web.lead.on_duty import say_back, say_leave, show_on_duty, take_duty
from server.web.lead.on_shift import show_now, show_on_shift
from server.web.lead.place import put_place, show_place
from server.web.lead.plan import call_off, plan, show_plan
from server.web.lead.referral import (
    ask_for_information,
    assign,
    close,
    confirm_guesses,
    mark_duplicate,
    offer,
    reopen,
    send_answer_again,
    settle,
    show_referral,
    take_back,
)
from server.web.lead.same_person import say_same_person, show_same_person
from server.web.lead.tonight import show_tonight
from server.web.lead.trays import leave_row_out, mend, send_elsewhere, show_duty, show_refused, take, undo_from_tray
from server.web.lead.wall import put_up, show_wall, show_wall_now, take_down
from server.web.lead.where_next import assign_walk, show_where_next

PAGES = (
    show_inbox,
    show_desk,
    count_waiting,
    find_on_desk,
    keep_filter,
    drop_filter,
    decide,
    show_referral,
    assign,
    ask_for_information,
    mark_duplicate,
    offer,
    close,
    reopen,
    take_back,
    settle,
    confirm_guesses,
    send_answer_again,
    show_place,
    put_place,
    show_answer_figures,
    download_answer_figures,
    download_outcomes,
    show_duty,
    take,
    send_elsewhere,
    undo_from_tray,
    show_refused,
    mend,
    leave_row_out,
    show_imports,
    bring_file,
    show_file,
    answer,
    drop_file,
    undo_file,
    show_tonight,
    show_live_map,
    show_live_stamp,
    show_on_shift,
    show_now,
    show_alarm,
    show_alarm_now,
    take_alarm,
    say_done,
    show_plan,
    plan,
    call_off,
    show_where_next,
    assign_walk,
    show_on_duty,
    take_duty,
    say_leave,
    say_back,
    put_up,
    show_wall,
    show_wall_now,
    take_down,
    show_conflicts,
    show_place_versions,
    keep,
    show_same_person,
    say_same_person,
    show_held,
    decide_on_tray,
    show_correction,
    correct,
)
