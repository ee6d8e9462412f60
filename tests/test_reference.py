"""The reference pages say everything that the order's spec says, and nothing that it does not."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from model.figures import may_edges, sources
from model.lang import CODES, Spec
from model.lang.spec import Transition
from model.order import spec as order_spec
from model.partial import Partial, Value, followed
from model.reference import generate
from model.reference.markdown import anchor, cell, sentence, table
from model.reference.permissions import reply_marks, short_states, take_common
from model.reference.source import Source
from model.reference.states import longest_delays
from tests.reference_toy import toy

ROOT = Path(__file__).resolve().parent.parent

SEED = {
    "OrderState": ("BOOTSTRAP", "RESET", "ACTIVE", "LOCKED", "ERROR"),
    "OrderStateOp": ("MEMBERSHIP_UPDATE", "MEMBERSHIP_SET", "REPLICATING", "VOTING", "PROBE"),
    "OrderStateError": ("RECOVERABLE", "RECOVER_RESET", "SYSTEM_RESET", "UNRECOVERABLE"),
    "OrderError": ("STATE", "MEMBERSHIP", "SHARD", "OTHER"),
}
"""The enums of the text that the order was first described in."""


@pytest.fixture(scope="module")
def order() -> Spec:
    return order_spec()


@pytest.fixture(scope="module")
def written(order: Spec) -> dict[str, str]:
    return generate(order)


@pytest.fixture(scope="module")
def pages(written: dict[str, str]) -> dict[str, str]:
    return {Path(p).relative_to("docs/reference").as_posix(): t for p, t in written.items()}


@pytest.fixture(scope="module")
def source(order: Spec) -> Source:
    return Source(order, ROOT)


def headings(page: str) -> list[str]:
    """Return the headings of a page, links and code taken off."""
    found = re.findall(r"^#+ (.*)$", page, flags=re.MULTILINE)
    return [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", h).replace("`", "") for h in found]


def cells(page: str, role: str, event: str) -> dict[str, str]:
    """Return one row of one role's table, by column."""
    section = page.split(f"## As `{role}`")[1].split("\n## ")[0].split("\n")
    at = next(i for i, line in enumerate(section) if line.startswith(f"| [`{event}`]"))
    heads = [x for x in section[:at] if x.startswith(("| message", "| request", "| timer"))]
    head, row = heads[-1], section[at]
    return dict(
        zip(
            (c.strip() for c in head.strip("|").split("|")),
            (c.strip() for c in row.strip("|").split("|")),
            strict=True,
        )
    )


# ---------------------------------------------------------------- all of the spec is there


@pytest.mark.parametrize("name", SEED)
def test_the_seed_s_enums_are_the_spec_s_sums(order: Spec, name: str) -> None:
    assert tuple(c.name for c in order.sums[name].cases) == SEED[name]


def test_every_state_has_its_meaning(order: Spec, pages: dict[str, str]) -> None:
    docs = order.sums["OrderState"].leaf_docs()
    assert len(docs) == 15
    for leaf, doc in docs.items():
        assert f"| `{leaf}` | {sentence(doc)} |" in pages["states.md"]
    for a, b in order.edges[0].edges:
        assert f"| `{a.name}` | `{b.name}` |" in pages["states.md"]


@pytest.mark.parametrize("kind", ["messages", "requests", "timers", "replies"])
def test_every_event_and_reply_has_a_section(order: Spec, pages: dict[str, str], kind: str) -> None:
    declared = getattr(order, kind)
    assert declared
    page = pages[f"{kind}.md"]
    for name, one in declared.items():
        assert name in headings(page)
        section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert sentence(one.doc) in section
        for field, decl in one.parts.items():
            assert f"| `{field}` | `{decl.sort}` |" in section


def test_every_message_says_who_sends_and_who_acts(order: Spec, pages: dict[str, str]) -> None:
    for name, message in order.messages.items():
        section = pages["messages.md"].split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert all(f"`{r.name}`" in section.split("Sent by:")[1] for r in message.senders)
        assert all(f"`{r.name}`" in section.split("Acted on by:")[1] for r in message.roles)
        for t in order.transitions:
            if t.kind == "rule" and any(s.message is message for s in t.sends):
                assert f"[`{t.label}`]" in section.split("Sent in:")[1]


def test_every_rule_is_told_whole(order: Spec, pages: dict[str, str]) -> None:
    for rule in (t for t in order.transitions if t.kind == "rule"):
        page = pages[f"rules/{Path(rule.span.file).stem}.md"]
        section = page.split(f"\n## {rule.label}\n")[1].split("\n## ")[0]
        assert sentence(rule.doc) in section
        for i, clause in enumerate(rule.clauses, start=1):
            kind = {"role": "role: ", "sender": "sender: ", "guard": "guard"}[clause.kind]
            assert re.search(rf"^\| {i} \| {kind}", section, flags=re.MULTILINE)
            assert cell(f"`{clause.text}`") in section
        assert all(f"| `me.{name}` |" in section for name in rule.updates)
        assert all(f"`{out.message.__name__}(" in section for out in rule.sends)
        assert f"#L{rule.span.line})" in section


