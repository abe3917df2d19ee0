"""The words of the public form, in the languages that it speaks. Plain text: the page escapes it."""

from collections.abc import Mapping

from shared.rules.replies import ENGLISH, LANGUAGES, POLISH, WELSH, spoken

NAMES = {ENGLISH: "English", WELSH: "Cymraeg", POLISH: "Polski"}

_TABLE: Mapping[str, tuple[str, str, str]] = {
    "title": (
        "Tell us about someone sleeping rough",
        "Dywedwch wrthym am rywun sy’n cysgu allan",
        "Powiadom nas o osobie śpiącej na ulicy",
    ),
    "danger": (
        "If someone is in danger now, or under 18, call 999.",
        "Os oes rhywun mewn perygl nawr, neu dan 18 oed, ffoniwch 999.",
        "Jeśli ktoś jest w niebezpieczeństwie lub nie ma 18 lat, zadzwoń pod 999.",
    ),
    "intro": (
        "It takes about two minutes. An outreach team reads every report and goes to look.",
        "Mae’n cymryd tua dwy funud. Mae tîm allgymorth yn darllen pob adroddiad ac yn mynd i chwilio.",
        "To zajmie około dwóch minut. Zespół pomocy czyta każde zgłoszenie i idzie sprawdzić.",
    ),
    "place": ("Where are they?", "Ble maen nhw?", "Gdzie jest ta osoba?"),
    "place_hint": (
        "For example: the doorway beside the chemist, facing the station.",
        "Er enghraifft: y drws wrth ymyl y fferyllfa, gyferbyn â’r orsaf.",
        "Na przykład: wejście obok apteki, naprzeciwko dworca.",
    ),
    "postcode": (
        "A postcode near by, if you know one",
        "Cod post gerllaw, os ydych yn gwybod un",
        "Kod pocztowy w pobliżu, jeśli go znasz",
    ),
    "district": ("Or the area", "Neu’r ardal", "Albo okolica"),
    "choose_area": ("Choose an area", "Dewiswch ardal", "Wybierz okolicę"),
    "map": ("Show it on a map", "Dangoswch ar fap", "Pokaż na mapie"),
    "map_title": (
        "Map of the area. The field below says the chosen point.",
        "Map o’r ardal. Mae’r maes isod yn dangos y pwynt a ddewiswyd.",
        "Mapa okolicy. Pole poniżej podaje wybrany punkt.",
    ),
    "map_missing": (
        "This browser cannot draw the map. Everything else works.",
        "Ni all y porwr hwn dynnu’r map. Mae popeth arall yn gweithio.",
        "Ta przeglądarka nie pokaże mapy. Wszystko inne działa.",
    ),
    "locate": ("Use my location", "Defnyddio fy lleoliad", "Użyj mojej lokalizacji"),
    "locating": ("Asking your phone…", "Yn gofyn i’ch ffôn…", "Pytam telefon…"),
    "located": (
        "Your location is in the field below. Change it if they are somewhere else.",
        "Mae eich lleoliad yn y maes isod. Newidiwch ef os ydyn nhw yn rhywle arall.",
        "Twoja lokalizacja jest w polu poniżej. Zmień ją, jeśli ta osoba jest gdzie indziej.",
    ),
    "not_located": (
        "Your phone did not say where it is. Press on the map, or write it in words.",
        "Ni ddywedodd eich ffôn ble mae. Pwyswch ar y map, neu ysgrifennwch mewn geiriau.",
        "Telefon nie podał lokalizacji. Naciśnij na mapie albo opisz słowami.",
    ),
    "point": (
        "The point (latitude, longitude)",
        "Y pwynt (lledred, hydred)",
        "Punkt (szerokość, długość geograficzna)",
    ),
    "seen": ("When did you see them?", "Pryd welsoch chi nhw?", "Kiedy widziałeś tę osobę?"),
    "seen_hint": (
        "For example: tonight about 9, or most mornings.",
        "Er enghraifft: heno tua 9, neu’r rhan fwyaf o foreau.",
        "Na przykład: dziś około 21 albo prawie co rano.",
    ),
    "appearance": ("What did you see?", "Beth welsoch chi?", "Co widziałeś?"),
    "appearance_hint": (
        "What would help somebody know them again: clothes, a tent, a dog. You do not need to speak to them.",
        "Beth fyddai’n helpu rhywun i’w hadnabod: dillad, pabell, ci. Nid oes angen i chi siarad â nhw.",
        "Co pomoże rozpoznać tę osobę: ubranie, namiot, pies. Nie musisz z nią rozmawiać.",
    ),
    "concerns": ("Does anything worry you?", "A oes unrhyw beth yn eich poeni?", "Czy coś Cię niepokoi?"),
    "people": ("How many people?", "Faint o bobl?", "Ile osób?"),
    "tell": ("May we tell you what happened?", "A gawn ni ddweud wrthych beth ddigwyddodd?", "Czy dać Ci znać, co się stało?"),
    "tell_no": ("No, thank you", "Na, dim diolch", "Nie, dziękuję"),
    "tell_yes": ("Yes, by e-mail", "Iawn, drwy e-bost", "Tak, e-mailem"),
    "email": ("Your e-mail address, if yes", "Eich cyfeiriad e-bost, os felly", "Twój adres e-mail, jeśli tak"),
    "email_hint": (
        "Kept apart from your report, used for this alone, and deleted after 90 days.",
        "Cedwir ar wahân i’ch adroddiad, defnyddir at hyn yn unig, a dileir ar ôl 90 diwrnod.",
        "Trzymany osobno od zgłoszenia, tylko w tym celu, usuwany po 90 dniach.",
    ),
    "send": ("Send", "Anfon", "Wyślij"),
    "earlier": (
        "What happened to a report I sent?",
        "Beth ddigwyddodd i adroddiad a anfonais?",
        "Co się stało z moim zgłoszeniem?",
    ),
    "thanks": ("Thank you", "Diolch", "Dziękujemy"),
    "with": (
        "Your report is with those who look after {district}. Your reference:",
        "Mae eich adroddiad gyda’r rhai sy’n gofalu am {district}. Eich cyfeirnod:",
        "Twoje zgłoszenie mają ci, którzy dbają o okolicę {district}. Twój numer:",
    ),
    "with_nobody": (
        (
            "We have your report. The place is in none of the areas that our teams walk, so no team has it yet: our duty desk "
            "reads it and looks for who can take it. Please tell the council of that area, too. Your reference:"
        ),
        (
            "Mae eich adroddiad gennym. Nid yw’r lle yn un o’r ardaloedd y mae ein timau’n eu cerdded, felly nid oes gan unrhyw "
            "dîm ef eto: mae ein desg ddyletswydd yn ei ddarllen ac yn chwilio am rywun i’w gymryd. Dywedwch wrth gyngor yr "
            "ardal honno hefyd. Eich cyfeirnod:"
        ),
        (
            "Mamy Twoje zgłoszenie. To miejsce nie leży w okolicach naszych zespołów, więc nikt go jeszcze nie ma: dyżurny czyta "
            "je i szuka, kto może je przejąć. Powiadom też urząd tamtej okolicy. Twój numer:"
        ),
    ),
    "will_hear": (
        "We will tell you what happened by {day}, or write that we are late.",
        "Byddwn yn dweud wrthych beth ddigwyddodd erbyn {day}, neu’n ysgrifennu ein bod yn hwyr.",
        "Napiszemy do {day}, co się stało, albo że się spóźnimy.",
    ),
    "look": (
        "With the reference you can look for yourself:",
        "Gyda’r cyfeirnod gallwch edrych eich hun:",
        "Z tym numerem możesz sprawdzić samodzielnie:",
    ),
    "again": (
        "If they are still there in a few days, please tell us again: it helps.",
        "Os ydyn nhw yno o hyd ymhen ychydig ddyddiau, dywedwch wrthym eto: mae’n helpu.",
        "Jeśli za kilka dni ta osoba nadal tam będzie, daj nam znów znać: to pomaga.",
    ),
    "bad_place": (
        "Say where, as you would to a friend.", "Dywedwch ble, fel y byddech wrth ffrind.", "Napisz gdzie, jak do znajomego.",
    ),
    "bad_postcode": (
        "We do not know this postcode. Check it, or leave it empty and choose an area.",
        "Nid ydym yn adnabod y cod post hwn. Gwiriwch ef, neu gadewch ef yn wag a dewis ardal.",
        "Nie znamy tego kodu. Sprawdź go albo zostaw puste i wybierz okolicę.",
    ),
    "bad_district": (
        "Choose the area, or give a postcode near by.",
        "Dewiswch yr ardal, neu rhowch god post gerllaw.",
        "Wybierz okolicę albo podaj kod pocztowy w pobliżu.",
    ),
    "bad_point": (
        "We cannot read this point. Press on the map, or leave it empty.",
        "Ni allwn ddarllen y pwynt hwn. Pwyswch ar y map, neu gadewch ef yn wag.",
        "Nie rozumiemy tego punktu. Naciśnij na mapie albo zostaw puste.",
    ),
    "bad_people": (
        "Give a number, such as 1, or leave it empty.",
        "Rhowch rif, fel 1, neu gadewch ef yn wag.",
        "Podaj liczbę, na przykład 1, albo zostaw puste.",
    ),
    "bad_email": (
        "Give an e-mail address, or choose No.",
        "Rhowch gyfeiriad e-bost, neu dewiswch Na.",
        "Podaj adres e-mail albo wybierz Nie.",
    ),
    "too_many": (
        "Many reports have just come from your network. Nothing you wrote is lost: wait a minute, then press Send again.",
        (
            "Mae llawer o adroddiadau newydd ddod o’ch rhwydwaith. Nid oes dim a ysgrifennoch ar goll: arhoswch funud, yna "
            "pwyswch Anfon eto."
        ),
        "Z Twojej sieci przyszło właśnie wiele zgłoszeń. Nic nie przepadło: poczekaj minutę i naciśnij Wyślij jeszcze raz.",
    ),
    "busy": (
        "We could not keep your report just now. Nothing you wrote is lost: press Send again in a moment.",
        "Ni allem gadw eich adroddiad nawr. Nid oes dim a ysgrifennoch ar goll: pwyswch Anfon eto ymhen ychydig.",
        "Nie udało się teraz zapisać zgłoszenia. Nic nie przepadło: za chwilę naciśnij Wyślij jeszcze raz.",
    ),
    "status_title": ("What happened to my report?", "Beth ddigwyddodd i’m hadroddiad?", "Co się stało z moim zgłoszeniem?"),
    "reference": ("Your reference", "Eich cyfeirnod", "Twój numer"),
    "reference_hint": (
        "Three groups of four letters and digits.",
        "Tri grŵp o bedair llythyren a digid.",
        "Trzy grupy po cztery litery i cyfry.",
    ),
    "look_up": ("Look", "Edrych", "Sprawdź"),
    "they_are_there": ("They are still there", "Maen nhw yno o hyd", "Ta osoba nadal tam jest"),
    "say_they_are_there": (
        "If you see them there again, say so here: a team leader reads your report anew.",
        "Os gwelwch nhw yno eto, dywedwch yma: mae arweinydd tîm yn darllen eich adroddiad o’r newydd.",
        "Jeśli znów zobaczysz tam tę osobę, napisz to tutaj: kierownik zespołu przeczyta Twoje zgłoszenie od nowa.",
    ),
    "open_again": (
        "Thank you. Your report is open again, and a team leader reads it anew.",
        "Diolch. Mae eich adroddiad ar agor eto, a bydd arweinydd tîm yn ei ddarllen o’r newydd.",
        "Dziękujemy. Twoje zgłoszenie jest znów otwarte i kierownik zespołu przeczyta je od nowa.",
    ),
    "more_kept": (
        "Thank you. A team leader reads what you added.",
        "Diolch. Bydd arweinydd tîm yn darllen yr hyn a ychwanegoch.",
        "Dziękujemy. Kierownik zespołu przeczyta to, co dodano.",
    ),
    "more": (
        "Can you say more of where it is?", "Allwch chi ddweud mwy am ble mae?", "Czy możesz dokładniej opisać, gdzie to jest?",
    ),
    "more_hint": (
        "The street, what is near by, and when you were there. Please do not write your own name or number.",
        "Y stryd, beth sydd gerllaw, a phryd yr oeddech yno. Peidiwch ag ysgrifennu eich enw na’ch rhif eich hun.",
        "Ulica, co jest w pobliżu i kiedy tam byłeś lub byłaś. Nie podawaj swojego nazwiska ani numeru.",
    ),
    "bad_more": (
        "Say what would help us find the place.", "Dywedwch beth fyddai’n ein helpu i ddod o hyd i’r lle.",
        "Napisz, co pomoże nam znaleźć to miejsce.",
    ),
    "too_long": (
        "Use {most} characters or fewer.", "Defnyddiwch {most} nod neu lai.", "Użyj najwyżej {most} znaków.",
    ),
    "unknown": (
        "We have no report with this reference. Check each letter: it has twelve, in three groups.",
        "Nid oes gennym adroddiad â’r cyfeirnod hwn. Gwiriwch bob llythyren: mae ganddo ddeuddeg, mewn tri grŵp.",
        "Nie mamy zgłoszenia o tym numerze. Sprawdź każdą literę: jest ich dwanaście, w trzech grupach.",
    ),
    "over": (
        "This link is over: we forget your address after 90 days. If you kept the reference of your report, look by it.",
        ("Mae’r ddolen hon wedi dod i ben: rydym yn anghofio eich cyfeiriad ar ôl 90 diwrnod. Os cadwoch gyfeirnod "
        "eich adroddiad, chwiliwch ag ef."),
        "Ten link już nie działa: po 90 dniach zapominamy Twój adres. Jeśli masz numer zgłoszenia, sprawdź nim.",
    ),
    "expected": (
        "We expect to know more by {day}.", "Disgwyliwn wybod mwy erbyn {day}.", "Spodziewamy się wiedzieć więcej do {day}.",
    ),
    "broken": (
        "We said that we would know more by {day}. We do not yet, and we are sorry.",
        "Dywedom y byddem yn gwybod mwy erbyn {day}. Nid ydym eto, ac mae’n ddrwg gennym.",
        "Mieliśmy wiedzieć więcej do {day}. Jeszcze nie wiemy i przepraszamy.",
    ),
    "someone_else": ("Tell us about someone else", "Dywedwch wrthym am rywun arall", "Powiadom nas o kimś innym"),
}  # fmt: skip

WORDS: Mapping[str, Mapping[str, str]] = {
    language: {key: texts[number] for key, texts in _TABLE.items()} for number, language in enumerate(LANGUAGES)
}


def words_of(language: str) -> Mapping[str, str]:
    """The words in a language; in English where it is another."""
    return WORDS[spoken(language)]
