"""Equality questions on a page of their own: voluntary, for counting alone. What was answered before is shown to nobody."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from server.access import Access, Door
from server.queries.people import equality
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.equality import QUESTIONS, EqualityAnswer
from shared.model.value import Id
from shared.policy import Act

PATH = "/people/{person_id:str}/equality"
PURPOSE = "equality questions, for counting alone"
SAID = {
    "ethnic_group": "What is your ethnic group?",
    "religion": "What is your religion or belief?",
    "sexual_orientation": "Which of these best describes how you think of yourself?",
    "disability": "Does a health condition or a disability make your days harder?",
    "gender_same_as_at_birth": "Is your gender the same as the sex that you were registered with at birth?",
}
WORDS = {"would_rather_not_say": "Would rather not say", "none": "No religion"}
Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get(PATH, opt={"action": Act.RECORD_EQUALITY}, sync_to_thread=True, include_in_schema=False)
def show_equality(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """The questions, empty whatever was answered before."""
    with door.open() as access:
        return _answer(request, access, person_id)


@post(PATH, opt={"action": Act.RECORD_EQUALITY}, sync_to_thread=True, include_in_schema=False)
def record_equality(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: Typed
) -> Response[Any]:
    """Keeps those that were answered."""
    with door.open() as access:
        access.open_person(person_id, PURPOSE, Act.RECORD_EQUALITY)
        told = {name: str(data.get(name, "")) for name in QUESTIONS}
        wrong = {
            name: "Choose one of these, or none." for name, said in told.items() if said and said not in QUESTIONS[name]
        }
        if wrong:
            return _answer(request, access, person_id, wrong)
        new = [
            EqualityAnswer(
                id=access.new_id(), person_id=person_id, question=name, answer=said, at=access.now,
                agency_id=access.actor.agency_id, recorded_by=access.actor.worker_id,
            )
            for name, said in told.items()
            if said
        ]  # fmt: skip
        equality.add_answers(access.session, new)
    return go_to(f"/people/{person_id}/equality", "kept_health")


def _answer(request: AnyRequest, access: Access, person_id: Id, errors: dict[str, str] | None = None) -> Response[str]:
    person = access.open_person(person_id, PURPOSE, Act.RECORD_EQUALITY)
    questions = [
        (name, SAID[name], [(code, WORDS.get(code, code.replace("_", " ").capitalize())) for code in codes])
        for name, codes in QUESTIONS.items()
    ]
    return page(
        request, "agency/equality.html", title="Equality questions", section="/cases", worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, person=person, questions=questions,
    )  # fmt: skip
