"""What whoever told us is told, in the languages that the public form speaks: true of each of the 26 outcomes alone, and never
who was found, nor what they said, nor where they are now.

Every outcome in which somebody was found reads nearly alike, so that the sentence gives nobody away. Pure.
"""

from collections.abc import Mapping
from datetime import date

from shared.model.codes import ReferralState
from shared.rules.referral import Outcome

ENGLISH, WELSH, POLISH = "en", "cy", "pl"
LANGUAGES = (ENGLISH, WELSH, POLISH)
MONTHS: Mapping[str, tuple[str, ...]] = {
    ENGLISH: (
        "January", "February", "March", "April", "May", "June", "July",
        "August", "September", "October", "November", "December",
    ),
    WELSH: (
        "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin", "Gorffennaf",
        "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr",
    ),
    POLISH: (
        "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca",
        "sierpnia", "września", "października", "listopada", "grudnia",
    ),
}  # fmt: skip
WEEKDAYS: Mapping[str, tuple[str, ...]] = {
    ENGLISH: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    WELSH: ("dydd Llun", "dydd Mawrth", "dydd Mercher", "dydd Iau", "dydd Gwener", "dydd Sadwrn", "dydd Sul"),
    POLISH: ("poniedziałku", "wtorku", "środy", "czwartku", "piątku", "soboty", "niedzieli"),
}
"""As they stand after “by”: in Polish in the case that it asks for."""
_SENTENCES: Mapping[str, tuple[str, str, str]] = {
    "thanks": ("Thank you.", "Diolch.", "Dziękujemy."),
    "found": (
        "Our team found the person you told us about.",
        "Daeth ein tîm o hyd i’r person y soniasoch amdano.",
        "Nasz zespół znalazł osobę z Twojego zgłoszenia.",
    ),
    "spoke": (
        "Our team went and spoke with the person you told us about.",
        "Aeth ein tîm yno a siarad â’r person y soniasoch amdano.",
        "Nasz zespół poszedł tam i rozmawiał z osobą z Twojego zgłoszenia.",
    ),
    "protected": (
        "We can’t share more, to protect them.",
        "Ni allwn ddweud mwy, er mwyn eu diogelu.",
        "Nie możemy powiedzieć więcej, żeby chronić tę osobę.",
    ),
    "still_there": (
        "If you see them there again, please tell us again.",
        "Os gwelwch nhw yno eto, rhowch wybod i ni eto.",
        "Jeśli znów zobaczysz tam tę osobę, daj nam znać.",
    ),
    "not_found": (
        "Our team went to look and could not find the person you told us about.",
        "Aeth ein tîm i chwilio ac ni ddaeth o hyd i’r person y soniasoch amdano.",
        "Nasz zespół poszedł tam i nie znalazł osoby z Twojego zgłoszenia.",
    ),
    "no_longer": (
        "Our team followed up what you told us: nobody needs to look there any more.",
        "Dilynodd ein tîm yr hyn a ddywedoch: nid oes angen i neb chwilio yno mwyach.",
        "Nasz zespół sprawdził Twoje zgłoszenie: nikt nie musi już tam szukać.",
    ),
    "no_place": (
        "Our team looked and could not find the place. If you can say more exactly where it is, please tell us again.",
        "Chwiliodd ein tîm ac ni ddaeth o hyd i’r lle. Os gallwch ddweud yn fanylach ble mae, rhowch wybod i ni eto.",
        "Nasz zespół szukał i nie znalazł tego miejsca. Jeśli możesz podać je dokładniej, zgłoś to jeszcze raz.",
    ),
    "no_way": (
        "Our team went there and could not get to the place.",
        "Aeth ein tîm yno ac ni allai gyrraedd y lle.",
        "Nasz zespół poszedł tam i nie mógł dotrzeć do tego miejsca.",
    ),
    "no_team": (
        "No outreach team walks where you told us of, so nobody of ours went to look. Please tell the council there, too.",
        "Nid oes tîm allgymorth yn cerdded lle y soniasoch, felly nid aeth neb ohonom i chwilio. Dywedwch wrth y cyngor yno.",
        "W tym miejscu nie działa żaden zespół pomocy, więc nikt od nas tam nie poszedł. Powiadom też tamtejszy urząd.",
    ),
    "known": (
        "Our team knows of what you told us already, and did not go there only for your report.",
        "Mae ein tîm eisoes yn gwybod am yr hyn a ddywedoch, ac nid aeth yno dim ond oherwydd eich adroddiad.",
        "Nasz zespół już o tym wiedział i nie poszedł tam tylko z powodu Twojego zgłoszenia.",
    ),
    "by_day": (
        "The place is known to our team for what people do there by day, and nobody went to look for somebody asleep.",
        "Mae ein tîm yn adnabod y lle am yr hyn a wneir yno yn y dydd, ac nid aeth neb i chwilio am rywun yn cysgu.",
        "Nasz zespół zna to miejsce z tego, co dzieje się tam w dzień, i nikt nie szukał tam osoby śpiącej.",
    ),
    "elsewhere": (
        ("The place is not in the area of our teams, or we could not tell where it is, so nobody of ours went to look. "
        "Please tell the council of that area."),
        ("Nid yw’r lle yn ardal ein timau, neu ni allem ddweud ble mae, felly nid aeth neb ohonom i chwilio. "
        "Rhowch wybod i gyngor yr ardal honno."),
        ("To miejsce nie leży w okolicy naszych zespołów albo nie wiedzieliśmy, gdzie jest, więc nikt od nas tam nie poszedł. "
        "Powiadom urząd tamtej okolicy."),
    ),
    "no_answer": (
        "The local team did not answer us in time, so we cannot say what came of it. We are sorry.",
        "Ni atebodd y tîm lleol mewn pryd, felly ni allwn ddweud beth ddigwyddodd. Mae’n ddrwg gennym.",
        "Miejscowy zespół nie odpowiedział nam na czas, więc nie wiemy, co z tego wynikło. Przepraszamy.",
    ),
    "hotspot": (
        "The place is one that our team goes to anyway, and nobody went there only for your report.",
        "Mae’r lle yn un y mae ein tîm yn mynd iddo beth bynnag, ac nid aeth neb yno dim ond oherwydd eich adroddiad.",
        "To miejsce, do którego nasz zespół i tak chodzi, i nikt nie poszedł tam tylko z powodu Twojego zgłoszenia.",
    ),
    "transport": (
        "We passed what you told us to the team that works on London’s transport.",
        "Rhoesom yr hyn a ddywedoch i’r tîm sy’n gweithio ar drafnidiaeth Llundain.",
        "Przekazaliśmy Twoje zgłoszenie zespołowi, który pracuje w londyńskim transporcie.",
    ),
    "no_reply": (
        ("We asked you for more and did not hear from you, and could not find the place from what we had. "
        "If they are still there, please tell us again."),
        ("Gofynnom i chi am fwy ac ni chlywsom gennych, ac ni allem ddod o hyd i’r lle o’r hyn oedd gennym. "
        "Os ydynt yno o hyd, rhowch wybod i ni eto."),
        ("Prosiliśmy o więcej informacji i nie dostaliśmy odpowiedzi, a z tego, co mieliśmy, nie znaleźliśmy tego miejsca. "
        "Jeśli ta osoba nadal tam jest, zgłoś to jeszcze raz."),
    ),
    "no_details": (
        "We could not find the place from what we had. If they are still there, please tell us again, with more of where.",
        "Ni allem ddod o hyd i’r lle o’r hyn oedd gennym. Os ydynt yno o hyd, rhowch wybod i ni eto, gan ddweud mwy am ble.",
        ("Z tego, co mieliśmy, nie znaleźliśmy tego miejsca. Jeśli ta osoba nadal tam jest, zgłoś to jeszcze raz, "
        "dokładniej opisując gdzie."),
    ),
    "unlikely": (
        "From what we know of the place we did not send a team: it is one where people hardly sleep.",
        "O’r hyn a wyddom am y lle ni anfonom dîm: prin y mae pobl yn cysgu yno.",
        "Znając to miejsce, nie wysłaliśmy zespołu: prawie nikt tam nie śpi.",
    ),
    "signpost": (
        "No team went to look: what you told us of is for another service.",
        "Nid aeth tîm i chwilio: mater i wasanaeth arall yw’r hyn a ddywedoch.",
        "Żaden zespół tam nie poszedł: to sprawa dla innej służby.",
    ),
    "known_place": (
        "Our team knows the place already, and did not go there only for your report.",
        "Mae ein tîm eisoes yn adnabod y lle, ac nid aeth yno dim ond oherwydd eich adroddiad.",
        "Nasz zespół zna już to miejsce i nie poszedł tam tylko z powodu Twojego zgłoszenia.",
    ),
    "not_sent": (
        "We did not send a team this time.",
        "Ni anfonom dîm y tro hwn.",
        "Tym razem nie wysłaliśmy zespołu.",
    ),
    "repeated": (
        "Somebody else had told us of the same, and that report is the one that was followed.",
        "Roedd rhywun arall wedi dweud yr un peth wrthym, a’r adroddiad hwnnw a ddilynwyd.",
        "Ktoś inny powiadomił nas już o tym samym i to tamto zgłoszenie sprawdziliśmy.",
    ),
    "received": (
        "We have your report. A team leader reads every one.",
        "Mae eich adroddiad gennym. Mae arweinydd tîm yn darllen pob un.",
        "Mamy Twoje zgłoszenie. Kierownik zespołu czyta każde.",
    ),
    "asked": (
        "We could not find the place from what we have. If you remember more, please tell us again.",
        "Ni allem ddod o hyd i’r lle o’r hyn sydd gennym. Os cofiwch fwy, rhowch wybod i ni eto.",
        "Z tego, co mamy, nie znaleźliśmy tego miejsca. Jeśli przypomnisz sobie więcej, daj nam znać.",
    ),
    "assigned": (
        "Our outreach team has your report and will look.",
        "Mae eich adroddiad gan ein tîm allgymorth, a bydd yn chwilio.",
        "Nasz zespół pomocy ma Twoje zgłoszenie i pójdzie sprawdzić.",
    ),
    "looking": (
        "Our team has looked, and is still looking.",
        "Mae ein tîm wedi chwilio, ac yn dal i chwilio.",
        "Nasz zespół szukał i nadal szuka.",
    ),
    "same": (
        "Somebody else told us of the same person or place. Our team has it.",
        "Dywedodd rhywun arall wrthym am yr un person neu le. Mae gan ein tîm yr adroddiad.",
        "Ktoś inny powiadomił nas o tej samej osobie lub miejscu. Nasz zespół się tym zajmuje.",
    ),
    "of_nobody": (
        ("The place is in none of the areas that our teams walk. Our duty desk has your report and looks for who can take it. "
        "Please tell the council of that area, too."),
        ("Nid yw’r lle yn un o’r ardaloedd y mae ein timau’n eu cerdded. Mae eich adroddiad gan ein desg ddyletswydd, sy’n "
        "chwilio am rywun i’w gymryd. Rhowch wybod i gyngor yr ardal honno hefyd."),
        ("To miejsce nie leży w żadnej z okolic naszych zespołów. Zgłoszenie ma nasz dyżurny i szuka, kto może się nim zająć. "
        "Powiadom też urząd tamtej okolicy."),
    ),
}  # fmt: skip
"""Each sentence in English, Welsh and Polish."""
_OF_OUTCOME: Mapping[str, tuple[str, ...]] = {
    "person found - engaging with services": ("found", "protected"),
    "person found - no entitlement to local services": ("found", "protected"),
    "person found - reconnected to services in another area": ("found", "protected"),
    "person found - street activity or begging": ("spoke", "protected"),
    "person found - referred to emergency services": ("found", "protected"),
    "person found - taken to shelter": ("found", "protected"),
    "person found - unwilling to engage": ("found", "protected"),
    "person not found - person looked for": ("not_found", "still_there"),
    "person not found - person no longer rough sleeping": ("no_longer", "still_there"),
    "person not found - site could not be located": ("no_place",),
    "person not found - site not accessible": ("no_way", "still_there"),
    "person not found - no outreach service in this area": ("no_team",),
    "person not looked for - person already known": ("known",),
    "person not looked for - street activity location": ("by_day", "still_there"),
    "person not looked for - wrong local authority or geographical information": ("elsewhere",),
    "la did not respond": ("no_answer",),
    "no action taken - identified hotspot": ("hotspot",),
    "details sent to london transport outreach team": ("transport",),
    "not enough information - referrer contacted but no reply": ("no_reply",),
    "not enough information - no referrer contact details": ("no_details",),
    "no alert - unlikely sleep site": ("unlikely", "still_there"),
    "no alert - sign posting": ("signpost",),
    "no alert - site already known by outreach": ("known_place",),
    "no alert - other": ("not_sent", "still_there"),
    "no alert - london winter duplicate": ("repeated",),
    "no alert - out of london winter duplicate": ("repeated",),
}
_OF_STATE: Mapping[ReferralState, tuple[str, ...]] = {
    ReferralState.RECEIVED: ("received",),
    ReferralState.NEEDS_INFORMATION: ("asked",),
    ReferralState.ASSIGNED: ("assigned",),
    ReferralState.LOOKED_FOR: ("looking",),
    ReferralState.FOUND: ("found", "protected"),
    ReferralState.DUPLICATE_OF: ("same",),
    ReferralState.WRONG_AREA: ("of_nobody",),
}


def reply_to_referrer(outcome: Outcome, language: str = ENGLISH) -> str:
    """A kind, true sentence for the person who reported, which gives nobody away."""
    return _say(("thanks", *_OF_OUTCOME[outcome.text]), language)


def say_state(state: ReferralState, language: str = ENGLISH) -> str:
    """Where a report stands that has no outcome yet."""
    return _say(_OF_STATE.get(state, _OF_STATE[ReferralState.RECEIVED]), language)


def spoken(language: str) -> str:
    """The language that was asked for, where we speak it; else English."""
    return language if language in LANGUAGES else ENGLISH


def say_weekday(day: date, language: str) -> str:
    """A day with its weekday before it."""
    return f"{WEEKDAYS[spoken(language)][day.weekday()]} {say_day(day, language)}"


def say_day(day: date, language: str) -> str:
    """A day as people write it."""
    return f"{day.day} {MONTHS[spoken(language)][day.month - 1]}"


def _say(keys: tuple[str, ...], language: str) -> str:
    number = LANGUAGES.index(spoken(language))
    return " ".join(_SENTENCES[key][number] for key in keys)
