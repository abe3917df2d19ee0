"""A date of birth in GOV.UK's three fields: what was typed in each, read together as one date in any spelling."""

from datetime import date

from shared.model.value import Value
from shared.rules.days import MONTHS, read_written_date


class DateParts(Value, frozen=True):
    """What stands in the three fields."""

    day: str = ""
    month: str = ""
    year: str = ""

    @property
    def joined(self) -> str:
        """As somebody would write it on one line; nothing where all three are empty. Who writes all of it into one field is read
        too."""
        parts = [" ".join(each.split()) for each in (self.day, self.month, self.year)]
        filled = [each for each in parts if each]
        if len(filled) < 2:
            return "".join(filled)
        return (" " if parts[1][:3].casefold() in MONTHS else "/").join(parts)


def split_date(written: str, today: date) -> DateParts:
    """The fields of a date in any spelling; what is none stands in the last of them, so that nothing typed is lost."""
    read = read_written_date(written, today)
    if read is None:
        return DateParts(year=written)
    return DateParts(str(read.day), str(read.month), str(read.year))


def read_parts(parts: DateParts) -> date | None:
    """The day in the three fields, in figures; none for what is no day."""
    try:
        return date(*(int(each) for each in (parts.year, parts.month, parts.day)))
    except ValueError:
        return None