def test_every_refusal_is_told(order: Spec, pages: dict[str, str]) -> None:
    for t in order.transitions:
        if t.kind == "refusal":
            assert t.name in headings(pages["refusals.md"])


def test_every_property_has_its_wording(order: Spec, pages: dict[str, str]) -> None:
    page = pages["properties.md"]
    for name, statement in order.statements.items():
        section = page.split(f"\n### {name}\n")[1].split("\n### ")[0]
        assert sentence(statement.prop.title) in section
        assert sentence(statement.prop.doc) in section
        assert ("Open: " in section) == bool(statement.prop.open)
    assert {f"S{i}" for i in range(1, 14)} <= {h.split(".")[0] for h in headings(page)}


def test_every_error_code_is_told(pages: dict[str, str]) -> None:
    for code, row in CODES.items():
        assert f"{code}: {row.title}" in headings(pages["errors.md"])
        assert row.fix in pages["errors.md"]


def test_every_variable_constant_and_table_is_told(order: Spec, pages: dict[str, str]) -> None:
    for name in order.variables:
        assert f"| `{name}` |" in pages["variables.md"]
    for name in order.config.parts:
        assert f"| `config.{name}` |" in pages["variables.md"]
    for name, one in order.tables.items():
        assert name in headings(pages["tables.md"])
        assert all(f"| `{leaf}` |" in pages["tables.md"] for leaf in one.rows)


def test_the_ladder_is_followed_to_its_end(pages: dict[str, str]) -> None:
    climb = "`RECOVERABLE(SHARD)` → `RECOVER_RESET` → `SYSTEM_RESET` → `UNRECOVERABLE`"
    assert climb in pages["tables.md"]


def test_delays_grow_to_their_cap() -> None:
    assert longest_delays(100, 2.0, 350, 4) == [100, 200, 350, 350]


# ---------------------------------------------------------------- the pages hold together


def test_every_link_leads_somewhere(pages: dict[str, str]) -> None:
    anchors = {name: {anchor(h) for h in headings(text)} for name, text in pages.items()}
    for name, text in pages.items():
        for target in re.findall(r"\]\(([^)]+)\)", text):
            path, _, place = target.partition("#")
            full = os.path.normpath(os.path.join(os.path.dirname(name), path)) if path else name
            if full in pages:
                assert not place or place in anchors[full], f"{name}: {target}"
            elif path.endswith(".py"):
                lines = (ROOT / "docs/reference" / full).read_text(encoding="utf-8").split("\n")
                assert 0 < int(place.removeprefix("L")) <= len(lines), f"{name}: {target}"
            else:
                assert re.fullmatch(r"\.\./order_states(_coarse)?\.svg", full), f"{name}: {target}"


