"""The Z3 model of a spec, in two readings.

`vocabulary` declares the symbols and their axioms, `translate` turns expressions into formulas,
`relation` gives a transition as formulas: of a whole system with any number of nodes (for
induction), or of one node (for comparing the generated code with the model).
"""

from model.smt.relation import LocalRelation, SystemStep
from model.smt.translate import Translator, UnsupportedExpression
from model.smt.vocabulary import Vocabulary

__all__ = ["LocalRelation", "SystemStep", "Translator", "UnsupportedExpression", "Vocabulary"]
