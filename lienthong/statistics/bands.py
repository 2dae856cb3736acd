"""Bands that several services count by."""

from typing import Final

AGE_BANDS: Final = (
    "('Y_LT15', 0, 14), ('Y15T19', 15, 19), ('Y20T24', 20, 24), ('Y25T29', 25, 29), ('Y30T34', 30, 34),"
    " ('Y35T39', 35, 39), ('Y40T44', 40, 44), ('Y45T49', 45, 49), ('Y50T54', 50, 54), ('Y55T59', 55, 59),"
    " ('Y60T64', 60, 64), ('Y_GE65', 65, 150)"
)
"""Code, youngest and oldest age that is reached within the calendar year, as rows of SQL's VALUES."""

BANDS_BY_BIRTH_YEAR: Final = f"""(
    SELECT birth_year, code, (birth_year + youngest) * 12 AS since, (birth_year + oldest) * 12 + 11 AS until
    FROM generate_series(1800, 2200) AS birth_year, (VALUES {AGE_BANDS}) AS b (code, youngest, oldest)
    WHERE (birth_year + youngest) * 12 <= hi AND (birth_year + oldest) * 12 + 11 >= lo)"""  # noqa: S608 -- constants
"""Who is in which band from which month to which, of those that touch ``lo`` to ``hi``: a subquery with the columns
birth_year, code, since, until. For every year that the tables take; to be joined by equality, which is fast."""

BANDS_BY_AGE: Final = f"""(
    SELECT code, age FROM (VALUES {AGE_BANDS}) AS b (code, youngest, oldest), generate_series(youngest, oldest) AS age)"""  # noqa: S608 -- constants
"""The band of each age: a subquery with the columns code and age."""
