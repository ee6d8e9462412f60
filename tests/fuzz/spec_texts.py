"""Texts of specs for the fuzz tests: the repository's own, and a small one that is easily broken.

Belongs here: texts. Never here: what is done with them.
"""

from __future__ import annotations

from functools import cache

from tests.test_imports import ROOT

FOLDERS = ("docs", "docs/protocols", "tests/vacuous_specs", "tests/refuted_specs")
LAMP = '''
import sys
from model.lang import *
from model.lang.scenario import Scenario, settle, tick


class Light(Sum):
    DARK = case("no light")
    BRIGHT = case("light")


class Lamp(Process):
    light = volatile(Light, Light.DARK, "is it on")


class Done(Reply):
    """It is done."""


class Tick(Timer):
    """Time goes on."""


@on(Tick)
def shine(me, m):
    """Only when it is dark."""
    return Row(when=me.light == Light.DARK, then=me.light.set(Light.BRIGHT), reply=Done())


@fallback(Timer)
def refuse(me, m):
    return Row(reply=Done())


@safety("lit", "It is dark or bright")
def lit(n: Lamp):
    return (n.light == Light.DARK) | (n.light == Light.BRIGHT)


def spec() -> Spec:
    return read_spec("lamp", "A lamp", [sys.modules[__name__]], role="light")
'''
"""A spec without a mistake; the tests put one in."""


@cache
def texts() -> tuple[str, ...]:
    """Return the texts of whole specs that need no other file."""
    found = [LAMP]
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).glob("*.py")):
            text = path.read_text(encoding="utf-8")
            if "def spec()" in text and "from base import" not in text:
                found.append(text)
    found.append((ROOT / "tests/bad_specs/base.py").read_text(encoding="utf-8"))
    return tuple(found)


LAMPS = """
import sys
from model.lang import (
    Config, EdgeTable, Message, Node, Process, Reply, Request, Row, Spec, Sum, Timer,
    case, eventually, fallback, on, part, read_spec, safety, volatile, weak,
)


class Light(Sum):
    DARK = case("no light")
    BRIGHT = case("light")


class Lamp(Process):
    light = volatile(Light, Light.DARK, "is it on")


class House(Config):
    other = part(Node, "who else there is")


config = House()


class Done(Reply):
    pass


class Tick(Timer):
    pass


class Switch(Request):
    now = part(Light)


class Passed(Message):
    light = part(Light)


@on(Tick, Switch)
def shine(me, m):
    return Row(
        when=me.light == Light.DARK,
        then=me.light.set(Light.BRIGHT),
        send=Passed(light=me.light).to(config.other),
        reply=Done(),
    )


@on(Passed)
def taken(me, m):
    return Row(when=m.light == Light.BRIGHT, then=me.light.set(m.light), reply=Done())


@fallback(Timer, Request, Message)
def refuse(me, m):
    return Row(reply=Done())


FIGURE = EdgeTable("light", ((Light.DARK, Light.BRIGHT),))
fair = weak(Tick)


@safety("lit", "It is dark or bright")
def lit(n: Lamp):
    return (n.light == Light.DARK) | (n.light == Light.BRIGHT)


@eventually("light_comes", "There is light some day")
def light_comes(n: Lamp):
    return n.light == Light.BRIGHT


def spec() -> Spec:
    return read_spec("lamps", "Lamps", [sys.modules[__name__]])
"""
"""A small spec that has something for every command to do."""
