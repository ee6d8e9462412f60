# Generated from the spec 'order' by `oathbound generate`; change the spec, not this file.
# Digest of what follows: eedc3b83cc332ee5073a0430097893a28bafad3ca9dfdc09918f1724b2262968
"""The order of radiants: the generated node.

`node` holds the class `Radiant`, `types` its values, events and replies, `rules` what
the spec says of each rule, `nearest` which clause refused, `plain` values as plain data.
"""

from .node import Radiant
from .types import Durable, OrderConfig, Outcome

__all__ = ["Durable", "OrderConfig", "Outcome", "Radiant"]
