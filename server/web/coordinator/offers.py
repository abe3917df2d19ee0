"""What somebody was offered and what they said; and whether their home is still theirs, asked once after 3, 6 and 12 months."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people import offers
from server.problems import Invalid
from server.queries.partnership import districts, workers
from server.web.layout.forms import Form, read_day
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from shared.model.offer import Answer, StillThere, WhyRefused
from shared.model.value import Id
from shared.policy import Act

PATH = "/people/{person_id:str}/offers"
ANSWERS = {
    Answer.ACCEPTED: "Accepted", Answer.REFUSED: "Refused", Answer.WITHDRAWN: "Taken back by whoever offered it",
}  # fmt: skip
REASONS = {
    WhyRefused.TOO_FAR: "Too far away", WhyRefused.SHARED: "Shared with others", WhyRefused.RULES: "Its rules",
    WhyRefused.PARTNER: "Not with their partner", WhyRefused.ANIMAL: "Not with their animal",
    WhyRefused.NOT_SAFE: "Not safe for them", WhyRefused.COST: "What it costs", WhyRefused.NOT_NOW: "Not now",
    WhyRefused.OTHER: "Something else", WhyRefused.NOT_SAID: "Did not say",
}  # fmt: skip
STILL = {StillThere.YES: "Yes", StillThere.NO: "No", StillThere.NOT_KNOWN: "Nobody knows"}


class OfferForm(Form, frozen=True, kw_only=True):
    """A new offer, an answer to one, or what was said of a home."""

    press: str = "offer"
    offer: Id = ""
    stay: Id = ""
    kind: str = ""
    district: Id = ""
    offered_on: str = ""
    answer: str = ""
    why: str = ""
    answered_on: str = ""
    moved_in_on: str = ""
    left_on: str = ""


@get(PATH, opt={"action": Act.EDIT_PERSON}, sync_to_thread=True, include_in_schema=False)
def show_offers(request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id]) -> Response[str]:
    """The offers, the newest first, and the forms."""
    with door.open() as access:
        return _answer(request, access, person_id, {}, OfferForm(offered_on=access.today.isoformat()))


@post(PATH, opt={"action": Act.EDIT_PERSON}, sync_to_thread=True, include_in_schema=False)
def keep_offer(
    request: AnyRequest, door: NamedDependency[Door], person_id: FromPath[Id], data: URLEncodedBody[OfferForm]
) -> Response[Any]:
    """Keeps an offer, an answer, or what was said of a home."""
    where = {"answer": f"answer_{data.offer}", "home": f"home_{data.stay}"}.get(data.press, "kind")
    try:
        with door.open() as access:
            if data.press == "answer":
                days = read_day(data.answered_on), read_day(data.moved_in_on)
                offers.answer_offer(access, person_id, data.offer, data.answer, data.why, *days)
            elif data.press == "home":
                offers.keep_home_asked(access, person_id, data.stay, data.answer, read_day(data.left_on))
            else:
                offers.make_offer(access, person_id, data.district, data.kind, read_day(data.offered_on))
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, person_id, {where: " ".join(refused.errors)}, data)
    return go_to(f"/people/{person_id}/offers", "saved")


def _answer(
    request: AnyRequest, access: Access, person_id: Id, errors: dict[str, str], form: OfferForm
) -> Response[str]:
    person, every, to_ask = offers.read_offers(access, person_id)
    names = {each.id: each.name for each in districts.list_districts(access.session)}
    who = workers.list_short_names(access.session, {each.recorded_by for each in every})
    own = sorted(access.actor.district_ids, key=lambda each: names.get(each, ""))
    return page(
        request, "coordinator/offers.html", title="Offers", section="/cases", worker=access.worker,
        status=422 if errors else 200, errors=errors, form=form, person=person, offers=every, to_ask=to_ask,
        names=names, who=who, today=access.today, said=ANSWERS | REASONS,
        districts=[*([("", "Choose")] if len(own) != 1 else []), *((each, names.get(each, "")) for each in own)],
        kinds=[("", "Choose"), *((str(each), say(each)) for each in offers.PLACES)],
        answers=[("", "Choose"), *((str(each), words) for each, words in ANSWERS.items())],
        reasons=[("", "Only for a no"), *((str(each), words) for each, words in REASONS.items())],
        still=[("", "Choose"), *((str(each), words) for each, words in STILL.items())],
    )  # fmt: skip
