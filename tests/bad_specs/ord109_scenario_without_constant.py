"""A scenario without one of the constants.

caret: Scenario("a run", {}, ("n1", "n2"), tick(Tick, "n1"))
"""

# mypy: ignore-errors

from base import Tick, lamp

from model.lang.scenario import Scenario, tick

RUN = Scenario("a run", {}, ("n1", "n2"), tick(Tick, "n1"))


def spec():
    return lamp(__name__)
