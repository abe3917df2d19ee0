"""Pages of a district's MDT coordinator: the case list and a person's record, with the decisions made there."""

from server.web.coordinator.case_list import search_case_list, show_case_list
from server.web.coordinator.decisions import decide, judge
from server.web.coordinator.person import show_person

PAGES = (show_case_list, search_case_list, show_person, judge, decide)
