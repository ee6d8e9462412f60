"""A sort is not a value of it.

caret: Term(me.term)
"""

# mypy: ignore-errors

from base import Done, Term, Vote, lamp

from model.lang import Row, on


@on(Vote)
def count(me, m):
    return Row(then=me.term.set(Term(me.term)), reply=Done())


def spec():
    return lamp(__name__)
