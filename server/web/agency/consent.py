"""What a person agreed to share, with whom and until when; what was taken back, and what rests on law instead."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import consents
from server.actions.people.consents import Said
from server.http.services import Services
from server.problems import Invalid
from server.queries.partnership import agencies, workers
from server.web.layout.forms import Errors, Form, Several, as_tuple, read_day
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say, say_day
from shared.model.consent import ConsentSaid
from shared.model.telling import ConsentAnswer, ConsentWay, LawfulBasis, Shareable
from shared.model.value import Id, Value
from shared.policy import Act, Subject
from shared.policy.consent import RESTS_ON_CONSENT
from shared.rules.consent import lets_show, list_standing

PATH = "/people/{person_id:str}/consent"
EVERY_SERVICE = "Every service that works with them"
ANSWERS = ((str(ConsentAnswer.AGREED), "Yes, they agree"), (str(ConsentAnswer.REFUSED), "They would rather not"))
WAYS = ((str(ConsentWay.WORD), "By word"), (str(ConsentWay.PAPER), "On paper, which is on their record"))
READ_BY_CONSENT = (
    Act.SEE_DOORS,
    Act.SEE_ASSESSMENT,
    Act.SEE_PLAN,
    Act.SEE_WELLBEING,
)
BASES = tuple((str(each), say(each)) for each in LawfulBasis if each is not LawfulBasis.CONSENT)


class ConsentForm(Form, frozen=True, kw_only=True):
    """A word, or a basis that is not consent."""

    what: Several = ""
    agency: str = ""
    answer: str = ""
    way: str = str(ConsentWay.WORD)
    document: str = ""
    said_on: str = ""
    until: str = ""
    words: str = ""
    basis: str = str(LawfulBasis.CONSENT)


class WithdrawForm(Form, frozen=True, kw_only=True):
    """Which words are taken back."""

    consent: Several = ""


class Line(Value, frozen=True, kw_only=True):
    """One word as the page says it. `stands`: something is shared by it today."""

    id: Id
    what: str
    to: str
    said: str
    words: str
    stands: bool
    may_withdraw: bool
    is_consent: bool
    paper: Id | None


@get(PATH, opt={"action": Act.SEE_CONSENT}, sync_to_thread=True, include_in_schema=False)
def show_consent(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """What stands, what was said before, and the form."""
    with door.open() as access:
        return _answer(request, access, person_id)


@post(PATH, opt={"action": Act.RECORD_CONSENT}, sync_to_thread=True, include_in_schema=False)
def say_consent(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    person_id: FromPath[Id],
    data: URLEncodedBody[ConsentForm],
) -> Response[Any]:
    """Keeps what was said."""
    try:
        with door.open() as access:
            consents.say_consent(access, services.project, person_id, _read(data))
    except Invalid as refused:
        field = "what" if data.basis == LawfulBasis.CONSENT else "basis_what"
        with door.open() as access:
            return _answer(request, access, person_id, {field: " ".join(refused.errors)}, data)
    return go_to(f"/people/{person_id}/consent", "saved")


@post(PATH + "/withdraw", opt={"action": Act.RECORD_CONSENT}, sync_to_thread=True, include_in_schema=False)
def withdraw_consent(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    person_id: FromPath[Id],
    data: URLEncodedBody[WithdrawForm],
) -> Response[Any]:
    """Takes words back, from this moment on."""
    with door.open() as access:
        consents.withdraw(access, services.project, person_id, as_tuple(data.consent))
    return go_to(f"/people/{person_id}/consent", "consent_withdrawn")


def _read(form: ConsentForm) -> Said:
    return Said(
        what=as_tuple(form.what), agency_id=form.agency or None, answer=form.answer, basis=form.basis, way=form.way,
        document_id=form.document or None, said_on=read_day(form.said_on), until=read_day(form.until), words=form.words,
    )  # fmt: skip


def _answer(
    request: AnyRequest, access: Access, person_id: Id, errors: Errors | None = None, form: ConsentForm | None = None
) -> Response[str]:
    person, said, said_at = consents.read_consents(access, person_id)
    subject = consents.find_shared_subject(access, person_id)[0] or Subject()
    called = {each.id: each.name for each in agencies.list_agencies(access.session)}
    who = workers.list_short_names(access.session, {each.worker_id for each in said})
    may_record, may_state = (access.allows(act, subject) for act in (Act.RECORD_CONSENT, Act.STATE_BASIS))
    standing = list_standing(said)
    lines = [_line(each, said, said_at, called, who, access.today) for each in reversed(said)]
    shown = {each.id for each in standing}
    papers = consents.list_papers(access, person_id)
    return page(
        request, "agency/consent.html", title="Sharing and consent", worker=access.worker, now=access.now,
        status=422 if errors else 200, errors=errors or {}, person=person, form=form or ConsentForm(),
        chosen=as_tuple(form.what) if form else (), whats=[(str(each), say(each)) for each in Shareable],
        standing=[each for each in lines if each.id in shown], earlier=[each for each in lines if each.id not in shown],
        read_here=[say(RESTS_ON_CONSENT[act]) for act in READ_BY_CONSENT if access.allows(act, subject)],
        may_record=may_record, may_state=may_state, answers=ANSWERS, ways=WAYS, bases=[("", "Choose"), *BASES],
        agencies=[("", EVERY_SERVICE), *called.items()],
        papers=[("", "None"), *((each.id, f"{each.title or say(each.kind)}, {say_day(each.at)}") for each in papers)],
    )  # fmt: skip


def _line(
    word: ConsentSaid, said: tuple[ConsentSaid, ...], said_at: Mapping[Id, datetime], called: Mapping[Id, str],
    who: Mapping[Id, str], today: date,
) -> Line:  # fmt: skip
    return Line(
        id=word.id, what=say(word.what), stands=lets_show(word, said, today), words=word.words, paper=word.document_id,
        to=called.get(word.agency_id, "A service that is not here any more") if word.agency_id else EVERY_SERVICE,
        said=_say_how(word, said_at[word.id], who), may_withdraw=word.answer is ConsentAnswer.AGREED,
        is_consent=word.basis is LawfulBasis.CONSENT,
    )  # fmt: skip


def _say_how(word: ConsentSaid, at: datetime, who: Mapping[Id, str]) -> str:
    parts = [
        say(word.answer) if word.basis is LawfulBasis.CONSENT else f"Shared without asking: {say(word.basis).lower()}"
    ]
    if word.basis is not LawfulBasis.CONSENT and word.answer is ConsentAnswer.WITHDRAWN:
        parts = [f"No longer shared without asking ({say(word.basis).lower()})"]
    if word.until is not None:
        parts.append(f"until {say_day(word.until)}")
    elif word.answer is ConsentAnswer.AGREED and word.basis is LawfulBasis.CONSENT:
        parts.append("until they say otherwise")
    how = "on paper" if word.way is ConsentWay.PAPER else "by word"
    told = f"said {how} on" if word.basis is LawfulBasis.CONSENT else "from"
    return ", ".join(parts) + f"; {told} {say_day(at)}, written down by {who.get(word.worker_id, 'somebody')}"
