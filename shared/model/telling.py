"""The vocabularies of what somebody tells once and agrees to share: open, as every code (`shared.model.codes`)."""

from shared.model.codes import Code


class Shareable(Code):
    """What of a person is shown to a service that did not write it only where the person agreed, or where another lawful basis
    is said. Each is one question in the consent conversation (Reading's Common Assessment Form, GM Think)."""

    ASSESSMENT = "assessment"
    PLAN = "plan"
    WELLBEING = "wellbeing"
    CONTACTS = "contacts"
    """What services write down of an ordinary day: came for breakfast, asked about his GP."""


class ConsentAnswer(Code):
    """What somebody said when asked whether something may be shared, or later of what they had said."""

    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ConsentWay(Code):
    """How it was said. What is on paper is a document of the person's."""

    WORD = "word"
    PAPER = "paper"


class LawfulBasis(Code):
    """On what sharing rests (UK GDPR, article 6). What rests on another basis than consent is told to the person, not asked."""

    CONSENT = "consent"
    PUBLIC_TASK = "public_task"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"


class Section(Code):
    """A part of the assessment, in the order in which it is asked (Reading's form, Mainstay, GM Think, Evolve)."""

    HOPES = "hopes"
    STRENGTHS = "strengths"
    PEOPLE = "people"
    HOME = "home"
    BODY = "body"
    MIND = "mind"
    SUBSTANCES = "substances"
    MONEY = "money"
    SKILLS = "skills"
    LAW = "law"
    SAFETY = "safety"


class QuestionKind(Code):
    """How a question is answered, beside the person's own words."""

    WORDS = "words"
    YES_NO = "yes_no"
    ONE_OF = "one_of"
    SOME_OF = "some_of"
    DAY = "day"


class Reading(Code):
    """Who reads the answers: services that the person agrees to, or only the one that asked."""

    SERVICES = "services"
    WHO_ASKED = "who_asked"


class AnswerState(Code):
    """What came of a question. Would rather not say is an answer, and is not asked again within its life."""

    ANSWERED = "answered"
    RATHER_NOT = "rather_not"


class AskedVia(Code):
    """Where an answer was taken down."""

    DESK = "desk"
    PHONE = "phone"
    PAPER = "paper"


class GoalEnd(Code):
    """How a goal ended. One that was let go is no failure: it was theirs to let go."""

    REACHED = "reached"
    LET_GO = "let_go"


class TryMethod(Code):
    """How somebody tried to reach a person (active engagement; Housing First, CTI)."""

    KNOCK = "knock"
    NOTE = "note"
    CALL = "call"
    FOOD_OR_DRINK = "food_or_drink"
    FOR_THE_DOG = "for_the_dog"
    WITH_SOMEBODY = "with_somebody"
    SITTING_ALONG = "sitting_along"
    ANOTHER_WAY = "another_way"


class TryEffect(Code):
    """What came of it."""

    TALKED = "talked"
    TOOK_IT = "took_it"
    NO_ANSWER = "no_answer"
    TURNED_AWAY = "turned_away"
