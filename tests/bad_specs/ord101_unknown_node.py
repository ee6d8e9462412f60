"""A scenario lets a node act that it does not have.

caret: tick(Tick, "n3")
"""

# mypy: ignore-errors

from base import Tick, lamp

from model.lang.scenario import Scenario, tick

RUN = Scenario("a run", {"lamps": frozenset({"n1", "n2"})}, ("n1", "n2"), tick(Tick, "n3"))


def spec():
    return lamp(__name__)
