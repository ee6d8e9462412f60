"""How lemmas about records are declared: each names what its proof uses.

With all hypotheses at once their questions run out of time; with those named they take
milliseconds.

Belongs here: what several of them name. Never here: a lemma.
"""

from collections.abc import Callable

from model.lang import lemma
from model.lang.rules import Property

# What proofs use together.
TERMS = (
    "S12",
    "elected_owns_term",
    "elected_term_is_positive",
    "candidate_owns_term",
    "candidate_is_not_elected",
)
COUNTS = ("own_versions_are_counted", "watermark_below_accepted", "own_proposals_are_known")
RECORDS = (
    "accepted_was_proposed",
    "watermark_was_committed",
    "own_watermark_was_committed",
    "committed_was_proposed",
    "proposed_once",
    "proposer_was_elected",
    "idle_herald_is_committed",
)
CANDIDATES = (
    "S1.Propose",
    "S1.Rollback",
    "S1.Commit",
    "elected_owns_term",
    "candidate_owns_term",
    "candidate_is_not_elected",
    "candidate_states",
)


def strengthening(why: str, *uses: str, after: tuple[str, ...] = ()) -> Callable[..., Property]:
    """Declare a lemma that names what its proof uses, and that serves only who names it."""
    return lemma(why, uses=uses, after=after, by_name=True)
