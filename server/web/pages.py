"""Every page handler, gathered for the application. Which audience has which pages is each package's own affair."""

from litestar.handlers import HTTPRouteHandler

from server.web.coordinator import case_list, person

PAGES: list[HTTPRouteHandler] = [
    case_list.show_case_list,
    case_list.search_case_list,
    person.show_person,
]
