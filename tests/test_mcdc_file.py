"""The file of solver-made cases (issue 5), and the command: what is damaged or stale is told.

"They are stored as a readable, regenerable data file."
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from checkers import tasks
from checkers.mcdc import cases, file
from checkers.mcdc.check import check
from checkers.mcdc.file import BadFile
from checkers.mcdc.goal import CLAUSE
from checkers.mcdc.make import Maker
from checkers.mcdc.values import from_json, to_json
from model.evaluate.values import EvaluationError
from model.lang.load import load
from model.lang.sorts import BOOL, NODE, MapSort, MaybeSort, OrderSort, SetSort, StructSort
from model.lang.spec import drop_clause
from tests.generated_nodes import order_spec
from tests.stored_cases import PROTOCOLS, ROOT, node_of, small

TRAPS = ROOT / "tests" / "soundness_traps"


def rewritten(text: str, line: int, old: str, new: str) -> str:
    lines = text.splitlines(keepends=True)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return "".join(lines)


def checked_again(text: str) -> str:
    """Return the file as one who edits it on purpose would write it, checks and all."""
    lines, before = [], ""
    for one in text.splitlines():
        entry = json.loads(one)
        entry.pop("check")
        body = json.dumps(entry, ensure_ascii=False)[:-1]
        before = file._check(before, body)
        lines.append(f'{body}, "check": "{before}"}}\n')
    return "".join(lines)


@pytest.fixture(scope="module")
def raft_text() -> str:
    spec, made = small("raft_election")
    return file.text_of(spec, made)


def reason(name: str, text: str, tmp_path: Path) -> str:
    path = tmp_path / "cases.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFile) as caught:
        check(small(name)[0], path)
    return str(caught.value)


def test_what_is_written_is_read_again(raft_text: str, tmp_path: Path) -> None:
    spec, made = small("raft_election")
    path = tmp_path / "cases.jsonl"
    path.write_text(raft_text, encoding="utf-8")
    found = check(spec, path)
    assert found.cases == made.cases and found.impossible == made.impossible
    assert file.why_stale(spec, path) == ""
    assert checked_again(raft_text) == raft_text


@pytest.mark.parametrize(
    ("line", "old", "new", "told_"),
    [
        (2, '"me": "n1"', '"me": "n2"', "line 2: its check does not fit: it was changed by hand"),
        (5, ', "check": "', ', "cheque": "', "line 5: it does not end with its check"),
        (1, '"schema": 1', '"schema": 2', "line 1: its check does not fit"),
        (3, "\n", "", "line 3: its check does not fit"),  # two lines have become one
    ],
)
def test_a_line_changed_by_hand_is_told(
    raft_text: str, tmp_path: Path, line: int, old: str, new: str, told_: str
) -> None:
    text = rewritten(raft_text, line, old, new)
    assert reason("raft_election", text, tmp_path).startswith(told_)
    assert file.why_stale(small("raft_election")[0], tmp_path / "cases.jsonl")


def test_lines_lost_or_moved_are_told(raft_text: str, tmp_path: Path) -> None:
    lines = raft_text.splitlines(keepends=True)
    lost = "".join(lines[:6] + lines[7:])
    assert reason("raft_election", lost, tmp_path).startswith("line 7: its check does not fit")
    moved = "".join([*lines[:3], lines[4], lines[3], *lines[5:]])
    assert reason("raft_election", moved, tmp_path).startswith("line 4: its check does not fit")
    ended = "".join(lines[:-2])
    assert "the header says" in reason("raft_election", ended, tmp_path)
    assert "cut off" in reason("raft_election", raft_text[:-20], tmp_path)
    assert reason("raft_election", "", tmp_path) == "line 1: the file is empty"


@pytest.mark.parametrize(
    ("old", "new", "told_"),
    [
        ('"print": "', '"print": "0', "it was before it was changed"),
        ('"schema": 1', '"schema": 99', "its schema is 99; this program reads 1"),
        ('"spec": "raft_election"', '"spec": "order"', "its cases are of the spec 'order'"),
        ('"oathbound": "cases"', '"oathbound": "recipes"', "no header of a file of cases"),
        ('"lines": {', '"rows": {', "it does not say how many lines follow"),
    ],
)
def test_a_header_of_something_else_is_told(
    raft_text: str, tmp_path: Path, old: str, new: str, told_: str
) -> None:
    text = checked_again(rewritten(raft_text, 1, old, new))
    assert told_ in reason("raft_election", text, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "told_"),
    [
        ('"row": "', '"row": "no_such_', "something is missing or misplaced"),
        ('"reply": "', '"reply": "Strange', "something is missing or misplaced"),
        ('"event": "RequestVote"', '"event": 7', "something is missing or misplaced"),
        ('"sets": {', '"sets": {"votes": [1], ', "votes"),
        ('"sender": "', '"bender": "', "a message has one, and nothing else"),
        ('"case": 1', '"face": 1', "it is none of: case, unlikely, impossible, unknown"),
        ('"shows": ["', '"shows": ["what nobody asked for", "', "asks for no such thing"),
        ('"state": {', '"state": {"rank": 1, ', "something is missing or misplaced"),
        (
            '"row": "vote_in_this_term"',
            '"row": "RequestVote/stale"',
            "the evaluator answers otherwise",
        ),
        ('"me": "n1"', '"me": ""', "me"),
    ],
)
def test_a_case_that_is_not_true_is_told(
    raft_text: str, tmp_path: Path, old: str, new: str, told_: str
) -> None:
    """Even with checks that fit: everything is judged again."""
    at = next(i for i, one in enumerate(raft_text.splitlines(), 1) if i > 1 and old in one)
    text = rewritten(raft_text, at, old, new)
    said = reason("raft_election", checked_again(text), tmp_path)
    assert told_ in said and said.startswith(f"line {at}: ")


def test_a_proof_that_is_not_true_is_told(raft_text: str, tmp_path: Path) -> None:
    lines = raft_text.splitlines()
    at = next(i for i, one in enumerate(lines, 1) if one.startswith('{"impossible": '))
    entry = json.loads(lines[at - 1])
    entry["since"] = entry["since"][:1]
    lines[at - 1] = json.dumps(entry, ensure_ascii=False)
    text = checked_again("\n".join(lines) + "\n")
    assert reason("raft_election", text, tmp_path).startswith(f"line {at}: its proof does not hold")


def test_a_goal_that_no_line_tells_of_is_told(raft_text: str, tmp_path: Path) -> None:
    lines = raft_text.splitlines()
    at = next(i for i, one in enumerate(lines) if one.startswith('{"impossible": '))
    header = json.loads(lines[0])
    header["lines"]["impossible"] -= 1
    lines = [json.dumps(header, ensure_ascii=False), *lines[1:at], *lines[at + 1 :]]
    told_ = reason("raft_election", checked_again("\n".join(lines) + "\n"), tmp_path)
    assert "no line tells whether this can be shown" in told_


@pytest.mark.parametrize(
    ("body", "told_"),
    [
        ('{"case": ', "line 2: it is no JSON"),
        ("[" * 100_000, "line 2: it is no JSON"),
        ('["case"', "line 2: it is no JSON"),
    ],
)
def test_a_line_that_is_no_json_is_told(
    raft_text: str, tmp_path: Path, body: str, told_: str
) -> None:
    header = raft_text.splitlines(keepends=True)[0]
    check_ = file._check(header.rstrip()[-10:-2], body)
    text = f'{header}{body}, "check": "{check_}"}}\n'
    assert reason("raft_election", text, tmp_path).startswith(told_)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(b"{}\n\xff\xfe\n")
    assert file.why_stale(order_spec(), path) == "line 2: it is no text in UTF-8"
    assert file.why_stale(order_spec(), tmp_path / "none.jsonl") == "missing"


@pytest.mark.parametrize("seed", ["1", "4711"])
def test_the_bytes_do_not_depend_on_hashes_or_on_the_solvers_chance(seed: str) -> None:
    """The least case is one, whatever the solver tries first."""
    program = (
        "import sys, z3\n"
        f"z3.set_param('sat.random_seed', {seed}); z3.set_param('smt.random_seed', {seed})\n"
        f"z3.set_param('sat.phase', 'random')\n"
        "from checkers.mcdc import file\n"
        "from checkers.mcdc.make import Maker\n"
        "from model.lang.load import load\n"
        f"spec = load({str(PROTOCOLS / 'raft_election.py')!r})\n"
        "sys.stdout.buffer.write(file.text_of(spec, Maker(spec).make()).encode())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
    )
    spec, made = small("raft_election")
    assert ran.stdout.decode() == file.text_of(spec, made)


def test_verify_tells_that_the_file_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tasks._stale_cases(order_spec()) == []
    text = file.ORDER.read_text(encoding="utf-8")
    path = ROOT / "tests" / "cases" / "order.jsonl"
    assert path == file.ORDER
    t = order_spec().by_label["win"]
    changed = drop_clause(order_spec(), t.label, 2)
    (stale,) = tasks._stale_cases(changed)
    assert stale.path == "tests/cases/order.jsonl"
    assert stale.why == (
        "line 1: its cases were made from the spec as it was before it was changed;"
        " run `make cases`"
    )
    monkeypatch.setattr(file, "ORDER", tmp_path / "order.jsonl")
    file.ORDER.write_text(rewritten(text, 40, '"config"', '"konfig"'), encoding="utf-8")
    assert file.why_stale(order_spec(), file.ORDER).startswith("line 40: its check does not fit")


# ---------------------------------------------------------------- values and odd names


@pytest.mark.parametrize(
    ("sort", "given"),
    [
        (OrderSort("T", owned=True), (2, "n1")),
        (OrderSort("T", owned=True), (0, "")),
        (OrderSort("N", owned=False), 3),
        (MaybeSort("M", NODE), None),
        (MaybeSort("M", NODE), "n2"),
        (SetSort("S", NODE), frozenset({"n2", "n1"})),
        (StructSort("P", (("term", OrderSort("T", owned=True)), ("on", BOOL))), ((1, "a"), True)),
        (MapSort("F", NODE, BOOL), frozenset({("n1", True), ("n2", True)})),
    ],
)
def test_a_value_is_read_as_it_was_written(sort: object, given: object) -> None:
    data = json.loads(json.dumps(to_json(given, sort)))  # type: ignore[arg-type]
    assert from_json(data, sort, "here") == given  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data", [7, [1], [1, 2, 3], "x", {"a": 1}, [[], {}], None, True, ["n1", 1]]
)
def test_what_is_no_value_is_told(data: object) -> None:
    with pytest.raises(EvaluationError, match="here"):
        from_json(data, OrderSort("T", owned=True), "here")


@pytest.mark.parametrize(
    "name",
    ["constant_named_like_the_least", "field_named_like_the_least", "set_of_another_state"],
)
def test_nodes_of_specs_with_odd_names_or_one_variable_run(name: str) -> None:
    """A sort may be called `config` or `event`, as what a generated reader reads."""
    spec = load(str(TRAPS / f"{name}.py"))
    made = Maker(spec).make()
    with node_of(spec) as node:
        assert made.cases and cases.run(node, stored=made.cases, spec=spec) == []


# ---------------------------------------------------------------- the command


def oathbound(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "checkers", "mcdc", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_makes_checks_and_tells(tmp_path: Path) -> None:
    spec, out = str(PROTOCOLS / "lock_service.py"), str(tmp_path / "cases.jsonl")
    missing = oathbound(spec, "--check", "--out", out)
    assert missing.returncode == 1 and "missing" in missing.stdout
    assert f"fix: run `oathbound mcdc {spec} --out {out}`" in missing.stderr
    data = tmp_path / "found.json"
    made = oathbound(spec, "--out", out, "--json", str(data))
    assert made.returncode == 0, made.stdout + made.stderr
    assert "100 % of the conditions" in made.stdout and "it differs on 0" in made.stdout
    found = json.loads(data.read_text())
    assert found["exit_status"] == 0 and found["conditions"]["covered"] == 3
    assert found["goals"][CLAUSE]["covered"] == 3
    assert oathbound(spec, "--check", "--out", out).returncode == 0
    text = Path(out).read_text()
    Path(out).write_text(text.replace('"n1"', '"n2"', 1))
    damaged = oathbound(spec, "--check", "--out", out)
    assert damaged.returncode == 1 and "line 2: its check does not fit" in damaged.stdout
    assert Path(out).read_text() != text, "with --check nothing is written"


def test_the_command_line_is_refused_with_a_fix(tmp_path: Path) -> None:
    spec = str(PROTOCOLS / "lock_service.py")
    for args in ((spec, "--out", str(tmp_path)), ("no/such.py",)):
        refused = oathbound(*args)
        assert refused.returncode == 2 and "Traceback" not in refused.stderr
