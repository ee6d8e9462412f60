# Generated from the spec 'order' by `oathbound generate`; change the spec, not this file.
# Digest of what follows: c926f47a1fb73b17268d194abb876fd287c8af23e14f3b1eb0dfffa54cb73404
"""The order of radiants: the generated node.

`node` holds the class `Radiant`, `types` its values, events and replies, `rules` what
the spec says of each rule, `nearest` which clause refused, `plain` values as plain data,
`wire` values as bytes.
"""

from .node import Radiant
from .types import Durable, OrderConfig, Outcome

__all__ = ["Durable", "OrderConfig", "Outcome", "Radiant"]
