"""The picture of a lasso says all that the text does, and has room for it.

Stands for: "a lasso as counterexample (stem and loop, marked in the sequence diagram, with why each
fair action is not enough)".
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from checkers.counterexamples.picture import picture
from checkers.liveness.check import check
from checkers.liveness.setting import read_setting
from checkers.story import ToldRun, ToldStep
from tests import ceasing_toy

SIGN = 7.3
"""How wide a sign of 12 pixels is in the fonts that the picture asks for."""
WORDS = " ".join(f"word{i}" for i in range(60))
FAIR = (
    *(f"arrival of Ping({i}) n1->n2: it is not sent again, so it may be lost" for i in range(30)),
    "`Retry` of n1: served by step 2, which ends nothing",
)


def told(nodes: tuple[str, ...], loop: int | None) -> ToldRun:
    """Return a run with long words everywhere."""
    fields = (("members", "{" + ", ".join(f"n{i}" for i in range(20)) + "}"),)
    steps = [
        ToldStep(1, "n1", "timer", "Retry", (), None, None, "again", (), ("Ping() n1->n1",), ()),
        ToldStep(2, "n1", "message", "Ping", fields, "n1", 1, "hear", (WORDS, "x" * 300), (), ()),
    ]
    config, by = (("members", "{n1}"),), "the search for fair cycles"
    run = ToldRun("p", config, nodes, tuple(steps), f"p: {WORDS}", by, False, loop=loop)
    return run if loop is None else replace(run, fair=FAIR)


def texts(svg: str) -> list[tuple[str, float, float, float, str]]:
    """Return each text with its class, where it begins and ends, its height, and its words."""
    root = ElementTree.fromstring(svg)
    found = []
    for one in root.iter("{http://www.w3.org/2000/svg}text"):
        words, kind = one.text or "", one.get("class") or ""
        x, y, long = float(one.get("x") or 0), float(one.get("y") or 0), SIGN * len(words)
        begin = x - long if kind in ("end", "number") else x - long / 2 if kind == "node" else x
        found.append((kind, begin, begin + long, y, words))
    return found


@pytest.mark.parametrize("nodes", [("n1",), ("n1", "n2", "n3", "n4")])
@pytest.mark.parametrize("loop", [None, 1, 2, 3])
def test_no_text_leaves_the_page_and_no_line_stands_on_another(
    nodes: tuple[str, ...], loop: int | None
) -> None:
    svg = picture(told(nodes, loop))
    root = ElementTree.fromstring(svg)
    width, height = (float(root.get(a) or 0) for a in ("width", "height"))
    found = texts(svg)
    for _, begin, end, y, words in found:
        assert begin >= 0 and end <= width and 0 < y < height - 4, words
    notes = sorted(y for kind, _, _, y, _ in found if kind in ("rule", "change"))
    below = sorted(y for kind, _, _, y, _ in found if kind in ("fair", "goes-on", "broken"))
    for lines in (notes, below):
        assert all(b - a >= 14 for a, b in itertools.pairwise(lines))
    assert notes[-1] < below[0]


def test_what_is_long_is_told_whole() -> None:
    """Changes and broken promises in lines; a message that its place is too short for."""
    found = texts(picture(told(("n1",), 2)))
    by_class = {
        kind: " ".join(words for of, *_, words in found if of == kind)
        for kind in ("change", "broken")
    }
    assert WORDS in by_class["change"] and WORDS in by_class["broken"]
    assert "x" * 300 in by_class["change"].replace(" ", "")
    assert "n19})" in by_class["change"]


def test_long_names_of_nodes_do_not_stand_on_each_other() -> None:
    """What acts is named whole beside its step."""
    long = [f"server{'z' * 60}{i}" for i in range(3)]
    run = told(("n1", *long), None)
    steps = (*run.steps, replace(run.steps[0], number=3, node=long[1]))
    found = texts(picture(replace(run, steps=steps)))
    headers = sorted((begin, end) for kind, begin, end, *_ in found if kind == "node")
    assert len(headers) == 4
    bold = 8.6 / SIGN
    for (begin, end), (after, until) in itertools.pairwise(headers):
        assert (after + until - begin - end) / 2 >= bold * (end - begin + until - after) / 2
    assert f"3 {long[1]}: again" in [words for kind, *_, words in found if kind == "rule"]


def test_a_lasso_shows_its_loop_and_why_no_fair_action_ends_it() -> None:
    svg = picture(told(("n1", "n2"), 2))
    root = ElementTree.fromstring(svg)
    assert len([e for e in root.iter() if e.get("class") == "loop"]) == 1
    fair = " ".join(words for kind, *_, words in texts(svg) if kind == "fair")
    assert "`Retry` of n1: served by step 2, which ends nothing" in fair
    # What has one reason stands together.
    assert fair.count("it is not sent again, so it may be lost: ") == 1
    for at in range(30):
        assert f"arrival of Ping({at}) n1->n2" in fair
    plain = picture(told(("n1", "n2"), None))
    assert not {"fair", "goes-on"} & {kind for kind, *_ in texts(plain)}


def test_a_lasso_that_is_found_is_drawn_with_what_the_text_says() -> None:
    spec = ceasing_toy.spec()
    broken = replace(spec, transitions=tuple(t for t in spec.transitions if t.label != "clear"))
    setting = read_setting(broken, "nodes=1")
    found = check(broken, setting.config, setting.nodes, setting.bounds)
    assert [c.run is not None for c in found.checked] == [True, True]
    for one in found.checked:
        assert one.run is not None and one.fair == one.run.fair and one.fair
        drawn = [
            words.removeprefix("- ") for kind, *_, words in texts(one.run.svg) if kind == "fair"
        ]
        assert drawn == list(one.fair)
