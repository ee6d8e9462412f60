"""A function with the name of something imported.

caret: def ite(a, b, c):
"""

# mypy: ignore-errors
# ruff: noqa: F811

from base import lamp

from model.lang import ite


def ite(a, b, c):
    return ite


def spec():
    return lamp(__name__)
