"""Two fallbacks that answer one event.

caret: def also_refuse(me, m):
"""

# mypy: ignore-errors

from base import Refused, lamp

from model.lang import Row, Timer, fallback


@fallback(Timer)
def also_refuse(me, m):
    return (Row(name="refused", reply=Refused()),)


def spec():
    return lamp(__name__)
