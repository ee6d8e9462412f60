"""A spec as array code: every value a whole number, every rule a function of whole columns.

It shares the expression tree with the evaluator and nothing else, so that their agreement is
evidence. `codes` numbers the values within some bounds, `kernels` gives each kind of expression its
meaning on columns, `rows` puts the transitions together. It searches nothing; `checkers.explore`
does.
"""

from model.arrays.codes import Codes, TooLarge
from model.arrays.kernels import Columns, Kernels, NoMeaning
from model.arrays.rows import Effects, Rows

__all__ = ["Codes", "Columns", "Effects", "Kernels", "NoMeaning", "Rows", "TooLarge"]
