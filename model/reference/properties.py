"""The pages of properties and of error codes.

Belongs here: what is promised and what a broken spec is told. Never here: verdicts; a report has
them, and they change without the spec changing.
"""

from __future__ import annotations

from model.lang.errors import CODES
from model.lang.expr import show
from model.lang.promises import AGAIN, ALIVE, CEASES, FOR_GOOD, LEADS_TO, FairAction, Pledge
from model.lang.spec import Statement
from model.reference.markdown import code, codes, link, page, sentence, table
from model.reference.source import Source

KINDS = {
    "safety": ("Safety", "They hold in every reachable state."),
    "step": ("Steps", "They hold of every transition of a node."),
    "sometimes": ("What must be possible", "Some reachable state satisfies each."),
    "lemma": (
        "Lemmas",
        "Strengthenings: nobody was promised them, they make the properties inductive. Each with"
        " the sentence on why it holds.",
    ),
    "assumption": ("Assumptions", "They hold of every configuration."),
    "eventually": (
        "What happens in the end",
        "Every fair run keeps these promises; they are checked in a bounded scope, not proved."
        " Nodes are those that are up.",
    ),
    "alive": ("Who stays up", "The promises are made where these sets of nodes stay up."),
}

STRENGTHS = {
    "weak": ("weak", "what can happen from some moment on all the time, does happen"),
    "strong": ("strong", "what can happen again and again happens again and again"),
    "loss": ("fair loss", "what is sent again and again arrives again and again"),
    CEASES: ("ceases", "a rule accepts it a finite number of times"),
}


def properties(source: Source) -> str:
    """Return the page of properties."""
    spec = source.spec
    blocks = [
        "What is stated about the protocol. Whether it is proved is in the report, not here; what"
        " the spec itself marks as open is shown as open."
    ]
    for kind, (title, intro) in KINDS.items():
        found = spec.of_kind(kind)
        if not found:
            continue
        rows = [
            (link(code(s.name), "", s.name), sentence(s.prop.title), "open" if s.prop.open else "")
            for s in found
        ]
        blocks += [f"## {title}", intro, table(("name", "title", ""), rows)]
        for statement in found:
            blocks += statement_blocks(source, statement)
    return page("Properties", *blocks, *fairness(source))


def fairness(source: Source) -> list[str]:
    """Return the blocks that say what is fair; none where nothing is said of it."""
    spec = source.spec
    if not spec.fairness:
        return []
    rows = [
        (
            code(f.name),
            STRENGTHS[f.strength][0],
            _fair_note(f),
        )
        for f in spec.fairness
    ]
    used = {f.strength for f in spec.fairness}
    meant = [f"{name}: {meaning}" for s, (name, meaning) in STRENGTHS.items() if s in used]
    intro = f"What does not wait for ever, of every node that is up ({'; '.join(meant)})."
    if CEASES in used:
        intro = f"What does not wait for ever, and what ends, of every node ({'; '.join(meant)})."
    return ["## Fairness", intro, table(("event or rule", "how fair", ""), rows)]


def _fair_note(fair: FairAction) -> str:
    """Return under what condition it is fair, or why it ceases."""
    if fair.unless:
        return f"unless {codes(sorted(fair.unless), '')} arms it anew"
    return sentence(fair.why) if fair.strength == CEASES and fair.why else ""


def promise_text(promise: Pledge) -> str:
    """Return a promise in words around its conditions."""
    then = show(promise.then)
    if promise.shape == LEADS_TO:
        return f"whenever  {show(promise.when)}\nthen some day  {then}"
    lead = {AGAIN: "again and again", FOR_GOOD: "from some day on", ALIVE: "at all times"}
    return f"{lead.get(promise.shape, 'some day')}  {then}"


def statement_blocks(source: Source, statement: Statement) -> list[str]:
    """Return the blocks of one property."""
    prop = statement.prop
    why = "Why: " if prop.kind == "lemma" else ""
    blocks = [f"### {prop.name}", f"**{why}{sentence(prop.title)}**", sentence(prop.doc)]
    if prop.open:
        blocks.append(f"Open: {sentence(prop.open)}")
    if statement.promise is not None:
        blocks.append(f"```text\n{promise_text(statement.promise)}\n```")
        if prop.without:
            ending = {f.name for f in source.spec.fairness if f.strength == CEASES}
            for names, said in (
                ([n for n in prop.without if n not in ending], "be fair"),
                ([n for n in prop.without if n in ending], "cease"),
            ):
                if names:
                    blocks.append(f"It is kept although {codes(names, '')} need not {said}.")
    elif statement.formula is not None:
        blocks.append(f"```text\n{show(statement.formula)}\n```")
    else:
        blocks.append(
            f"Read once for each of {len(statement.per_transition)} transitions"
            + (", crashes included." if prop.environment else "; a crash is not one of them.")
        )
    if prop.uses is not None:
        blocks.append(f"Its proof uses {codes(prop.uses, 'nothing else')}.")
    if prop.after:
        blocks.append(f"Of the state after the step its proof assumes {codes(prop.after, '')}.")
    if prop.by_name:
        blocks.append("Assumed only in proofs that name it.")
    return [*blocks, source.place(prop.span)]


def errors() -> str:
    """Return the page of error codes."""
    rows = [
        (link(code(c), "", f"{c}: {row.title}"), sentence(row.title)) for c, row in CODES.items()
    ]
    blocks = [
        "What a mistake in a spec is told as: a stable code, the place, the value, the reason and"
        " the fix.",
        table(("code", "title"), rows),
    ]
    for c, row in CODES.items():
        blocks += [f"## {c}: {row.title}", row.meaning, f"**Fix:** {row.fix}"]
    return page("Error codes", *blocks)
