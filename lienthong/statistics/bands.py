"""Bands that several services count by."""

from typing import Final

AGE_BANDS: Final = (
    "('Y_LT15', 0, 14), ('Y15T19', 15, 19), ('Y20T24', 20, 24), ('Y25T29', 25, 29), ('Y30T34', 30, 34),"
    " ('Y35T39', 35, 39), ('Y40T44', 40, 44), ('Y45T49', 45, 49), ('Y50T54', 50, 54), ('Y55T59', 55, 59),"
    " ('Y60T64', 60, 64), ('Y_GE65', 65, 150)"
)
"""Code, youngest and oldest age that is reached within the calendar year, as rows of SQL's VALUES."""
