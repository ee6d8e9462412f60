"""The spec language, the spec of the order, and what a spec is turned into."""
