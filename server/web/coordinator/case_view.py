"""Which cases a list shows and in which order: what stands in the address, and never a personal value (privacy rule C9)."""

import re
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl, urlencode

from server.access import Access
from server.queries.cases.case_filters import AGE_NOT_KNOWN, NOBODY, CaseFilters
from server.queries.cases.case_list import LIVE_STATES, CaseListView
from server.queries.cases.caseload import list_possible_leads
from server.web.layout.words import say
from shared.model.codes import CaseOutcome, CaseState, Gender, SupportNeed
from shared.model.value import Id, Value
from shared.rules.presentations import AGE_BANDS
from shared.rules.prioritisation import Tier

SHOW = {
    "current": ("Everyone current", LIVE_STATES),
    "candidate": ("To decide", (CaseState.CANDIDATE,)),
    "listed": ("On the list", (CaseState.LISTED,)),
    "open": ("Open at MDT", (CaseState.OPEN,)),
    "closed": ("Closed", (CaseState.CLOSED,)),
    "declined": ("Not taken on", (CaseState.DECLINED,)),
}
SORT = {
    "verified": "To decide first, then newest verified",
    "seen": "Last seen first",
    "nights": "Most nights first",
    "waiting": "Waiting longest first",
    "name": "By name",
}
NEEDS = tuple(need for need in SupportNeed if need not in (SupportNeed.NONE, SupportNeed.NOT_KNOWN))
TIERS = {"1": "Verified", "2": "Temporarily housed", "3": "Neither"}
AGES = {**{str(number): label for number, (*_, label) in enumerate(AGE_BANDS)}, AGE_NOT_KNOWN: "not known"}
OFFERED: Mapping[str, Collection[str]] = {
    "show": SHOW, "sort": SORT, "need": {str(each) for each in NEEDS}, "missing": {"birth"}, "age": AGES, "tier": TIERS,
    "gender": {str(each) for each in Gender}, "outcome": {str(each) for each in CaseOutcome},
}  # fmt: skip
AN_ID = re.compile(r"[0-9a-z-]{1,36}")
PARTNERS_TOO = ("show", "need", "missing", "sort", "gender", "age")
"""What a partner narrows by; who leads, who owes and what became of somebody is the district's to look through."""


class Choice(Value, frozen=True, kw_only=True):
    """What the address asks for; whatever is not offered counts as not asked."""

    show: str = "current"
    need: str = ""
    missing: str = ""
    agency: str = ""
    lead: str = ""
    gender: str = ""
    age: str = ""
    outcome: str = ""
    tier: str = ""
    sort: str = "verified"
    page: int = 1

    def view(self, words: str = "") -> CaseListView:
        """Returns the query's view."""
        return CaseListView(
            states=SHOW.get(self.show, SHOW["current"])[1],
            need=SupportNeed(self.need) if self.need in {str(need) for need in NEEDS} else None,
            without_date_of_birth=self.missing == "birth",
            words=words,
            sort=self.sort,
            filters=CaseFilters(
                agency_id=self.agency[:36], lead_id=self.lead[:36],
                gender=Gender(self.gender) if self.gender in {str(each) for each in Gender} else None,
                age=self.age if self.age in AGES else "",
                outcome=self.outcome if self.outcome in {str(each) for each in CaseOutcome} else "",
                tier=Tier(int(self.tier)) if self.tier in TIERS else None,
            ),
        )  # fmt: skip

    @property
    def asked(self) -> dict[str, str]:
        """What narrows or orders, without the page: as it stands in an address, and is kept under a name."""
        told = {name: str(getattr(self, name)) for name in self.__struct_fields__ if name != "page"}
        return {name: value for name, value in told.items() if value and value != getattr(Choice(), name)}

    @property
    def query(self) -> str:
        """The same, as the part of an address behind the question mark."""
        return urlencode(self.asked)

    def path(self, district_id: Id, page_number: int) -> str:
        """Returns the address of another page of the same choice."""
        paged = {"page": page_number} if page_number > 1 else {}
        return "/cases?" + urlencode({"district": district_id, **self.asked, **paged})


def read_choice(query: str) -> Choice:
    """The choice of a part of an address; whatever it does not know is passed over."""
    return choice_of(dict(parse_qsl(query)))


def choice_of(told: Mapping[str, str]) -> Choice:
    """The choice that these words ask for; whatever no list offers is passed over."""
    page = told.get("page", "1")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1
    good = {name: told[name] for name in told if told[name] in OFFERED.get(name, ())}
    good |= {name: told[name] for name in ("agency", "lead") if AN_ID.fullmatch(told.get(name, ""))}
    return Choice(**good, page=max(1, number))


def as_partner(choice: Choice) -> Choice:
    """The same, without what a partner cannot narrow by."""
    return Choice(**{name: getattr(choice, name) for name in PARTNERS_TOO}, page=choice.page)


def list_options(access: Access, district_id: Id, *, partner: bool) -> dict[str, list[tuple[str, str]]]:
    """What each filter offers, by its name, in the order of the page."""
    options = {
        "show": [(key, text) for key, (text, _) in SHOW.items()],
        "need": [("", "Any"), *((str(each), say(each)) for each in NEEDS)],
        "missing": [("", "Nothing in particular"), ("birth", "Date of birth")],
        "gender": [("", "Any"), *((str(each), say(each)) for each in Gender)],
        "age": [("", "Any"), *AGES.items()],
    }
    if not partner:
        seated = list_possible_leads(access.session, district_id)
        options |= {
            "agency": [("", "Any"), *seated],
            "lead": [("", "Any"), (NOBODY, "Nobody leads"), *seated],
            "outcome": [("", "Any"), *((str(each), say(each)) for each in CaseOutcome)],
            "tier": [("", "Any"), *TIERS.items()],
        }
    return options | {"sort": list(SORT.items())}


LABELS = {
    "show": "Show", "need": "Need without support", "missing": "Missing", "gender": "Gender", "age": "Age",
    "agency": "Service that leads or owes an action", "lead": "Lead", "outcome": "Last outcome", "tier": "Tier",
    "sort": "Order",
}  # fmt: skip
