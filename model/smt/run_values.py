"""The values of runs from the first state: just those of the reference meaning, as bit vectors.

Belongs here: sorts, values, fresh values. Never here: states and steps (`unrolled`).

Everything finite is a short bit vector, so that a question about runs is one of truth values alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import z3

from model.lang import Spec
from model.lang.expr import Expr
from model.lang.sorts import (
    NODE,
    AtomSort,
    OrderSort,
    RangeSort,
    Sort,
    SumSort,
)
from model.smt.bounded import BoundedTranslator, BoundedVocabulary, Scope
from model.smt.vocabulary import Value


class RunVocabulary(BoundedVocabulary):
    """Owned values are pairs: the round in the high bits, the number of the owner in the low ones.

    Names are given to the constants of one `step`, so that each step has its own.
    """

    def __init__(self, spec: Spec, scope: Scope) -> None:
        """Prepare; relations hold nothing yet."""
        self.owner_bits = scope.nodes.bit_length()
        self.step = 0
        super().__init__(spec, Scope(scope.nodes, scope.atoms, scope.bits, 0))
        for name in self.rows:
            self.rows[name] = []

    def begin_step(self, step: int) -> None:
        """Make the constants of an event anew."""
        self.step = step
        self.me = z3.Const(f"me {step}", self.sort(NODE))
        self.sender = z3.Const(f"sender {step}", self.sort(NODE))

    def sort(self, sort: Sort) -> z3.SortRef:
        """Return the finite Z3 sort: truth values, and bit vectors for everything else."""
        match sort:
            case OrderSort(owned=True):
                return z3.BitVecSort(self.scope.bits + self.owner_bits)
            case SumSort() | RangeSort() | AtomSort():
                return z3.BitVecSort(max(1, (len(self.values(sort)) - 1).bit_length()))
            case _:
                return super().sort(sort)

    def values(self, sort: Sort) -> tuple[Any, ...]:
        """Return the plain values of a sort that are numbered here; nobody is the last node."""
        match sort:
            case SumSort():
                return sort.leaves
            case RangeSort():
                return tuple(range(sort.top + 1))
            case AtomSort():
                names = self.names(sort)
                return (*names, "") if sort == NODE and self._owned else names
            case _:
                raise TypeError(str(sort))

    @property
    def nobody(self) -> z3.ExprRef | None:
        """The owner of what nobody owns; None where nothing has an owner."""
        return z3.BitVecVal(self.scope.nodes, self.sort(NODE)) if self._owned else None

    def elements(self, sort: Sort) -> list[z3.ExprRef]:
        """Return every value."""
        match sort:
            case OrderSort(owned=True):
                low = self.owner_bits
                pairs = [
                    (round_ << low) + holder
                    for round_ in range(1, 2**self.scope.bits)
                    for holder in range(1, self.scope.nodes + 1)
                ]
                return [z3.BitVecVal(x, self.sort(sort)) for x in (0, *pairs)]
            case AtomSort():
                return [z3.BitVecVal(i, self.sort(sort)) for i in range(len(self.names(sort)))]
            case SumSort() | RangeSort():
                return [z3.BitVecVal(i, self.sort(sort)) for i in range(len(self.values(sort)))]
            case _:
                return super().elements(sort)

    def constant(self, sort: Sort, value: Any) -> z3.ExprRef:
        """Return a constant; zero of an order is 0."""
        match sort:
            case OrderSort():
                return z3.BitVecVal(0, self.sort(sort))
            case SumSort():
                return z3.BitVecVal(sort.leaves.index(value), self.sort(sort))
            case RangeSort():
                return z3.BitVecVal(int(value), self.sort(sort))
            case _:
                return super().constant(sort, value)

    def less(self, sort: Sort, a: Value, b: Value) -> z3.BoolRef:
        """Return whether `a < b`."""
        if isinstance(sort, RangeSort):
            return z3.ULT(a, b)
        return super().less(sort, a, b)

    def owner(self, sort: OrderSort, value: z3.ExprRef) -> z3.ExprRef:
        """Return the node whose number is in the low bits; of zero it is nobody."""
        holder = z3.Extract(self.owner_bits - 1, 0, value)
        result = self.nobody
        for number, node in enumerate(self.elements(NODE), 1):
            result = z3.If(holder == number, node, result)
        return result

    def next(self, sort: OrderSort, base: z3.ExprRef, me: z3.ExprRef) -> z3.ExprRef:
        """Return the next value after `base` that `me` starts."""
        if not sort.owned:
            return base + 1
        number: z3.ExprRef = z3.BitVecVal(0, self.owner_bits)
        for i, node in enumerate(self.elements(NODE), 1):
            number = z3.If(me == node, z3.BitVecVal(i, self.owner_bits), number)
        high = z3.Extract(self.scope.bits + self.owner_bits - 1, self.owner_bits, base)
        return z3.Concat(high + 1, number)

    def translator(self, state: Any, **given: Any) -> RunTranslator:
        """Return a translator for this reading."""
        return RunTranslator(self, state, **given)

    def well_formed(self, sort: Sort, value: Value) -> Iterator[z3.BoolRef]:
        """Yield what makes a value of constants a value of the reading."""
        for (_, leaf), term in zip(self.components(sort), self.flat(value), strict=True):
            if isinstance(leaf, SumSort | RangeSort | AtomSort) or (
                isinstance(leaf, OrderSort) and leaf.owned
            ):
                yield z3.Or([term == x for x in self.elements(leaf)])

    def read(self, model: z3.ModelRef, sort: Sort, value: Value) -> Any:
        """Return the plain value of a Z3 value in a model."""
        match sort:
            case OrderSort(owned=True):
                found = model.eval(value, model_completion=True).as_long()
                holder = found & (2**self.owner_bits - 1)
                return (found >> self.owner_bits, self.values(NODE)[holder - 1])
            case SumSort() | RangeSort() | AtomSort():
                found = model.eval(value, model_completion=True).as_long()
                return self.values(sort)[found]
            case _:
                return super().read(model, sort, value)


class RunTranslator(BoundedTranslator):
    """A fresh value is the next one."""

    v: RunVocabulary

    def _fresh(self, e: Expr) -> z3.ExprRef:
        key = ("fresh", id(e))
        if key not in self.made:
            assert isinstance(e.sort, OrderSort)
            base = self.value(e.args[0])
            following = self.v.next(e.sort, base, self.me)
            self.made[key] = (following, e)
            self.side.append(z3.ULT(base, following))
        made: z3.ExprRef = self.made[key][0]
        return made
