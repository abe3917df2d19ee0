"""The phone knows where it is again, however it came to be locked: what is recorded after that has a place."""

import pytest

from mobile.field.service import FieldService
from mobile.field.views import ContactDraft
from shared.model.codes import ContactState
from tests.mobile.rig import PIN, Rig


@pytest.mark.parametrize("how", ["away too long", "the screen went off", "never locked"])
def test_after_a_lock_in_a_pocket_the_place_is_heard_again(rig: Rig, field: FieldService, how: str) -> None:
    """It listened no more until the phone was put away and taken out unlocked: for the rest of the night no pin was new."""
    field.listen()
    if how == "the screen went off":
        field.screen_went_off()
    field.paused()
    assert rig.location.on_fix is None, "nothing listens in a pocket"
    rig.clocks.pass_(seconds=10 if how == "never locked" else 61)
    field.resumed()
    if how != "never locked":
        assert field.unlock(PIN).is_unlocked
    rig.clocks.pass_(seconds=30)
    rig.location.fix(51.6637, -0.3960, at=rig.clocks.now())
    here = field.where_am_i()
    assert here is not None and here.is_sure
    met = field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, unidentified_people=1))
    assert field.contact(met).contact.position is not None
