"""The bank holidays of England and Wales, with their substitute days: on these no outcome of a referral falls due.

Source: Banking and Financial Dealings Act 1971, schedule 1, with the proclamations for 2012, 2020, 2022 and 2023; the days of
2025 to 2027 as gov.uk/bank-holidays lists them. Later years follow the act: a proclamation may still move a day of theirs.
"""

from datetime import date

TABLE = """
2012 01-02 04-06 04-09 05-07 06-04 06-05 08-27 12-25 12-26
2013 01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26
2014 01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26
2015 01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28
2016 01-01 03-25 03-28 05-02 05-30 08-29 12-26 12-27
2017 01-02 04-14 04-17 05-01 05-29 08-28 12-25 12-26
2018 01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26
2019 01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26
2020 01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28
2021 01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28
2022 01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27
2023 01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26
2024 01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26
2025 01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26
2026 01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28
2027 01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28
2028 01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26
2029 01-01 03-30 04-02 05-07 05-28 08-27 12-25 12-26
2030 01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26
2031 01-01 04-11 04-14 05-05 05-26 08-25 12-25 12-26
2032 01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28
"""


def _read(table: str) -> frozenset[date]:
    return frozenset(
        date.fromisoformat(f"{year}-{day}")
        for year, *days in (line.split() for line in table.strip().splitlines())
        for day in days
    )


BANK_HOLIDAYS = _read(TABLE)
LAST_YEAR = max(day.year for day in BANK_HOLIDAYS)
