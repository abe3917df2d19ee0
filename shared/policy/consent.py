"""Which actions show a service what another wrote only where the person agreed, or where another lawful basis is said.

Everything else that a service sees of somebody rests on the partnership's public task and its signed agreements (A2), and the
consent page says so.
"""

from typing import Final

from shared.model.telling import Shareable
from shared.policy.actions import Act

RESTS_ON_CONSENT: Final[dict[Act, Shareable]] = {
    Act.SEE_DOORS: Shareable.CONTACTS,
    Act.SEE_ASSESSMENT: Shareable.ASSESSMENT,
    Act.SEE_PLAN: Shareable.PLAN,
    Act.SEE_WELLBEING: Shareable.WELLBEING,
}

NOT_AGREED: Final = "They have not agreed that your service reads this. Ask them, or the service that wrote it."
