"""The permission matrix: what a node of each role answers to each event in each state.

Belongs here: one table a role, with the events that the role can accept as rows and states as
columns; what it always refuses stands apart. Never here: how the answers are found (`source.py`).
"""

from __future__ import annotations

from inspect import cleandoc

from model.lang.declare import Event, Message
from model.lang.source import span_of_code
from model.lang.spec import Transition
from model.reference.markdown import code, codes, link, listing, page, sentence, table
from model.reference.source import Source, event_link

ACCEPTED = "✓"
WRONG_ROLE = "wrong_role"
"""The language's own refusal where a declared role is missing (`Spec`)."""
COMMON_FROM = 5
"""A mark is common to a row if at most one cell in this many lacks it."""


def permissions(source: Source) -> str:
    """Return the page."""
    short = short_states(source.states)
    marks = reply_marks(source)
    alike = source.spec.role_variable is None
    blocks = [
        "All nodes are alike. What one answers depends on its state: events are rows, states are"
        " columns."
        if alike
        else "What a node answers depends on its role, on its state, and for a message on the role"
        " its sender may speak in. Each table below is for a node of one role: events are rows, its"
        " states are columns.",
        derivation(source),
        "## How to read a cell",
        legend(marks),
        "## Columns",
        columns(source, short),
    ]
    blocks += [] if alike else sender_roles(source)
    for role in source.roles:
        blocks += role_section(source, role, short, marks)
    return page("Who may do what", *blocks)


def sender_roles(source: Source) -> list[str]:
    """Return the blocks about who may send what, and how a receiver knows."""
    return [
        "## How a node knows a sender's role",
        "A sender's role is never taken from a field that the sender fills in. A message from"
        " anyone without the declared role is refused like one at the wrong role, whatever the"
        " state.",
        authorities(source),
        "## Who may send, and where it may be acted on",
        senders(source),
    ]


def derivation(source: Source) -> str:
    """Return how far the entries can be trusted."""
    if source.exact:
        return (
            "A solver was asked for every entry, given what is proved of a single node: what is not"
            " shown cannot happen."
        )
    return (
        "The entries are derived by partial evaluation of the rules' guards: nothing that can"
        " happen is missing; of several answers to one event some may be impossible."
    )


# ---------------------------------------------------------------- signs


def reply_marks(source: Source) -> dict[str, str]:
    """Return a short mark for each reply that a refusal gives: its capitals, longer if need be."""
    names = [
        t.reply.decl.__name__ for t in source.spec.transitions if t.kind == "refusal" and t.reply
    ]
    marks: dict[str, str] = {}
    for name in dict.fromkeys(names):
        length, mark = 1, "".join(c for c in name if c.isupper()) or name[:1]
        while mark in marks.values() and mark != name:
            length += 1
            mark = name[:length]
        marks[name] = mark
    return marks


def legend(marks: dict[str, str]) -> str:
    """Return what the marks mean."""
    rows = [(f"{ACCEPTED}", "accepted: some rule answers")]
    rows += [(mark, f"answered {link(code(n), 'replies.md', n)}") for n, mark in marks.items()]
    return "\n\n".join(
        [
            table(("mark", "meaning"), rows),
            "Of several marks in a cell one applies, as the guards of the rules say. A mark in the"
            " column *also* may be the answer in every state but those it names. The event's"
            " section tells which rules accept it where.",
        ]
    )


def short_states(states: tuple[str, ...]) -> dict[str, str]:
    """Return a short head for each state: `L:MU` for `LOCKED(MEMBERSHIP_UPDATE)`."""
    for length in range(3, 30):
        heads = {state: _short(state, length) for state in states}
        if len(set(heads.values())) == len(states):
            return heads
    return {state: state for state in states}


def _short(state: str, length: int) -> str:
    parts = state.rstrip(")").split("(")
    words = parts[-1].split("_")
    inner = parts[-1][:length] if len(words) == 1 else "".join(w[:1] for w in words)
    return inner if len(parts) == 1 else f"{parts[0][:1]}:{inner}"


def columns(source: Source, short: dict[str, str]) -> str:
    """Return the legend of the columns."""
    if source.table is None:
        return "The spec has no table of states: there is one column."
    return table(("column", "state"), [(short[s], code(s)) for s in source.states])


# ---------------------------------------------------------------- senders


