"""A rule of a message that would act no more.

caret: ceases(follow)
"""

# mypy: ignore-errors

from base import follow, lamp

from model.lang import ceases

followers_rest = ceases(follow)


def spec():
    return lamp(__name__)
