"""A misspelt name of the language, on a class.

caret: Term.zeroo
"""

# mypy: ignore-errors

from base import Done, Term, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.term.set(Term.zeroo), reply=Done())


def spec():
    return lamp(__name__)
