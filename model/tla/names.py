"""Names in TLA+: each once in a module, none of them taken already.

Belongs here: which name a thing of the spec gets. Never here: what is defined under it.

TLA+ has one space of names for constants, variables, operators and bound variables, in which
nothing may be hidden. The spec's own names are kept where they are free.
"""

from __future__ import annotations

import re

TAKEN = frozenset(
    {
        *("ASSUME", "ASSUMPTION", "AXIOM", "BOOLEAN", "BY", "CASE", "CHOOSE", "CONSTANT"),
        *("CONSTANTS", "COROLLARY", "DEF", "DEFINE", "DEFS", "DOMAIN", "ELSE", "ENABLED"),
        *("EXCEPT", "EXTENDS", "FALSE", "HAVE", "HIDE", "IF", "IN", "INSTANCE", "LAMBDA"),
        *("LEMMA", "LET", "LOCAL", "MODULE", "NEW", "OBVIOUS", "OMITTED", "ONLY", "OTHER"),
        *("PICK", "PROOF", "PROPOSITION", "PROVE", "QED", "RECURSIVE", "SF_", "STATE"),
        *("STRING", "SUBSET", "SUFFICES", "TAKE", "TEMPORAL", "THEN", "THEOREM", "TRUE"),
        *("UNCHANGED", "UNION", "USE", "VARIABLE", "VARIABLES", "WF_", "WITH", "WITNESS"),
        *("Nat", "Int", "Infinity", "Cardinality", "IsFiniteSet", "Print", "PrintT", "Assert"),
        *("JavaTime", "TLCGet", "TLCSet", "Permutations", "SortSeq", "RandomElement", "Any"),
        *("ToString", "TLCEval", "TLCFP", "Seq", "Len", "Append", "Head", "Tail", "SubSeq"),
        *("SelectSeq", "Init", "Next", "Spec", "TypeOK", "vars", "msgs", "crashes", "Send"),
        *("None", "Nobody", "MaxCrashes", "MaxMessages", "IsMajority", "Rank", "Crash"),
        *("type", "src", "dst", "n", "m"),
    }
)


class Names:
    """The names of one module: what is asked for twice under one key is one name."""

    def __init__(self) -> None:
        self._taken = set(TAKEN)
        self._given: dict[tuple[str, object], str] = {}

    def of(self, kind: str, key: object, wanted: str, other: str = "") -> str:
        """Return the name of `key`: `wanted` where that is free, else `other` or a longer one."""
        found = self._given.get((kind, key))
        if found is None:
            found = wanted
            candidates = [other, *(f"{wanted}{i}" for i in range(2, 1000))]
            for candidate in candidates:
                if found not in self._taken and not found.startswith(("WF_", "SF_")):
                    break
                found = candidate or found
            self._taken.add(found)
            self._given[kind, key] = found
        return found

    def known(self, kind: str, key: object) -> str:
        """Return a name that was given before."""
        return self._given[kind, key]

    def is_free(self, name: str) -> bool:
        """Tell whether nothing in the module has this name."""
        return name not in self._taken


def camel(name: str) -> str:
    """Return a name as TLA+ writes operators: `vote_in_new_term` as `VoteInNewTerm`."""
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", name) if part]
    text = "".join(part[:1].upper() + part[1:] for part in parts)
    return text if not text[:1].isdigit() else f"P{text}"


def plain(name: str) -> str:
    """Return a name with nothing in it but letters, digits and underscores."""
    text = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    return text if not text[:1].isdigit() else f"x{text}"
