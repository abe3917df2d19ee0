"""The tables of the figures by quarter, for the page, its files and the public: each number as it is told, and what it means."""

from collections.abc import Sequence

from server.actions.partnership.figures import ToldQuarter
from server.hotspots.figures import GROUPS, say_band
from server.web.layout.spreadsheets import Rows
from server.web.layout.words import say
from shared.rules.flow import FLOWS, REFERRALS
from shared.rules.small_counts import NOT_SHOWN

FEW = "Fewer than 10, may be none"
EQUALITY, DISTRICTS, WORDS = "Who is helped, by equality characteristics", "Districts", "Definitions"
NOT_TOLD = "Not told"
GROUP_NAMES = {
    "new": "New",
    "long_term": "Long-term",
    "returning": "Returning",
    "accommodated": "Moved into accommodation",
}
FLOW_NAMES = {
    "street_to_temporary": "From the street to a place for a while",
    "street_to_home": "From the street to a home",
    "temporary_to_street": "Back from a place for a while",
    "home_to_street": "Back from a home",
    "institution_to_street": "From an institution to the street",
    "only_refused": "Turned away, and taken by no service",
    "many_services": "With three services or more",
}
REFERRAL_NAMES = {"referred": "Referred to a service", "taken_on": "Taken on by one"}
DEFINITIONS: Rows = (
    ("Word", "What it means"),
    (
        "People met",
        "Verified people whom outreach met sleeping rough, each once a quarter; rounded up or down to 5 by lot",
    ),
    ("May have been", "Chao's lower bound (1987) with its 95 % interval, from how many were met once and twice"),
    ("New", "Not met here in the 60 months before the month"),
    ("Long-term", "Met in 3 or more of the last 12 months. The national target halves it by 2029/30"),
    ("Returning", "Met again after 180 days or more"),
    ("Moved into accommodation", "Of the people met: moved in during the quarter, as recorded"),
    (
        "Ways through services and stays",
        "Of the people met: steps of at most 90 days, the later in the quarter; told of three organisations or more together",
    ),
    (
        "Referrals to services",
        "Of the people met: referred in the quarter, and taken on by its end; told of three organisations or more together",
    ),
    ("Squares looked at", "One square of 125 m that one shift looked at on one night; to the nearest 50"),
    (
        "Reports",
        "From the public, to the nearest 5; never counted as people. In time: an outcome by the day it was due",
    ),
    (NOT_SHOWN, "Too small to be told, or hidden by lot, so that nobody can tell which"),
    (
        "Never add up",
        "Somebody may be new and long-term; districts are told in bands; each number is rounded by itself",
    ),
)


def make_tables(told: Sequence[ToldQuarter]) -> dict[str, Rows]:
    """By name, the heads first."""
    names = [each.name for each in told]
    districts = sorted({each.name for quarter in told for each in quarter.figures.districts})
    return {
        "People and looking": [
            ("Quarter", "People met", "May have been", "Squares looked at"),
            *((each.name, say_people(each), say_likely(each), say_number(each.figures.looks)) for each in told),
        ],
        "Who they are": [
            ("Quarter", *(GROUP_NAMES[name] for name in GROUPS)),
            *((each.name, *(each.figures.groups.get(name, NOT_TOLD) for name in GROUPS)) for each in told),
        ],
        "Ways through services and stays": [
            ("Quarter", *(FLOW_NAMES[name] for name in FLOWS)),
            *((each.name, *(each.figures.flows.get(name, NOT_TOLD) for name in FLOWS)) for each in told),
        ],
        "Referrals to services": [
            ("Quarter", *(REFERRAL_NAMES[name] for name in REFERRALS)),
            *((each.name, *(each.figures.referrals.get(name, NOT_TOLD) for name in REFERRALS)) for each in told),
        ],
        EQUALITY: [
            ("Quarter", "Question", "Answer", "People met", "Moved into accommodation"),
            *(
                (each.name, say(one.question), say(one.answer), one.people, one.accommodated)
                for each in told
                for one in each.figures.equality
            ),
        ],
        DISTRICTS: [
            ("District", *names),
            *((district, *(say_district(each, district) for each in told)) for district in districts),
        ],
        "Reports from the public": [
            ("Quarter", "Reports", "Answered in time, of 100"),
            *((each.name, say_number(each.figures.reports), say_number(each.figures.in_time)) for each in told),
        ],
        WORDS: DEFINITIONS,
    }


def public_rows(told: Sequence[ToldQuarter]) -> Rows:
    """The whole authority by quarter, and nothing finer."""
    return [
        ("quarter_from", "quarter_to", "people_met", "may_have_been", *GROUPS),
        *(
            (
                each.first.isoformat(), each.last.isoformat(), say_people(each), say_likely(each),
                *(each.figures.groups.get(name, NOT_TOLD) for name in GROUPS),
            )
            for each in told
        ),
    ]  # fmt: skip


def say_people(told: ToldQuarter) -> str:
    """The total of a quarter."""
    return str(told.figures.people) if told.figures.people else FEW


def say_likely(told: ToldQuarter) -> str:
    """How many there may have been."""
    likely = told.figures.likely
    return f"{likely[0]} to {likely[1]}" if likely else "Too few met twice to say"


def say_district(told: ToldQuarter, district: str) -> str:
    """A district's band in a quarter."""
    found = next((each for each in told.figures.districts if each.name == district), None)
    return NOT_TOLD if found is None else say_band(found.band)


def say_number(number: int | None) -> str:
    """A number, or that it is not told."""
    return NOT_TOLD if number is None else str(number)
