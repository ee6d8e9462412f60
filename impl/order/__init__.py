# Generated from the spec 'order' by `oathbound generate`; change the spec, not this file.
# Digest of what follows: 4fb1b2abb99c38b308563c34a93a4415ae07c7c06b1a4f1fcf9c5e9910020b65
"""The order of radiants: the generated node.

`node` holds the class `Radiant`, `types` its values, events and replies, `rules` what
the spec says of each rule, `nearest` which clause refused, `plain` values as plain data,
`wire` values as bytes.
"""

from .node import Radiant
from .types import Durable, OrderConfig, Outcome

# The spec, and what its nodes do, digested: recordings name both.
SPEC = "order"
SPEC_DIGEST = "9a58189329085fcac1b9d9f3398090d4"

__all__ = ["SPEC", "SPEC_DIGEST", "Durable", "OrderConfig", "Outcome", "Radiant"]
