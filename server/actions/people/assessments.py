"""The assessment of one person: what is known and from where, what is still to ask, and keeping what was answered.

Every answer is a fact. Two workers who ask at once both stand; whoever saves over an answer unseen is shown it first. A
page that was open while a question was retired or reworded saves what was answered, to the question as it was put.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from server.access import Access
from server.actions.people.consents import find_shared_subject
from server.actions.sync.projection.holding import hold_people
from server.actions.sync.projection.told_record import tell_anew
from server.actions.sync.saying import say
from server.database.locks import lock_records
from server.database.sql import storable_words
from server.problems import Invalid, InvalidFields, NotFound
from server.queries.partnership import workers
from server.queries.people import assessments, people, person_page
from server.queries.people.assessments import Answer
from server.queries.sync.store import Project
from shared.model.assessment import AnswerGiven, Question
from shared.model.person import Person
from shared.model.telling import AnswerState, AskedVia, QuestionKind, Reading
from shared.model.value import Id, Value
from shared.model.worker import Worker
from shared.policy import Act, Subject
from shared.rules.assessment import find_newest, is_for_services, is_to_ask, lives_until, read_value
from shared.rules.health import why_not_on
from shared.rules.questions import YES, by_version, choose_current
from sync.authoring import NewChange

PURPOSE = "assessment"
LONGEST_PLACE = 200
OLDEST_DAYS = 366 * 5
A_MOMENT = timedelta(milliseconds=1)


class Assessment(Value, frozen=True, kw_only=True):
    """One person's assessment as its reader may know it. `known` is what the record says, by question; `questions` are those
    asked now, `every` all that were. `is_shared`: the reader's service reads what others asked; `may_answer`: the reader asks."""

    person: Person
    questions: tuple[Question, ...]
    every: tuple[Question, ...]
    answers: tuple[Answer, ...]
    known: Mapping[str, str]
    is_shared: bool
    may_answer: bool
    today: date
    zone: str

    @property
    def newest(self) -> dict[str, AnswerGiven]:
        """The answer today to each question, as far as the reader knows."""
        return find_newest(each.given for each in self.answers)

    @property
    def to_ask(self) -> list[Question]:
        """What is asked today: nothing within the life of an answer, and nothing that the record says."""
        newest = self.newest
        return [each for each in self.questions if is_to_ask(each, newest, self.known, self.today, self.zone)]


class Typed(Value, frozen=True, kw_only=True):
    """One question as a form sends it. `shown` is the answer that the form showed, empty for none."""

    question: str
    version: int
    value: str = ""
    words: str = ""
    note: str = ""
    rather_not: bool = False
    shown: Id = ""


class Asked(Value, frozen=True, kw_only=True):
    """How, where and by whom it was asked: `by` a colleague (empty: whoever types it in); a paper may be older than today."""

    via: str = str(AskedVia.DESK)
    by: Id = ""
    place: str = ""
    on: date | None = None


class Newer(Value, frozen=True, kw_only=True):
    """An answer that came meanwhile, and that whoever saves had not seen."""

    question: str
    answer: AnswerGiven


def read_assessment(access: Access, person_id: Id, purpose: str = PURPOSE) -> Assessment:
    """The assessment. Raises NotFound or Forbidden. What another service asked is in it only while the person agrees."""
    subject, same = find_shared_subject(access, person_id)
    own = None if subject is None else msgspec.structs.replace(subject, owner_agency_id=access.actor.agency_id)
    access.require(Act.SEE_ASSESSMENT, own, purpose=purpose)
    person = people.find_person(access.session, person_id)
    if person is None or subject is None:
        raise NotFound
    every = assessments.list_questions(access.session)
    is_shared = access.allows(Act.SEE_ASSESSMENT, subject)
    return Assessment(
        person=person, questions=tuple(choose_current(every)), every=tuple(every), is_shared=is_shared,
        today=access.today, zone=access.zone.key,
        may_answer=access.allows(Act.RECORD_ASSESSMENT, subject),
        answers=tuple(_list_readable(access, same, every, is_shared)), known=_list_known(access, person, same, every),
    )  # fmt: skip


def require_answering(access: Access, person_id: Id) -> Subject:
    """Let the actor through to this person's answers as who asks. Raises NotFound or Forbidden."""
    return access.require(Act.RECORD_ASSESSMENT, access.find_person_and_same(person_id)[0], purpose=PURPOSE)


