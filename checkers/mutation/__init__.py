"""Mutants: a spec and a node with one fault each, and which check notices it.

Belongs here: making mutants, asking the checks of each, telling what came of it. Never here: a
check of its own; a mutant is killed by what checks the project anyway.

Reading order: `mutant` (what one is), `expressions`, `rows` and `declarations` (the faults),
`bearing` (which obligations a fault can reach), `asking` and `killers` (what notices it),
`equivalence` (that a mutant does what the original does), `node` (mutants of the generated node),
`running` (all of them, in workers, kept from run to run), `table` (the page in `docs`).
"""
