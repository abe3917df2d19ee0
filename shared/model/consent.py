"""What a person said about sharing, or on what other lawful basis something of theirs is shared: one fact for each word."""

from datetime import date, datetime

from shared.model.person import LongText
from shared.model.telling import ConsentAnswer, ConsentWay, LawfulBasis, Shareable
from shared.model.value import Id, Value


class ConsentSaid(Value, frozen=True, kw_only=True):
    """One word about one thing: to this agency, or to every service that works with the person (`agency_id` None).

    `at` is when the person said it, `until` the last day of an agreement. `words` are theirs; for another basis than consent they
    say why. Nothing is ever changed: whoever withdraws says so, and that is another fact. Which of several words stands is a rule
    (`shared.rules.consent`), and asks nothing of the order in which they came.
    """

    id: Id
    person_id: Id
    what: Shareable
    agency_id: Id | None = None
    answer: ConsentAnswer
    basis: LawfulBasis = LawfulBasis.CONSENT
    way: ConsentWay = ConsentWay.WORD
    document_id: Id | None = None
    until: date | None = None
    at: datetime
    worker_id: Id
    words: LongText = ""

    @property
    def why_unusable(self) -> str | None:
        """Why this says nothing that could be kept; None when it does."""
        if self.until is not None and self.answer is not ConsentAnswer.AGREED:
            return "only an agreement ends on a day"
        if not self.basis.is_known:
            return "rests on a basis that this server does not know"
        if self.basis is not LawfulBasis.CONSENT and self.answer is ConsentAnswer.REFUSED:
            return "what rests on another basis than consent is not asked"
        return None
