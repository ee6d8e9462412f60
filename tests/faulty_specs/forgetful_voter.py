"""The order of radiants with a voter that forgets in a crash for whom it voted."""

from dataclasses import replace

from model import order
from model.lang import Spec
from model.lang.spec import initial_value


def spec() -> Spec:
    """Return the order in which a crash sets the vote to its first value."""
    read = order.spec()
    forgets = {"vote": initial_value(read, "vote")}
    made = [
        replace(t, updates={**t.updates, **forgets}) if t.kind == "environment" else t
        for t in read.transitions
    ]
    return replace(read, transitions=tuple(made))