def test_headings_of_a_page_have_anchors_of_their_own(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        found = [anchor(h) for h in headings(text)]
        assert len(found) == len(set(found)), name


def test_tables_are_rectangular(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1, f"{name}: {block[:200]}"


def test_nothing_names_the_folder_it_was_written_in(pages: dict[str, str]) -> None:
    assert all(str(ROOT) not in text for text in pages.values())


PROGRAM = """
import hashlib
from model.figures import may_edges, sources
from model.order import spec
from model.reference import generate
order = spec()
texts = {**generate(order), **sources(order, may_edges(order))}
print(hashlib.sha256(repr(texts).encode()).hexdigest())
"""


def test_two_runs_write_the_same(order: Spec, written: dict[str, str]) -> None:
    texts = {**written, **sources(order, may_edges(order))}
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(repr(texts).encode()).hexdigest()


# ---------------------------------------------------------------- the permission matrix


def test_only_a_herald_serves(pages: dict[str, str]) -> None:
    page = pages["permissions.md"]
    radiant = page.split("## As `RADIANT`")[1].split("\n## ")[0]
    assert "- `NotHerald`: [`AddShard`](requests.md#addshard)" in radiant
    herald = cells(page, "HERALD", "AddShard")
    assert herald["ACT"] == "✓ R"
    assert [herald[c] for c in ("L:MU", "L:MS", "L:REP", "L:PRO")] == ["L"] * 4
    assert herald["E:RR"] == "IE"


def test_a_system_reset_is_the_controller_s_to_grant(pages: dict[str, str]) -> None:
    page = pages["permissions.md"]
    assert "| [`SystemResetGrant`](messages.md#systemresetgrant) | message |" in page
    radiant = cells(page, "RADIANT", "SystemResetGrant")
    assert {c for c, mark in radiant.items() if mark.startswith("✓")} == {"E:SR"}
    assert cells(page, "CONTROLLER", "GrantSystemReset")["BOO"] == "✓ R"


def test_status_is_answered_in_every_state_and_role(pages: dict[str, str]) -> None:
    for role in ("RADIANT", "HERALD", "CONTROLLER"):
        row = cells(pages["permissions.md"], role, "GetStatus")
        assert {mark for column, mark in row.items() if column != "request"} == {"✓"}


def test_a_reset_is_obeyed_only_in_the_error_that_it_ends(order: Spec, source: Source) -> None:
    rule = order.by_label["reset"]
    assert source.where(rule) == {r: ["ERROR(RECOVER_RESET)"] for r in ("RADIANT", "HERALD")}


def test_roles_are_never_in_states_that_no_run_leads_to(source: Source) -> None:
    assert [s for s in source.states if source.together("CONTROLLER", s)] == ["BOOTSTRAP"]
    assert not source.together("RADIANT", "LOCKED(PROBE)")
    assert not source.together("HERALD", "LOCKED(VOTING)")


def test_every_event_has_an_answer_wherever_a_node_may_be(order: Spec, source: Source) -> None:
    for role in source.roles:
        for state in source.states:
            if source.together(role, state):
                for event in order.events.values():
                    assert source.answering(event, role, state), (event, role, state)


def test_a_decision_from_outside_is_used_and_said() -> None:
    asked: list[tuple[str, str, str]] = []

    def can_answer(transition: Transition, role: str, state: str) -> bool:
        asked.append((transition.label, role, state))
        return transition.label != "turn_red"

    page = generate(toy(), can_answer)["docs/reference/permissions.md"]
    assert "A solver was asked" in page
    assert ("turn_red", "LAMP", "") in asked
    assert ("Dusk/refused", "LAMP", "") not in asked, "it is impossible without asking"
    assert len(asked) == len(set(asked))
    assert "[`Dusk`]" in page.split("Accepted in no state:")[1]


def test_marks_and_columns_are_told_apart(source: Source) -> None:
    marks = reply_marks(source)
    assert marks["NotHerald"] == "NH" and marks["StaleTerm"] == "ST"
    assert len(set(marks.values())) == len(marks)
    short = short_states(source.states)
    assert short["LOCKED(MEMBERSHIP_UPDATE)"] == "L:MU"
    assert len(set(short.values())) == len(source.states)
    assert len(set(short_states(("SAME_A", "SAME_B", "SAND", "SANE")).values())) == 4


def test_a_mark_that_is_nearly_everywhere_moves_aside() -> None:
    row = {str(i): ["✓", "X"] for i in range(9)} | {"last": ["Y"]}
    assert take_common(row) == "X, not in last"
    assert row["0"] == ["✓"] and row["last"] == ["Y"]
    alone = {str(i): ["X"] for i in range(9)}
    assert take_common(alone) == "" and alone["0"] == ["X"]


# ---------------------------------------------------------------- partial evaluation


def test_partial_evaluation_splits_what_it_does_not_know(order: Spec) -> None:
    partial = Partial(order)
    known: dict[str, Value] = {"role": "RADIANT", "state": "BOOTSTRAP"}
    rules = {"hear_peer", "awake", "awake_in_error"}
    assert partial.answers(order.events["BeaconAnswer"], known) == {
        *rules,
        "BeaconAnswer/wrong_role",
    }
    severe = {**known, "severity": 2}
    assert partial.outcomes(order.by_label["awake_in_error"], severe, ("state",)) == {
        ("ERROR(SYSTEM_RESET)",)
    }
    assert not partial.outcomes(order.by_label["awake"], severe, ("state",))


def test_partial_evaluation_follows_the_severity_of_an_error(order: Spec) -> None:
    names = followed(order)
    at, bad = names.index("state"), names.index("severity")
    worst = {v[bad] for v in Partial(order).reachable(names) if v[at] == "ERROR(SYSTEM_RESET)"}
    assert worst == {2}


def test_a_question_that_takes_too_long_is_answered_with_maybe(
    order: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.partial.MOST_WORLDS", 1)
    partial = Partial(order)
    known = {"role": "RADIANT", "state": "BOOTSTRAP"}
    answers = partial.answers(order.events["BeaconAnswer"], known)
    assert {"hear_peer", "BeaconAnswer/refused"} <= answers
    assert partial.may(order.by_label["awake"].guard, known)
    assert ("RESET",) in partial.outcomes(order.by_label["awake"], known, ("state",))


# ---------------------------------------------------------------- another spec


def test_a_spec_without_edges_or_authorities_has_pages_too() -> None:
    pages = generate(toy())
    permissions = pages["docs/reference/permissions.md"]
    assert "there is one column" in permissions
    assert "not checked: anyone may speak as it" in permissions
    assert cells(permissions, "LAMP", "Switch")["answer"] == "✓ R"
    assert "- `Refused`: [`Wave`](messages.md#wave)" in permissions
    rules = pages["docs/reference/rules/reference_toy.md"]
    assert "Only from red | never twice." in rules
    assert "| `RED` | 50–100 | 100–200 | 175–350 |" in pages["docs/reference/tables.md"]
    assert "How long one waits at a lamp." in pages["docs/reference/tables.md"]
    assert "no rule" in pages["docs/reference/messages.md"]


def test_a_table_escapes_its_bars() -> None:
    assert table(("a",), [("x | y",)]).endswith("| x \\| y |")
    assert table(("a",), []) == ""
