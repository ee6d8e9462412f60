"""A case that is text.

caret: DARK
"""

# mypy: ignore-errors

from base import lamp

from model.lang import Sum, case


class Light(Sum):
    DARK = "dark"
    BRIGHT = case("bright")


def spec():
    return lamp(__name__)
