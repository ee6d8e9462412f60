"""The order of radiants: the whole protocol, as tables of rules.

Reading order: `states` (the fifteen states and the figure), `tables` (the error ladder, the retry
hints), `radiant` (what a radiant remembers), `messages` (who may send what to whom), then the
rules: `bootstrap`, `election`, `proposing`, `service`, `probing`, `recovery`, `refusals`; and what
is promised: `oaths` (the properties S1 to S13), with what makes that provable: `lemmas`, and
`promises` (what happens in the end: L1 to L4).
`scenarios` tells runs worth knowing.
"""

from model.lang import Spec, read_spec
from model.order import (
    bootstrap,
    election,
    lemmas,
    messages,
    oaths,
    probing,
    promises,
    proposing,
    radiant,
    recovery,
    refusals,
    scenarios,
    service,
    states,
    tables,
)

MODULES = (
    states,
    tables,
    radiant,
    messages,
    bootstrap,
    election,
    proposing,
    service,
    probing,
    recovery,
    refusals,
    oaths,
    promises,
    *lemmas.MODULES,
    scenarios,
)


def spec() -> Spec:
    """Read the order's spec. Raises `SpecErrors` if it has mistakes."""
    return read_spec("order", "The order of radiants", MODULES, role="role")
