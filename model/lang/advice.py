"""What to write instead, by sort: the words of fixes.

Belongs here: advice that depends on a sort alone. Never here: what is wrong, or where.
"""

from __future__ import annotations

from model.lang.show import an
from model.lang.sorts import (
    BOOL,
    NODE,
    BoolSort,
    MapSort,
    MaybeSort,
    OrderSort,
    RangeSort,
    SetSort,
    Sort,
    StructSort,
    SumSort,
)


def to_give(sort: Sort | None) -> str:
    """Return what to write where a value of `sort` is needed."""
    match sort:
        case None:
            return "give one side a sort; a plain number takes the sort of the other side"
        case BoolSort():
            return "write a condition"
        case SumSort():
            return f"write a case of {sort}, or a variable or field of that sort"
        case RangeSort():
            return f"write a number from 0 to {sort.top}, or {an(sort)}"
        case OrderSort():
            return f"write another {sort}; the least one is {sort}.zero"
        case SetSort():
            return f"write {an(sort)}, built from {sort}.empty with add(...) and union(...)"
        case MapSort():
            return f"write {an(sort)}, built from {sort}.empty with put(...)"
        case MaybeSort():
            return f"write {an(sort.of)}, {an(sort)}, or None for nothing"
        case StructSort():
            return f"write {sort}({', '.join(f'{name}=...' for name, _ in sort.parts)})"
        case _:
            return f"write a variable, a field or a part that is {an(sort)}"


def to_calculate(sort: Sort) -> str:
    """Return what to write instead of arithmetic."""
    match sort:
        case RangeSort():
            return "write x.up() for the next number of a range"
        case OrderSort():
            return "write fresh(x) for a greater element of an order"
        case SetSort():
            return "write a.union(b), s.add(x) or s.remove(x)"
        case BoolSort():
            return "write a != b for exclusive or"
        case _:
            return "compare it with == or !="


def to_ask(sort: Sort, text: str) -> str | None:
    """Return the condition to write for the truth of `text`; None where it is one already."""
    match sort:
        case _ if sort == BOOL:
            return None
        case MaybeSort():
            return f"ask {text}.known, and choose with ite(...)"
        case RangeSort():
            return f"ask {text} > 0"
        case SetSort():
            return f"ask {text} != {sort}.empty"
        case SumSort():
            return f"ask {text}.is_(...), with the cases"
        case _:
            return f"compare {text} with == or !="


def to_read(sort: Sort, name: str) -> str | None:
    """Return what to write for the member `name` of a value; None where a known name may help."""
    if sort == NODE:
        return f"a rule reads me.{name} alone; a property writes Process.at(node).{name}"
    if isinstance(sort, OrderSort) and name == "zero":
        return f"write {sort}.zero"
    return None


def members(sort: Sort) -> list[str]:
    """Return the names that may stand after a value of `sort` and a dot."""
    match sort:
        case StructSort():
            return [part for part, _ in sort.parts]
        case SumSort():
            return ["is_"]
        case RangeSort():
            return ["up"]
        case SetSort():
            return ["add", "has", "remove", "subset", "union"]
        case MapSort():
            return ["at", "put"]
        case MaybeSort():
            return ["known"]
        case BoolSort():
            return ["implies"]
        case _:
            return []
