"""The order of radiants with a candidate that wins with any vote, and counts none."""

from dataclasses import replace

from model import order
from model.lang import Spec
from model.lang.spec import drop_clause


def spec() -> Spec:
    """Return the order in which `win` asks for no majority, and no rule counts votes."""
    read = order.spec()
    texts = [c.text for c in read.by_label["win"].clauses]
    (at,) = (i for i, text in enumerate(texts) if text.startswith("majority"))
    read = drop_clause(read, "win", at)
    kept = tuple(t for t in read.transitions if t.label != "count_vote")
    return replace(read, transitions=kept)
