"""The local-authority area that owns an MDT list. Dated, since districts are merged: a code is never a key."""

from datetime import date

from shared.model.value import Id, Value


class District(Value, frozen=True, kw_only=True):
    """A district, valid from `valid_from` up to and including `valid_to` (None: until further notice)."""

    id: Id
    code: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    verified_only: bool = False
    """Whether the MDT list takes verified people only; by default a coordinator may list others."""
    answer_days: int = 10
    """In how many working days its partnership promises an outcome to whoever reported somebody."""