def authorities(source: Source) -> str:
    """Return how a receiver knows each role."""
    rows = []
    for role in source.roles:
        one = source.spec.authorities.get(role)
        if one is None:
            rows.append((code(role), "not checked: anyone may speak as it", "–"))
        else:
            doc = sentence(cleandoc(one.function.__doc__ or ""))
            rows.append((code(role), doc, source.place(span_of_code(one.function.__code__))))
    return table(("role", "a sender may speak as it if", "source"), rows)


def senders(source: Source) -> str:
    """Return for each event and role whether it may send it and whether it may act on it."""
    rows = []
    for event in source.spec.events.values():
        sends = {r.name for r in event.senders} if issubclass(event, Message) else set()
        acts = {leaf for r in event.roles for leaf in r.leaves} or set(source.roles)
        row = [event_link(event), event.kind]
        for role in source.roles:
            row.append(" and ".join(["sends"] * (role in sends) + ["acts"] * (role in acts)) or "–")
        rows.append(row)
    return table(("event", "kind", *map(code, source.roles)), rows)


# ---------------------------------------------------------------- one role


def role_section(
    source: Source, role: str, short: dict[str, str], marks: dict[str, str]
) -> list[str]:
    """Return the blocks for one role: what it can accept, and what it never does."""
    states = [s for s in source.states if source.together(role, s)]
    never = [s for s in source.states if s not in states]
    blocks = [f"## As {code(role)}" if role else "## What a node answers"]
    if never:
        blocks.append(
            f"A {code(role) if role else 'node'} is never in {codes(source.fold(never))};"
            " that has no column here."
        )
    refused: list[tuple[str, str]] = []
    by_kind: dict[str, list[list[str]]] = {}
    for event in source.spec.events.values():
        answers = {s: shown_answers(source, event, role, s) for s in states}
        if any(t.kind == "rule" for ts in answers.values() for t in ts):
            cells = {short[s]: cell_marks(answers[s], marks) for s in states}
            also = take_common(cells)
            row = [event_link(event), *(" ".join(c) for c in cells.values()), also]
            by_kind.setdefault(event.kind, []).append(row)
        else:
            replies = dict.fromkeys(_reply(t) for ts in answers.values() for t in ts)
            refused.append((event_link(event), codes(replies)))
    for kind, rows in by_kind.items():
        heads = [kind, *(short[s] or "answer" for s in states), "also"]
        if not any(row[-1] for row in rows):
            heads, rows = heads[:-1], [row[:-1] for row in rows]
        blocks += [f"**{kind.capitalize()}s**", table(heads, rows, centred=True)]
    if refused:
        by_reply: dict[str, list[str]] = {}
        for name, replies_text in refused:
            by_reply.setdefault(replies_text, []).append(name)
        blocks.append("Accepted in no state:")
        blocks.append(
            listing(f"{replies}: {', '.join(names)}" for replies, names in by_reply.items())
        )
    return blocks


def shown_answers(source: Source, event: type[Event], role: str, state: str) -> list[Transition]:
    """Return the possible answers; at a role that may act, those to a sender who may send it."""
    acts = {leaf for r in event.roles for leaf in r.leaves} or set(source.roles)
    found = source.answering(event, role, state)
    return [t for t in found if t.name != WRONG_ROLE or t.kind == "rule" or role not in acts]


def cell_marks(answers: list[Transition], marks: dict[str, str]) -> list[str]:
    """Return the marks of some possible answers."""
    made = [ACCEPTED] if any(t.kind == "rule" for t in answers) else []
    made += [marks[_reply(t)] for t in answers if t.kind == "refusal"]
    return list(dict.fromkeys(made))


def take_common(cells: dict[str, list[str]]) -> str:
    """Take out of a row the marks that nearly all its cells have; return what they are.

    A mark that is everywhere hides what differs from state to state.
    """
    said = []
    for mark in dict.fromkeys(m for c in cells.values() for m in c if m != ACCEPTED):
        missing = [head for head, c in cells.items() if mark not in c]
        alone = any(c == [mark] for c in cells.values())
        if len(cells) >= COMMON_FROM and len(missing) <= len(cells) // COMMON_FROM and not alone:
            for c in cells.values():
                c[:] = [m for m in c if m != mark]
            said.append(mark + (f", not in {', '.join(missing)}" if missing else ""))
    return "; ".join(said)


def _reply(transition: Transition) -> str:
    assert transition.reply is not None
    return transition.reply.decl.__name__
