"""Measuring: the generated node against what else one would write it with, and the proofs.

    python -m checkers.bench [--only NAME] [--rounds N] [--json FILE]

Belongs here: benchmarks, one module each, and `__main__`, which lists them in `BENCHES`.
Never here: checks; a benchmark proves nothing and fails nothing.
A new benchmark is a function from the number of rounds to a `Section` (`timing.py`).
"""
