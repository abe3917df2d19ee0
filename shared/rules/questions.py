"""The questions that every partnership begins with, as data. A partnership rewords, retires and adds its own on a page.

Asked in the person's order: hopes first, what is hard later. Each asks one thing, in words that can be read aloud, and none asks
what the record says already. Sources: the sections of Reading's Common Assessment Form, Mainstay's common assessment, strengths
and safety as in GM Think and Evolve. The wording is ours.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.model.assessment import Question
from shared.model.codes import SupportNeed
from shared.model.telling import QuestionKind, Reading, Section

YES: Final = "yes"
NO: Final = "no"
YES_NO: Final = ((YES, "Yes"), (NO, "No"))
SHORT, LONG = 6, 24
"""Months that an answer lives where it changes quickly, and where it hardly does."""


def _ask(key: str, section: Section, text: str, guidance: str = "", **more: object) -> Question:
    return Question(key=key, section=section, text=text, guidance=guidance, **more)  # type: ignore[arg-type]


def _need(key: str, section: Section, text: str, need: SupportNeed, **more: object) -> Question:
    return _ask(key, section, text, "", kind=QuestionKind.YES_NO, known_by_need=need, lives_months=SHORT, **more)


STANDARD: Final[tuple[Question, ...]] = (
    _ask(
        "wants_first",
        Section.HOPES,
        "What would you like first?",
        "In their words. It heads the record once every service may read it.",
        known_by="wants_first",
        lives_months=SHORT,
        on_phone=True,
    ),
    _ask("hopes_year", Section.HOPES, "How would you like things to be in a year?"),
    _ask(
        "good_at",
        Section.STRENGTHS,
        "What are you good at?",
        "Skills, work, music, looking after others.",
        known_by="strengths",
    ),
    _ask(
        "helped_before",
        Section.STRENGTHS,
        "What has helped you before?",
        "Also: what did not, so that nobody offers it again.",
    ),
    _ask(
        "matters_people",
        Section.PEOPLE,
        "Who matters to you?",
        "Family, friends, a pet. Nobody is told without their yes.",
    ),
    _ask(
        "pet",
        Section.PEOPLE,
        "Do you have a dog or another pet with you?",
        kind=QuestionKind.YES_NO,
        lives_months=SHORT,
        on_phone=True,
    ),
    _ask("trusts", Section.PEOPLE, "Is there somebody you trust who could come along to appointments?"),
    _ask("home_last", Section.HOME, "Where did you last have a place of your own, and what ended it?"),
    _ask(
        "home_want",
        Section.HOME,
        "What kind of place would you say yes to?",
        "And what would make you leave one.",
        on_phone=True,
    ),
    _ask(
        "home_local",
        Section.HOME,
        "Which towns have you lived in for the last five years?",
        "For a local connection. Towns, no addresses.",
    ),
    _need(
        "body_worry",
        Section.BODY,
        "Is anything about your body worrying you?",
        SupportNeed.PHYSICAL_HEALTH,
        on_phone=True,
    ),
    _ask("medicines", Section.BODY, "Do you take medicines, and can you get them?", lives_months=SHORT),
    _ask("body_help", Section.BODY, "Do you need help with moving, seeing, hearing or reading?"),
    _need(
        "mind_worry",
        Section.MIND,
        "Would you like support with how you feel?",
        SupportNeed.MENTAL_HEALTH,
        on_phone=True,
    ),
    _ask("mind_helps", Section.MIND, "What helps on a bad day?", lives_months=SHORT),
    _need("drinks", Section.SUBSTANCES, "Would you like support around drinking?", SupportNeed.ALCOHOL),
    _need("drugs", Section.SUBSTANCES, "Would you like support around drugs?", SupportNeed.DRUGS),
    _ask(
        "safer_use",
        Section.SUBSTANCES,
        "What would make it safer?",
        "Naloxone, clean works, somebody near.",
        lives_months=SHORT,
        reading=Reading.WHO_ASKED,
    ),
    _ask(
        "income",
        Section.MONEY,
        "What money comes in?",
        kind=QuestionKind.SOME_OF,
        lives_months=SHORT,
        on_phone=True,
        options=(
            ("work", "Work"),
            ("universal_credit", "Universal Credit"),
            ("other_benefits", "Other benefits"),
            ("pension", "Pension"),
            ("family", "Family or friends"),
            ("none", "Nothing"),
        ),
    ),
    _need("debts", Section.MONEY, "Would you like help with money or debts?", SupportNeed.BUDGETING_DEBT),
    _ask(
        "papers",
        Section.MONEY,
        "Which papers do you have?",
        kind=QuestionKind.SOME_OF,
        options=(
            ("id", "Identity card or passport"),
            ("birth", "Birth certificate"),
            ("bank", "Bank card or statement"),
            ("ni", "National Insurance number"),
            ("none", "None"),
        ),
    ),
    _ask(
        "kept_home",
        Section.SKILLS,
        "Which parts of keeping a home are easy for you, and which are hard?",
        lives_months=LONG,
    ),
    _ask("work_learn", Section.SKILLS, "Is there work or learning that you would like to do?"),
    _ask(
        "probation",
        Section.LAW,
        "Are you working with probation, or is there a court date?",
        "For getting there together.",
        lives_months=SHORT,
        reading=Reading.WHO_ASKED,
    ),
    _ask(
        "victim",
        Section.LAW,
        "Has anybody harmed or threatened you?",
        "Stop here if it is too much: ask what they want done.",
        reading=Reading.WHO_ASKED,
        lives_months=SHORT,
    ),
    _ask(
        "safe_where",
        Section.SAFETY,
        "Where do you feel safe, and where not?",
        known_by="safety_needs",
        lives_months=SHORT,
        on_phone=True,
    ),
    _ask(
        "safe_call",
        Section.SAFETY,
        "Whom should we call if something happens to you?",
        known_by="safety_call",
        lives_months=LONG,
        on_phone=True,
    ),
)


def choose_current(every: Iterable[Question]) -> list[Question]:
    """Of each question its last version, those that are asked, in the order of the sections."""
    newest: dict[str, Question] = {}
    for each in every:
        known = newest.get(each.key)
        if known is None or known.version < each.version:
            newest[each.key] = each
    order = list(Section)
    asked = [each for each in newest.values() if not each.retired and each.section in order]
    return sorted(asked, key=lambda each: order.index(each.section))


def by_version(every: Iterable[Question]) -> Mapping[tuple[str, int], Question]:
    """Each version of each question: an answer is read with the words in which it was asked."""
    return {(each.key, each.version): each for each in every}
