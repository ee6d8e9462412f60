# Generated from the spec 'order' by `oathbound generate`; change the spec, not this file.
# Digest of what follows: 798d7ad1023c874e43ca02414de33186e93c75d7d16850bd0fef7461292819c8
"""The order of radiants: the generated node.

`node` holds the class `Radiant`, `types` its values, events and replies, `rules` what
the spec says of each rule, `nearest` which clause refused, `plain` values as plain data.
"""

from .node import Radiant
from .types import Durable, OrderConfig, Outcome

# The spec, and what its nodes do, digested: recordings name both.
SPEC = "order"
SPEC_DIGEST = "9a58189329085fcac1b9d9f3398090d4"

__all__ = ["SPEC", "SPEC_DIGEST", "Durable", "OrderConfig", "Outcome", "Radiant"]
