"""The demo county's fixed facts: districts with their published snapshot, towns, agencies, teams and the cast who sign in.

Figures are public; every person, worker and phone is invented. Nothing is written here.
"""

from dataclasses import dataclass
from typing import NamedTuple

from server.settings import DEMO_EMAIL_HOST
from shared.model.codes import AgencyKind, Role

PASSWORD = "lantern demo evening"
EMAIL_HOST = DEMO_EMAIL_HOST


class Town(NamedTuple):
    """A town's middle, in WGS 84 degrees. Source: GeoNames (CC BY 4.0)."""

    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class DemoDistrict:
    """A district: its ONS code, how many slept rough on its snapshot night, its towns, and who walks it.

    `people` is the autumn 2022 snapshot. Source: MHCLG, Rough sleeping snapshot in England, autumn 2022 (Open Government
    Licence v3.0): 51 people in Hertfordshire.
    """

    code: str
    name: str
    people: int
    towns: tuple[Town, ...]
    team: str


DISTRICTS = (
    DemoDistrict(
        "E07000095",
        "Broxbourne",
        2,
        (Town("Cheshunt", 51.7002, -0.03026), Town("Hoddesdon", 51.76148, -0.01144)),
        "Lea Valley outreach",
    ),
    DemoDistrict(
        "E07000096",
        "Dacorum",
        8,
        (Town("Hemel Hempstead", 51.75368, -0.44975), Town("Berkhamsted", 51.7604, -0.56528)),
        "Dacorum outreach",
    ),
    DemoDistrict(
        "E07000242",
        "East Hertfordshire",
        5,
        (Town("Hertford", 51.79588, -0.07854), Town("Bishops Stortford", 51.87113, 0.15868)),
        "Lea Valley outreach",
    ),
    DemoDistrict(
        "E07000098",
        "Hertsmere",
        2,
        (Town("Borehamwood", 51.65468, -0.27762), Town("Potters Bar", 51.69353, -0.17835)),
        "South Herts outreach",
    ),
    DemoDistrict(
        "E07000099",
        "North Hertfordshire",
        1,
        (Town("Hitchin", 51.94924, -0.28496), Town("Letchworth Garden City", 51.97938, -0.22664)),
        "North Herts outreach",
    ),
    DemoDistrict(
        "E07000240",
        "St Albans",
        7,
        (Town("St Albans", 51.75, -0.33333), Town("Harpenden", 51.81684, -0.35706)),
        "St Albans outreach",
    ),
    DemoDistrict("E07000243", "Stevenage", 8, (Town("Stevenage", 51.90224, -0.20256),), "North Herts outreach"),
    DemoDistrict("E07000102", "Three Rivers", 2, (Town("Rickmansworth", 51.63898, -0.47718),), "South Herts outreach"),
    DemoDistrict("E07000103", "Watford", 10, (Town("Watford", 51.65531, -0.39602),), "Watford outreach"),
    DemoDistrict(
        "E07000241",
        "Welwyn Hatfield",
        6,
        (Town("Welwyn Garden City", 51.80174, -0.20691), Town("Hatfield", 51.76338, -0.22419)),
        "Welwyn Hatfield outreach",
    ),
)
WATFORD = "Watford"
WATFORD_TEAM = "Watford outreach"

OUTREACH = "Lantern Outreach"
AGENCIES: dict[str, AgencyKind] = {
    OUTREACH: AgencyKind.OUTREACH,
    "Watford Housing": AgencyKind.HOUSING,
    "HPFT mental health": AgencyKind.MENTAL_HEALTH,
    "CGL Spectrum": AgencyKind.SUBSTANCE_USE,
    "Probation Service": AgencyKind.PROBATION,
    "Community health": AgencyKind.PRIMARY_HEALTH_CARE,
    "Adult Care Services": AgencyKind.ADULT_CARE_SERVICES,
    "Public Health": AgencyKind.PUBLIC_HEALTH,
    "County partnership": AgencyKind.OTHER,
}
AT_NO_TABLE = frozenset({"County partnership"})
"""Who signed for the county and was asked to no district's table."""
LAPSED_AGENCY = "Probation Service"
"""Whose agreement ran out three weeks ago, so that the gate can be seen to hold."""


@dataclass(frozen=True)
class DemoWorker:
    """Somebody who signs in or carries a phone. `districts` empty: those of the team; "all": the county."""

    name: str
    short_name: str
    agency: str
    role: Role
    team: str = ""
    districts: tuple[str, ...] = ()
    shown: bool = False
    """Whether the demo prints a sign-in for them: one of each role."""

    @property
    def email(self) -> str:
        """What they sign in with."""
        return f"{self.name.split(maxsplit=1)[0].lower()}@{EMAIL_HOST}"


