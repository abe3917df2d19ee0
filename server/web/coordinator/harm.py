"""Deaths, harm and safeguarding of a district, for learning from: what happened, what was answered, what is done otherwise
since."""

from datetime import timedelta

from litestar import Response, get
from litestar.di import NamedDependency

from server.access import Door, of_theirs
from server.queries.people import health, people
from server.web.layout.page import AnyRequest, page
from server.web.layout.words import say, say_day
from shared.model.health import CODES_OF, HealthFact, HealthKind
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind

PATH = "/harm"
LOOKED_BACK = timedelta(days=3 * 365)


class Line(Value, frozen=True, kw_only=True):
    """One death, harm or referral, with what came of it."""

    person_id: Id
    known_as: str
    day: str
    what: str
    words: str
    learning: str
    answer: str
    is_open: bool


@get(PATH, opt={"action": Act.REVIEW_HARM}, sync_to_thread=True, include_in_schema=False)
def show_harm(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What happened in the reader's districts within three years, the newest first."""
    with door.open() as access:
        access.require(Act.REVIEW_HARM, of_theirs(access.actor), purpose="learning from harm")
        facts = health.list_harm(access.session, access.actor.district_ids, access.today - LOOKED_BACK)
        answers = {each.about_id: each for each in reversed(facts) if each.kind is HealthKind.ANSWER}
        known = {
            each.id: each.known_as for each in people.list_people(access.session, {each.person_id for each in facts})
        }
        shown = [each for each in facts if each.kind is not HealthKind.ANSWER and each.person_id in known]
        access.note_seen(SubjectKind.PERSON, sorted({each.person_id for each in shown}), action=Act.REVIEW_HARM)
        lines = [_line(each, known[each.person_id], answers.get(each.id)) for each in shown]
        return page(
            request, "coordinator/harm.html", title="Deaths and near misses", section=PATH, worker=access.worker,
            lines=lines, unlearnt=sum(each.is_open for each in lines),
        )  # fmt: skip


def _line(fact: HealthFact, known_as: str, answer: HealthFact | None) -> Line:
    what = {HealthKind.DEATH: "Death", HealthKind.SAFEGUARDING: "Safeguarding referral"}.get(fact.kind) or _say(fact)
    told = f"{_say(answer)}, {say_day(answer.on)}" if answer else "No answer yet"
    is_referral = fact.kind is HealthKind.SAFEGUARDING
    return Line(
        person_id=fact.person_id, known_as=known_as, day=say_day(fact.on), what=what, words=fact.words,
        learning=fact.learning, answer=told if is_referral else "",
        is_open=answer is None if is_referral else not fact.learning,
    )  # fmt: skip


def _say(fact: HealthFact) -> str:
    vocabulary = CODES_OF[fact.kind]
    known = {str(each) for each in vocabulary} if vocabulary else set()
    return say(vocabulary(fact.code)) if vocabulary and fact.code in known else fact.code
