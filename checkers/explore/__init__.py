"""Every reachable state of a bounded reading of a spec, at array speed.

    found = explore(spec, read_setting(spec, "radiants=3,terms=1"), Options(crashes=0))

Reading order: `parts` (the distinct states of each node, and what events do to them), `packing` (a
whole state as one word), `tables` and `expansion` (the steps of many states), `store` (the states
seen), `search`, `spread` and `device` (whoever else expands), `properties` and `ghosts` (what is
asked), `runs` (from a state back to the first), `result`, `explore`; `showing`, `plot`, `figure`,
`progress`.

Belongs here: exhaustive search within bounds. Never here: proofs.
"""

from checkers.explore.explore import CannotExplore, Options, explore
from checkers.explore.result import Explored
from checkers.instances import ScopeError, Setting, read_setting

__all__ = [
    "CannotExplore",
    "Explored",
    "Options",
    "ScopeError",
    "Setting",
    "explore",
    "read_setting",
]