def give_answers(access: Access, project: Project, person_id: Id, typed: Sequence[Typed], asked: Asked) -> list[Newer]:
    """Keep each answer that says something else than the form showed; returns those that somebody gave meanwhile, which are not
    written over. Raises NotFound, Forbidden, or InvalidFields with what is wrong by field: then nothing is written."""
    subject = require_answering(access, person_id)
    hold_people(access.session, [person_id])
    before = read_assessment(access, person_id)
    newest = before.newest
    _require_colleague(access, asked.by)
    if why := why_not_on(before.person.died_on, asked.on or access.today):
        raise InvalidFields({"asked_on": why})
    facts = _read(access, before, person_id, typed, asked, _find_moment(access, asked))
    if asked.on in (None, access.today):
        facts = [_after(newest.get(each.question), each) for each in facts]
    shown = {each.question: each.shown for each in typed}
    newer = [
        Newer(question=fact.question, answer=last)
        for fact in facts
        if (last := newest.get(fact.question)) is not None and last.id != shown[fact.question] and last.at <= fact.at
    ]
    unseen = {each.question for each in newer}
    questions = {each.key: each for each in before.questions}
    _publish(access, project, subject, [fact for fact in facts if fact.question not in unseen], questions)
    return newer


def _after(last: AnswerGiven | None, fact: AnswerGiven) -> AnswerGiven:
    """What is answered now comes after what was, also after an answer of a phone whose clock is a little ahead."""
    if last is None or last.at < fact.at:
        return fact
    return msgspec.structs.replace(fact, at=last.at + A_MOMENT)


def _list_readable(access: Access, same: Sequence[Id], every: Sequence[Question], is_shared: bool) -> list[Answer]:
    return [
        each
        for each in assessments.list_answers(access.session, same)
        if each.agency_id == access.actor.agency_id or (is_shared and is_for_services(each.given, every))
    ]


def _list_known(access: Access, person: Person, same: Sequence[Id], every: Sequence[Question]) -> dict[str, str]:
    """What the record says already, to the questions that it answers."""
    told = {each.need for each in person_page.list_needs(access.session, same)}
    known = {each.key: getattr(person, each.known_by, "") for each in every if each.known_by}
    known |= {each.key: YES for each in every if each.known_by_need in told}
    return {key: str(text) for key, text in known.items() if text}


def list_askers(access: Access) -> list[Worker]:
    """Who may have asked what is typed in: the workers of the actor's service, those too who have left it since."""
    return [each for each in workers.list_workers(access.session) if each.agency_id == access.actor.agency_id]


def _require_colleague(access: Access, worker_id: Id) -> None:
    """Whose worker asked decides who reads the answers: nobody types them in for another service."""
    if worker_id not in {"", access.actor.worker_id, *(each.id for each in list_askers(access))}:
        raise InvalidFields({"asked_by": "Choose somebody of your service."})


def _find_moment(access: Access, asked: Asked) -> datetime:
    if asked.via not in (AskedVia.DESK, AskedVia.PAPER):
        raise InvalidFields({"via": "Choose how it was asked."})
    if len(asked.place) > LONGEST_PLACE:
        raise InvalidFields({"place": "Use 200 characters or fewer."})
    if asked.on is None or asked.on == access.today:
        return access.now
    if not 0 <= (access.today - asked.on).days <= OLDEST_DAYS:
        raise InvalidFields({"asked_on": "Give the day on which it was asked: today, or one of the last five years."})
    return datetime.combine(asked.on, time(12), UTC)


def _read(
    access: Access, before: Assessment, person_id: Id, typed: Sequence[Typed], asked: Asked, at: datetime
) -> list[AnswerGiven]:
    """The answers that differ from what was shown, and every one to a question that is asked again: they may say the same a
    year later, and are not asked twice for it. Raises InvalidFields."""
    versions = by_version(before.every)
    current = {each.key: each for each in before.questions}
    given = {each.given.id: each.given for each in before.answers}
    wrong: dict[str, str] = {}
    facts = []
    for each in typed:
        question = versions.get((each.question, each.version))
        if question is None:
            raise Invalid("That is not a question of this assessment. Load the page again.")
        try:
            fact = _make(access, person_id, question, each, asked, at)
        except ValueError as why:
            wrong[f"value_{question.key}"] = str(why)
            continue
        shown = given.get(each.shown)
        put = current.get(each.question, question)
        is_asked_again = shown is not None and access.today > lives_until(put, shown, access.zone.key)
        if is_asked_again or _says(fact) != (
            _says(shown) if shown is not None else ("", before.known.get(question.key, ""), "", "")
        ):
            facts.append(fact)
    if wrong:
        raise InvalidFields(wrong)
    return [each for each in facts if each.why_unusable is None]


