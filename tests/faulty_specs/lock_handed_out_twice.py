"""The lock service of the tutorial, whose server hands out a lock that is out already."""

from model.lang import Spec
from model.lang.load import load
from model.lang.spec import drop_clause


def spec() -> Spec:
    """Return the lock service without the guard that the lock is free."""
    read = load("docs/tutorial_lock.py")
    texts = [c.text for c in read.by_label["hand_out"].clauses]
    return drop_clause(read, "hand_out", texts.index("~me.holder.known"))
