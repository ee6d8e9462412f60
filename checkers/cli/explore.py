"""`oathbound explore`.

Belongs here: its options, their mistakes, what it writes. Never here: the search.
"""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from functools import partial
from pathlib import Path

import click

from checkers.cli.common import UNKNOWN, WRONG, check_files, console, load_spec, write, wrong
from checkers.writing import write_bytes, write_text

EPILOG = """\b
Exit status:
  0  every state within the bounds was visited, and nothing asked for is broken there
  1  something is broken
  2  the command line or the spec is wrong, or the scope too large
  3  the search ended early, or something could not be asked
"""


@click.command(name="explore", epilog=EPILOG)
@click.argument("spec", default="order")
@click.option("--scope", default="", metavar="NAME=N,...", help="radiants=3,terms=2,keys=1")
@click.option(
    "--constant",
    multiple=True,
    metavar="NAME=NODE,...",
    help="A node, or a set of nodes, of the configuration (repeat).",
)
@click.option("--crashes", type=int, metavar="N", help="At most so many crashes; else any number.")
@click.option("--messages", type=int, metavar="N", help="At most so many different messages.")
@click.option("--depth", type=int, metavar="N", help="No run longer than so many steps.")
@click.option("--states", type=int, metavar="N", help="End after the level that has so many.")
@click.option("--timeout", type=float, metavar="S", help="End after the level that takes so long.")
@click.option("--only", multiple=True, metavar="NAME", help="Ask just this statement (repeat).")
@click.option("--count", "count_only", is_flag=True, help="Ask nothing: visit and count.")
@click.option("--all", "find_all", is_flag=True, help="Go on when a statement is broken.")
@click.option("--symmetry", is_flag=True, help="Of states that differ by names, visit one.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Threads, or workers.")
@click.option(
    "--backend",
    default="",
    metavar="NAME",
    help="Give the partitions to workers that joblib knows by this name, as loky, fork or dask.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Put states there that are not in memory; all workers of --backend must see it.",
)
@click.option(
    "--device",
    type=click.Choice(["cpu", "gpu"]),
    default="cpu",
    show_default=True,
    help="Where arrays are; a gpu holds the states seen, too, and needs `oathbound[gpu]`.",
)
@click.option(
    "--memory", type=int, metavar="MB", help="Hold so much of the states seen, the rest on disk."
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Go on from FILE if it is there, and keep there what is done when interrupted.",
)
@click.option("--lemmas", is_flag=True, help="Show the lemmas, too.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write JSON there.")
@click.option("--plot", type=click.Path(path_type=Path), help="Write states by depth there (SVG).")
@click.option(
    "--figure",
    type=click.Path(path_type=Path),
    help="Write the state figure there, by steps taken (.dot, .svg or .png).",
)
@click.option(
    "--counterexamples",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write each run that breaks something there: .txt, .svg and .py.",
)
def explore_command(
    spec: str,
    scope: str,
    constant: tuple[str, ...],
    crashes: int | None,
    messages: int | None,
    depth: int | None,
    states: int | None,
    timeout: float | None,
    only: tuple[str, ...],
    count_only: bool,
    find_all: bool,
    symmetry: bool,
    jobs: int,
    backend: str,
    folder: Path | None,
    device: str,
    memory: int | None,
    resume: Path | None,
    lemmas: bool,
    json_file: Path | None,
    plot: Path | None,
    figure: Path | None,
    counterexamples: Path | None,
) -> None:
    """Visit every reachable state of SPEC within bounds, and ask each what SPEC promises.

    SPEC is `order`, a path to a Python file, or `package.module:NAME`. What holds of all these
    states is no proof: the result says for which bounds it is.
    """
    files = {"--json": json_file, "--plot": plot, "--figure": figure, "--resume": resume}
    files["--counterexamples"] = None if counterexamples is None else counterexamples / "run.txt"
    check_files({option: path for option, path in files.items() if path is not None})
    for option, number in (
        ("--crashes", crashes),
        ("--messages", messages),
        ("--depth", depth),
        ("--states", states),
    ):
        if number is not None and not 0 <= number <= 10**12:
            wrong(f"{option} {number}: it is no bound", "write a number from 0 to 1000000000000")
    most = 8 * (os.cpu_count() or 1)
    if not 1 <= jobs <= most:
        wrong(f"--jobs {jobs}: too few or too many", f"write 1 to {most}")
    if memory is not None and not 1 <= memory <= 1 << 20:
        wrong(f"--memory {memory}: it is no size", "write megabytes, from 1 to 1048576")
    if memory is not None and backend:
        what = f"--memory {memory}: with --backend all states seen are in files, whatever it says"
        wrong(what, "leave one of the two out; --folder says where the files are")
    if timeout is not None and not 0 < timeout <= 1e9:
        wrong(f"--timeout {timeout}: it is no time", "write seconds above 0")
    if folder is not None and not folder.is_dir():
        why = "it is no folder" if folder.exists() else "there is no such folder"
        wrong(f"--folder {folder}: {why}", "make it, where all workers see it")
    if figure is not None and figure.suffix not in (".dot", ".svg", ".png"):
        wrong(f"--figure {figure}: no known kind of file", "name a .dot, .svg or .png file")

    from checkers.explore import explore
    from checkers.explore.explore import CannotExplore, Options, chosen
    from checkers.explore.figure import dot
    from checkers.explore.plot import svg
    from checkers.explore.progress import where
    from checkers.explore.search import Search
    from checkers.explore.showing import show
    from checkers.instances import ScopeError, read_setting
    from checkers.progress import Teller

    if backend:
        from checkers import workers

        try:
            workers.join(backend)
        except workers.NoWorkers as error:
            wrong(f"--backend {backend}: {error}", f"{error.fix}; or leave it out, for threads")
    array_library = None
    if device != "cpu":
        from checkers.explore.device import NoDevice, library

        for option, given in (("--backend", backend), ("--memory", memory)):
            if given:
                what = f"{option} {given}: --device {device} searches alone, in its own memory"
                wrong(what, "leave one of the two out")
        try:
            array_library = library(device)
        except NoDevice as error:
            click.echo(f"error: {error}", err=True)
            raise SystemExit(WRONG) from None
    loaded = load_spec(spec)
    if figure is not None and not loaded.edges:
        wrong(f"--figure {figure}: {spec} has no edge table", "leave it out")
    known = [s.name for s in loaded.of_kind("safety", "lemma", "step", "sometimes")]
    for name in only:
        if name not in known:
            close = [n for n in known if n.lower().startswith(name.lower()[:2])]
            wrong(
                f"--only {name}: the spec states no such thing",
                f"use one of: {', '.join(sorted(close or known))}",
            )
    try:
        setting = read_setting(loaded, scope, constant)
    except ScopeError as error:
        wrong(error.what, error.fix)
    teller = Teller()

    def hear(search: Search) -> None:
        def heard(_number: int, _frame: object) -> None:
            search.interrupted = True
            signal.signal(signal.SIGINT, signal.default_int_handler)

        signal.signal(signal.SIGINT, heard)

    options = Options(
        crashes=crashes,
        messages=messages,
        depth=depth,
        states=states,
        timeout=timeout,
        statements=[] if count_only else chosen(loaded, only),
        stop=not find_all,
        symmetry=symmetry,
        jobs=jobs,
        backend=backend,
        library=array_library,
        memory=None if memory is None else memory << 20,
        folder=folder,
        resume=resume,
        progress=lambda search, done: teller.often(lambda: where(search, done, teller.seconds)),
        on_start=hear if threading.current_thread() is threading.main_thread() else None,
    )
    before = signal.getsignal(signal.SIGINT)
    try:
        found = explore(loaded, setting, options, target=spec)
    except CannotExplore as error:
        teller.close()
        click.echo(f"error: {error}", err=True)
        raise SystemExit(error.status) from None
    except MemoryError:
        teller.close()
        click.echo(
            "error: out of memory: nothing is decided\n  fix: give --memory, or a smaller scope",
            err=True,
        )
        raise SystemExit(UNKNOWN) from None
    finally:
        signal.signal(signal.SIGINT, before)
    teller.close()
    show(found, console(), lemmas=lemmas)
    if json_file is not None:
        text = json.dumps(found.data(), indent=2) + "\n"
        write(partial(write_text, json_file, text), json_file)
    if plot is not None:
        drawn = svg(found.levels, loaded.title, f"{found.distinct:,} states, {found.bound()}")
        write(partial(write_text, plot, drawn), plot)
    if figure is not None:
        _write_figure(dot(loaded, found), figure)
    if counterexamples is not None:
        from checkers.showing import run_lines

        for asked in found.asked:
            if asked.run is None:
                continue
            counterexamples.mkdir(parents=True, exist_ok=True)
            stem = counterexamples / (re.sub(r"\W+", "_", asked.name).strip("_") or "run")
            head = [f"{asked.verdict.value} {asked.name}: {asked.title}", "", asked.reason]
            lines = [*head, *run_lines(asked.run, f"{stem.name}.py"), ""]
            texts = {".txt": "\n".join(lines), ".svg": asked.run.svg, ".py": asked.run.program}
            for suffix, text in texts.items():
                if text:
                    path = stem.with_suffix(suffix)
                    write(partial(write_text, path, text), path)
                    click.echo(f"wrote {path}")
    raise SystemExit(found.exit_status())


def _write_figure(text: str, path: Path) -> None:
    if path.suffix == ".dot":
        write(partial(write_text, path, text), path)
        return
    from model.figures import NoDrawingProgram
    from model.figures.render import draw

    try:
        drawn = draw(text, path.suffix[1:])
    except NoDrawingProgram as error:
        wrong(f"--figure {path}: {error}", "name a .dot file")
    write(partial(write_bytes, path, drawn), path)