def _make(access: Access, person_id: Id, question: Question, typed: Typed, asked: Asked, at: datetime) -> AnswerGiven:
    words, note = (storable_words(text) for text in (typed.words, typed.note))
    if max(len(words), len(note)) > 10_000:
        raise ValueError("Use 10,000 characters or fewer.")
    value = "" if typed.rather_not else read_value(question, typed.value)
    return AnswerGiven(
        id=access.new_id(), person_id=person_id, question=question.key, version=question.version,
        state=AnswerState.RATHER_NOT if typed.rather_not else AnswerState.ANSWERED, value=value, words=words, note=note,
        via=AskedVia(asked.via), place=storable_words(asked.place), at=at, worker_id=asked.by or access.actor.worker_id,
    )  # fmt: skip


def _says(answer: AnswerGiven) -> tuple[str, str, str, str]:
    return (
        "rather not" if answer.state is AnswerState.RATHER_NOT else "", answer.value, answer.words, answer.note,
    )  # fmt: skip


def _publish(
    access: Access, project: Project, subject: Subject, facts: Sequence[AnswerGiven], questions: Mapping[str, Question]
) -> None:
    """The tables hear of every answer; phones of the actor's own team of those that the short form asks, and of no others."""
    if not facts:
        return
    now_ms = int(access.now.timestamp() * 1000)
    team = next(iter(sorted(access.actor.team_ids)), None)
    nowhere = f"district:{next(iter(sorted(subject.district_ids)), '')}"
    new = []
    for fact in facts:
        question = questions.get(fact.question)
        heard = team is not None and question is not None and question.on_phone
        new.append(
            NewChange(
                id=access.new_id(),
                type="answer.given",
                scope=f"team:{team}" if heard else nowhere,
                entity=fact.id,
                who=access.actor.worker_id,
                at_ms=now_ms,
                payload=msgspec.Raw(msgspec.json.encode(fact)),
            )
        )
    say(access.session, project, new, access.now)


# ---------------------------------------------------------------------------------------------------- the questions


def list_asked(access: Access) -> list[Question]:
    """The questions that are asked now, for whoever keeps them. Raises Forbidden."""
    access.require(Act.MANAGE_QUESTIONS)
    return choose_current(assessments.list_questions(access.session))


def keep_question(access: Access, project: Project, question: Question) -> Question:
    """Add a question, or a new version of one that is asked; the record says no longer what only whoever asked reads from now
    on. Raises Forbidden, Invalid."""
    access.require(Act.MANAGE_QUESTIONS, detail=question.key)
    wrong = _find_faults(question)
    if wrong:
        raise Invalid(*wrong)
    lock_records(access.session, ["assessment_question"])
    versions = [each.version for each in assessments.list_questions(access.session) if each.key == question.key]
    kept = msgspec.structs.replace(question, version=max(versions, default=0) + 1)
    assessments.add_question(access.session, kept, access.now, access.actor.worker_id)
    if kept.reading is not Reading.SERVICES:
        answered = assessments.list_who_answered(access.session, kept.key)
        hold_people(access.session, answered)
        told = tell_anew(access.session, answered, access.actor.worker_id, access.now, access.zone.key, access.new_id)
        if told:
            project(access.session, told)
    return kept


def retire_question(access: Access, project: Project, key: str) -> None:
    """It is asked no more; what was answered stays. Raises Forbidden, NotFound."""
    found = next((each for each in list_asked(access) if each.key == key), None)
    if found is None:
        raise NotFound
    keep_question(access, project, msgspec.structs.replace(found, retired=True))


def _find_faults(question: Question) -> list[str]:
    wrong = []
    if not question.section.is_known:
        wrong.append("Choose the section.")
    if not 3 <= len(question.text) <= 300:
        wrong.append("Write the question, in 300 characters or fewer.")
    if len(question.guidance) > 1000:
        wrong.append("Use 1,000 characters or fewer for the guidance.")
    if not question.kind.is_known or not question.reading.is_known:
        wrong.append("Choose one of the answers.")
    if not 1 <= question.lives_months <= 60:
        wrong.append("Say for how many months an answer lives: 1 to 60.")
    if question.kind in (QuestionKind.ONE_OF, QuestionKind.SOME_OF) and not 2 <= len(question.options) <= 20:
        wrong.append("Write two to twenty answers to choose from, each on a line of its own.")
    return wrong
