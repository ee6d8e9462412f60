"""The kinds of node an expression tree has, with the arguments and the data of each.

Belongs here: the table of kinds. Never here: what one means; that is the evaluator's, the Z3
generator's and the Python generator's, each by itself, which makes their agreement evidence.
"""

from __future__ import annotations

import enum


class Kind(enum.Enum):
    """The kinds of node; `args` and `data` of each are given beside it."""

    CONST = "const"  # data: leaf name (SumSort), int (RangeSort), bool, or "zero" (OrderSort)
    ME = "me"  # the node that runs the rule
    SENDER = "sender"  # the node whose connection the message came from
    VAR = "var"  # data: variable; args: (node,)
    NEXT = "next"  # the variable after the step; data, args as VAR; step properties only
    FIELD = "field"  # data: field of the event
    CONFIG = "config"  # data: name of a constant that all nodes share
    BOUND = "bound"  # data: name of a quantified variable
    FRESH = "fresh"  # args: (base,): a value above base that nobody else chooses; ORDER only
    EQ = "eq"  # args: (a, b) of one sort
    LT = "lt"  # args: (a, b); structs lexicographically
    LE = "le"
    NOT = "not"
    AND = "and"  # any number of args
    OR = "or"
    IMPLIES = "implies"
    ITE = "ite"  # args: (condition, then, else)
    IS = "is"  # data: frozenset of leaf names; args: (x,)
    MAP = "map"  # data: tuple of (leaf, value) for every leaf of x; args: (x,)
    UP = "up"  # args: (x,) RangeSort: the next number, or top
    EMPTY = "empty"  # the empty set, or the map that has the default everywhere
    HAS = "has"  # args: (set, x)
    ADD = "add"  # args: (set, x)
    REMOVE = "remove"  # args: (set, x)
    UNION = "union"  # args: (set, set)
    SUBSET = "subset"  # args: (inner, outer)
    AT = "at"  # args: (map, key): the value there
    PUT = "put"  # args: (map, key, value): the map with that value there
    MAJORITY = "majority"  # args: (some, all): more than half of `all` are in `some`
    OWNER = "owner"  # args: (x,) of an owned order: the node that may start x
    STRUCT = "struct"  # args: one per part
    GET = "get"  # data: part; args: (struct,)
    NONE = "none"  # nothing
    SOME = "some"  # args: (x,)
    KNOWN = "known"  # args: (maybe,): is there a value
    FORALL = "forall"  # data: tuple of (name, sort); args: (body,); properties only
    EXISTS = "exists"
    SENT = "sent"  # data: message name; args: (source, destination, *fields); properties only
    GHOST = "ghost"  # data: relation name; args: its arguments; properties only


GLOBAL_KINDS = frozenset({Kind.FORALL, Kind.EXISTS, Kind.SENT, Kind.GHOST, Kind.BOUND, Kind.NEXT})
