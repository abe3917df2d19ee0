"""The directory's two screens decide purely: what is asked for, what comes late, whom to ring and where to go."""

from mobile.program.effects import Back, Dial, Directions, Go, Opened
from mobile.screens.people import state as people
from mobile.screens.service import state as one
from mobile.screens.services import state as services
from shared.model.service import ServiceOffer, ServiceWelcome
from shared.rules.finding_services import Found, OpenWhen, Wanted
from tests.mobile.asked import calls
from tests.mobile.rehearsal import SERVICES
from tests.mobile.screens.test_states import play


def asked(effects):
    return [arguments[0] for _, arguments in calls(effects)]


def test_open_tonight_with_a_dog_is_two_taps_and_each_can_be_taken_back():
    state, effects = play(
        services, services.ServicesState(), Opened(), services.OpenPicked(when=OpenWhen.TONIGHT), services.DogsPressed(),
        services.OfferPicked(offer=ServiceOffer.FOOD), services.OfferPicked(offer=ServiceOffer.FOOD), services.DogsPressed(),
    )  # fmt: skip
    dogs = frozenset({ServiceWelcome.DOGS})
    assert asked(effects)[:4] == [
        Wanted(),
        Wanted(open_when=OpenWhen.TONIGHT),
        Wanted(open_when=OpenWhen.TONIGHT, welcomes=dogs),
        Wanted(open_when=OpenWhen.TONIGHT, welcomes=dogs, offer=ServiceOffer.FOOD),
    ]
    assert state.wanted == Wanted(open_when=OpenWhen.TONIGHT)
    assert play(services, state, services.OpenPicked(when=OpenWhen.TONIGHT))[0].wanted == Wanted()


def test_an_answer_to_an_older_question_is_passed_over():
    state, _ = play(services, services.ServicesState(), services.Typed(text="bed"))
    late = services.Answered(wanted=Wanted(), found=(Found(service=SERVICES[0]),))
    assert play(services, state, late)[0].found == ()
    right = services.Answered(wanted=Wanted(words="bed"), found=late.found)
    assert play(services, state, right)[0].found == late.found


def test_back_closes_the_choice_first():
    state, effects = play(services, services.ServicesState(), services.ChoosePressed(), services.BackPressed())
    assert (state.choosing, effects) == (False, [])
    assert play(services, state, services.BackPressed())[1] == [Back()]


def test_a_service_is_opened_rung_and_walked_to():
    assert play(services, services.ServicesState(), services.Picked(service_id="a"))[1] == [
        Go(screen="service", arguments={"service_id": "a"})
    ]
    state = one.ServiceState(service_id="sv-shelter", found=Found(service=SERVICES[0]))
    assert play(one, state, one.DialPressed())[1] == [Dial(number="01923 000000")]
    assert play(one, state, one.WayPressed())[1] == [Directions(latitude=51.6612, longitude=-0.3985)]


def test_nobody_is_led_to_a_secret_address():
    state = one.ServiceState(service_id="sv-refuge", found=Found(service=SERVICES[1]))
    assert play(one, state, one.WayPressed())[1] == []
    assert play(one, one.ServiceState(service_id="x"), one.DialPressed(), one.WayPressed())[1] == []


def test_the_directory_is_reached_from_the_people():
    assert play(people, people.PeopleState(), people.ServicesPressed())[1] == [Go(screen="services")]
