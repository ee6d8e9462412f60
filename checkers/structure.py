"""The rows of a report that no spec states: what is asked of every spec beside its properties.

Belongs here: their names and what they say. Never here: how they are checked. What is proved by
obligations (`STRUCTURAL` in `induction`) is named there; these here are shown by an example or
checked by computing something, and are no proofs, but for `NODE`, which is one of a program.
"""

from __future__ import annotations

CONSISTENT = "it can begin"
FIRES = "guards agree"
FIGURE = "the figure"
POSSIBLE = "everything happens"
CASES = "no empty promise"
CURRENT = "derived files"
AGREE = "solvers agree"
NODE = "the node is the spec"

TITLES = {
    CONSISTENT: "Some first state satisfies the assumptions",
    FIRES: "Each rule's guard can hold together with every proved property",
    FIGURE: "The derived coarse figure has just the published edges",
    POSSIBLE: "Every state, rule and reply is reached in a run",
    CASES: "Every property has a case in a run, and none breaks in it",
    CURRENT: "The node, the pages and the figures are current",
    AGREE: "A second solver confirms each proof",
    NODE: "The generated node does what the rules say",
}


def confirmation(property: str, transition: str) -> str:
    """Return how the confirmation of an obligation's proof is named."""
    return f"{property}, {transition}"
