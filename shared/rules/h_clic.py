"""H-CLIC's support needs as data, mapped onto Lantern's. H-CLIC is England's statutory homelessness return.

The labels are second-hand (from published tables of support needs); matching ignores case and punctuation. A label
that is
not here maps to nothing, and the caller keeps the raw text.
"""

import re

from shared.model.codes import SupportNeed

H_CLIC_NEEDS: dict[str, SupportNeed] = {
    "History of mental health problems": SupportNeed.MENTAL_HEALTH,
    "Physical ill health and disability": SupportNeed.PHYSICAL_HEALTH,
    "Learning disability": SupportNeed.LEARNING_DISABILITY,
    "At risk of / has experienced domestic abuse": SupportNeed.DOMESTIC_ABUSE,
    "At risk of / has experienced abuse (non-domestic abuse)": SupportNeed.SAFEGUARDING,
    "At risk of / has experienced sexual abuse / exploitation": SupportNeed.SAFEGUARDING,
    "Victim of modern slavery": SupportNeed.SAFEGUARDING,
    "Drug dependency needs": SupportNeed.DRUGS,
    "Alcohol dependency needs": SupportNeed.ALCOHOL,
    "Offending history": SupportNeed.OFFENDING,
    "Served in HM Forces": SupportNeed.ARMED_FORCES,
    "Care leaver aged 18-20 years": SupportNeed.CARE_LEAVER,
    "Care leaver aged 21-24 years": SupportNeed.CARE_LEAVER,
    "Care leaver aged 25+ years": SupportNeed.CARE_LEAVER,
    "Difficulties budgeting": SupportNeed.BUDGETING_DEBT,
    "No support needs": SupportNeed.NONE,
}

NOT_MAPPED = (
    "History of repeat homelessness",
    "History of rough sleeping",
    "Former asylum seeker",
    "Old age",
    "Young person aged 16-17 years",
    "Young person aged 18-25 years requiring support to manage independently",
    "Young parent requiring support to manage independently",
    "Access to education, employment or training",
)
"""Known to H-CLIC and kept as raw text: Lantern has no need of that name, or (immigration history) must not have
one."""


def need_of(label: str) -> SupportNeed | None:
    """The need that an H-CLIC label means; None when Lantern has none for it."""
    return _BY_KEY.get(_key(label))


def _key(label: str) -> str:
    return re.sub(r"[^a-z0-9]", "", label.casefold())


_BY_KEY = {_key(label): need for label, need in H_CLIC_NEEDS.items()}