ALL = tuple(district.name for district in DISTRICTS)
WORKERS = (
    DemoWorker("Aisha Noor", "Aisha N", OUTREACH, Role.WORKER, WATFORD_TEAM, shown=True),
    DemoWorker("Dean Carter", "Dean C", OUTREACH, Role.WORKER, WATFORD_TEAM),
    DemoWorker("Tom Hughes", "Tom H", OUTREACH, Role.TEAM_LEAD, WATFORD_TEAM, shown=True),
    DemoWorker("Priya Shah", "Priya S", "Watford Housing", Role.COORDINATOR, districts=(WATFORD,), shown=True),
    DemoWorker("Connor Walsh", "Connor W", "CGL Spectrum", Role.AGENCY_MEMBER, districts=(WATFORD,), shown=True),
    DemoWorker("Femi Adeyemi", "Femi A", "HPFT mental health", Role.AGENCY_MEMBER, districts=ALL),
    DemoWorker("Joan Pritchard", "Joan P", LAPSED_AGENCY, Role.AGENCY_MEMBER, districts=(WATFORD,)),
    DemoWorker("Leila Haddad", "Leila H", "Adult Care Services", Role.AGENCY_MEMBER, districts=ALL),
    DemoWorker("Ruth Fielding", "Ruth F", "Community health", Role.AGENCY_MEMBER, districts=ALL),
    DemoWorker("Helen Marsh", "Helen M", "Public Health", Role.COMMISSIONER, districts=ALL, shown=True),
    DemoWorker("Grace Okafor", "Grace O", "County partnership", Role.ADMINISTRATOR, districts=ALL, shown=True),
    DemoWorker("Nadia Rahman", "Nadia R", OUTREACH, Role.WORKER, "Lea Valley outreach"),
    DemoWorker("Ewan Blake", "Ewan B", OUTREACH, Role.WORKER, "Dacorum outreach"),
    DemoWorker("Sofia Costa", "Sofia C", OUTREACH, Role.WORKER, "South Herts outreach"),
    DemoWorker("Will Tanner", "Will T", OUTREACH, Role.WORKER, "North Herts outreach"),
    DemoWorker("Hannah Price", "Hannah P", OUTREACH, Role.WORKER, "St Albans outreach"),
    DemoWorker("Musa Kamara", "Musa K", OUTREACH, Role.WORKER, "Welwyn Hatfield outreach"),
)
FIRST_NAMES = (
    "Adam", "Agnes", "Alan", "Beth", "Bill", "Carl", "Chris", "Clare", "Colin", "Dan", "Darren", "Dawn", "Ed", "Eileen",
    "Frank", "Gary", "Gemma", "Ian", "Jade", "Jan", "Jim", "Joe", "Karen", "Keith", "Kim", "Lee", "Lisa", "Luke", "Mark",
    "Mary", "Mick", "Neil", "Paul", "Pete", "Ray", "Rob", "Sam", "Sean", "Shaz", "Steve", "Tina", "Tony", "Vic", "Wayne",
)  # fmt: skip
LAST_NAMES = (
    "Abbott", "Baker", "Bishop", "Cole", "Dixon", "Ellis", "Fisher", "Grant", "Hart", "Irwin", "Jarvis", "Kemp", "Lowe",
    "Mason", "Nolan", "Oakley", "Parr", "Quinn", "Reid", "Sharp", "Tate", "Upton", "Vance", "Webb", "Young",
)  # fmt: skip
ALIASES = ("Ginger", "Scouse", "Red", "Big Man", "Shorty", "Doc", "Captain", "Mouse", "Teach", "Spud", "Lofty", "Bee")
DESCRIPTIONS = (
    "grey sleeping bag, black beanie",
    "small brown dog, green parka",
    "tall, walking stick, red scarf",
    "army coat, large rucksack",
    "blue tent, bicycle beside it",
    "long dark hair, pink blanket",
    "older man, flat cap, trolley",
    "young, hooded top, no bag",
)
WANTS = (
    "A room with a door that locks",
    "To see the dentist",
    "To find my brother",
    "Somewhere that takes my dog",
    "To get my papers back",
    "A hot shower, then we'll talk",
)
PLACES = (
    ("station stairwell", "stairwell"),
    ("library doorway", "street_doorway"),
    ("multi-storey, level 3", "car_park"),
    ("canal path bridge", "other"),
    ("park pavilion", "park_open_space"),
    ("bus shelter", "bus_shelter"),
    ("bank doorway", "street_doorway"),
    ("underpass", "other"),
    ("woodland by the bypass", "woodland"),
    ("tent behind the retail park", "tent"),
    ("church porch", "street_doorway"),
    ("old depot", "derelict_building"),
)
