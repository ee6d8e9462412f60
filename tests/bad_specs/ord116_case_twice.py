"""Two names for one case.

caret: class Light(Sum):
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Sum, case

DARK_CASE = case("dark")


class Light(Sum):
    DARK = DARK_CASE
    BLACK = DARK_CASE


def spec():
    return lamp(__name__)
