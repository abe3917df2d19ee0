"""The short form: what is still to ask of somebody, what they answered, and whether others may read it. Works with no signal."""

from datetime import datetime

from mobile.field.drafts import DraftRefused, checked
from mobile.field.journal import Journal
from mobile.field.own_views import ShortForm
from mobile.opening.context import Context
from mobile.store import people, tellings
from mobile.store.errors import NotHere
from mobile.store.rows import just_after, to_ms
from shared.geo.night import local_day
from shared.model.assessment import AnswerGiven, Question
from shared.model.codes import ReceivingSupport, SupportNeed
from shared.model.consent import ConsentSaid
from shared.model.person import NeedRecorded, Person
from shared.model.telling import AnswerState, AskedVia, ConsentAnswer, Shareable
from shared.model.value import Id
from shared.rules.assessment import find_newest, is_to_ask, read_value
from shared.rules.consent import newest
from shared.rules.questions import STANDARD, YES, choose_current

SHORT_FORM: tuple[Question, ...] = tuple(each for each in choose_current(STANDARD) if each.on_phone)


class Asking:
    """The short form of one unlocked phone."""

    def __init__(self, context: Context, journal: Journal) -> None:
        self._context, self._journal = context, journal

    def short_form(self, person_id: Id) -> ShortForm:
        """What is to ask of one person today; what the record says, and what was answered of late, is not. Raises `NotHere`."""
        with self._context.store.reading() as connection:
            ids = people.list_aliases(connection, person_id)
            row = people.find_person(connection, ids[0]) or people.find_person(connection, person_id)
            if row is None:
                raise NotHere
            answers = find_newest(tellings.list_answers(connection, ids))
            known = _list_known(row.person, {each.need for each in people.list_needs(connection, ids)})
            said = [each for each in tellings.list_consents(connection, ids) if each.what is Shareable.ASSESSMENT]
        today = local_day(self._context.clock.now())
        last = newest(each for each in said if each.agency_id is None)
        return ShortForm(
            person_id=row.id,
            known_as=row.known_as,
            questions=tuple(each for each in SHORT_FORM if is_to_ask(each, answers, known, today)),
            asked=len(SHORT_FORM),
            sharing=last.answer if last is not None else None,
        )

    def give_answer(self, person_id: Id, key: str, value: str = "", words: str = "", rather_not: bool = False) -> None:
        """Save one answer. Raises `DraftRefused` for one that says nothing or is no answer, `StoreError`."""
        question = next((each for each in SHORT_FORM if each.key == key), None)
        if question is None:
            raise DraftRefused("That is not asked here.")
        try:
            said = "" if rather_not else read_value(question, value)
        except ValueError as why:
            raise DraftRefused(str(why)) from why
        answer = AnswerGiven(
            id=self._context.new_id(), person_id=person_id, question=key, version=question.version,
            state=AnswerState.RATHER_NOT if rather_not else AnswerState.ANSWERED, value=said,
            words="" if rather_not else words.strip(), via=AskedVia.PHONE, at=self._context.clock.now(),
            worker_id=self._context.worker_id,
        )  # fmt: skip
        if answer.why_unusable is not None:
            raise DraftRefused("Write or choose an answer first.")
        with self._journal.writing() as entry:
            entry.fact("answer.given", checked(answer), answer.id)
            if question.known_by_need is not None and said == YES:
                entry.fact("need.recorded", self._need(answer, question.known_by_need), person_id)

    def say_sharing(self, person_id: Id, agrees: bool) -> None:
        """Whether other services may read the assessment, as they said by word."""
        with self._journal.writing() as entry:
            before = tellings.list_consents(entry.connection, people.list_aliases(entry.connection, person_id))
            said = ConsentSaid(
                id=self._context.new_id(), person_id=person_id, what=Shareable.ASSESSMENT,
                answer=ConsentAnswer.AGREED if agrees else ConsentAnswer.REFUSED, worker_id=self._context.worker_id,
                at=self._after([each.at for each in before]),
            )  # fmt: skip
            entry.fact("consent.said", said, person_id)

    def _after(self, earlier: list[datetime]) -> datetime:
        """Now, yet after every word known here: the last one stands although a clock was set back."""
        now = self._context.clock.now()
        return max([now, *(just_after(to_ms(each)) for each in earlier)])

    def _need(self, answer: AnswerGiven, need: SupportNeed) -> NeedRecorded:
        """A need that was said is one for every list that counts needs."""
        return NeedRecorded(
            id=self._context.new_id(), person_id=answer.person_id, need=need, at=answer.at, worker_id=answer.worker_id,
            receiving_support=ReceivingSupport.NOT_KNOWN,
        )  # fmt: skip


def _list_known(person: Person, needs: set[SupportNeed]) -> dict[str, str]:
    """What the record says already, by question."""
    known = {each.key: str(getattr(person, each.known_by, "") or "") for each in SHORT_FORM if each.known_by}
    return known | {each.key: YES for each in SHORT_FORM if each.known_by_need in needs}
