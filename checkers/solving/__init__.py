"""Asking solvers, so that no single one's mood is a verdict.

A `Query` (`query`) is one entailment: does the goal follow from what is given? It is asked in
several `WAYS` (`ways`), short tries first; the first definite answer wins (`portfolio`). A try runs
inside this process (`inside`) or in a process of its own, with hard limits (`outside`, which starts
`child`), to which it goes as SMT-LIB text (`smtlib`). `confirm` asks a second solver.

Belongs here: how a question is put to solvers and within which bounds. Never here: what is asked
(the engines make queries), and what a whole run adds up to (`verify`).

Reading order: query, ways, portfolio, inside, smtlib, outside, child, confirm, files.
"""

from checkers.solving.portfolio import Portfolio
from checkers.solving.query import Answer, Cause, Hypotheses, Limits, Query, cause_of

__all__ = ["Answer", "Cause", "Hypotheses", "Limits", "Portfolio", "Query", "cause_of"]
