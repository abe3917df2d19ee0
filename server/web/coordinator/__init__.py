"""Pages of a district's MDT coordinator: the case list, a person's record, and the case conference from date to
minutes."""

from server.web.coordinator import (
    completeness,
    conference,
    conferences,
    discussion,
    minutes,
    papers,
    priorities,
    tracker,
)
from server.web.coordinator.case_list import search_case_list, show_case_list, tell_news
from server.web.coordinator.decisions import decide, judge
from server.web.coordinator.person import show_person

PAGES = (
    show_case_list, tell_news, search_case_list, show_person, judge, decide,
    conferences.show_conferences, conferences.call_conference,
    conference.show_conference, conference.change, conference.swap, conference.choose_again, conference.circulate,
    conference.show_paper,
    discussion.show_case, discussion.read_note, discussion.save_note, discussion.agree_action,
    discussion.take_back_action, discussion.show_attendance, discussion.note_attendance, discussion.show_end, discussion.end,
    minutes.show_minutes, papers.download_agenda, papers.download_invitation,
    priorities.show_priorities, priorities.place_case, priorities.save_general,
    tracker.show_tracker, tracker.download_tracker, tracker.read_tracker,
    completeness.show_completeness,
    tracker.show_share, tracker.download_share,
)  # fmt: skip
