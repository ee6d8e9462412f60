"""What was proved before, kept so that it need not be proved again.

`prints` gives every question a fingerprint of all that its answer depends on; `store` keeps facts
in files under such fingerprints; `ledger` says what is known already, and takes in what is learnt.

Belongs here: telling whether a thing is known. Never here: finding it out. Only what is definite is
kept: proofs, and examples that were found. docs/solving.md says why believing an entry is sound.

Reading order: store, prints, ledger.
"""

from checkers.cache.ledger import Ledger, Split
from checkers.cache.store import Store

__all__ = ["Ledger", "Split", "Store"]
