"""Who works: joblib's kinds of workers, and one more: copies of this process, with all it has read.

Belongs here: which kinds there are, having them at hand, the life of copies. Never here: what they
do (`tasks`, `explore.spread`).

A new process takes two seconds to load the solver and to read the order again; a copy has both. A
copy is right where the system copies processes well (Linux) and while nothing in this one is in the
middle of anything. What a process must not share with its copies says so where it is kept
(`solving.outside`).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from importlib import import_module
from typing import Any

from joblib import register_parallel_backend
from joblib.parallel import BACKENDS, EXTERNAL_BACKENDS, ParallelBackendBase

FORK, DASK = "fork", "dask"
"""Names of backends: the copies', and that of a cluster which has to be joined."""
ADDRESS = "DASK_SCHEDULER_ADDRESS"
"""Where dask itself looks for the address of its scheduler."""
PATIENCE = 10
"""Seconds to wait for a scheduler."""


class NoWorkers(Exception):
    """There are no such workers; the text says why, and `fix` what to do."""

    def __init__(self, text: str, fix: str) -> None:
        super().__init__(text)
        self.fix = fix


class Copies(ParallelBackendBase):  # type: ignore[misc]  # joblib has no types
    """A pool of copies for each call; a copy that is killed ends the call, and no other."""

    supports_retrieve_callback = True
    _pool: ProcessPoolExecutor | None = None

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Return how many workers `n_jobs` asks for; below zero it counts from all cores."""
        if n_jobs is None:
            return 1
        return n_jobs if n_jobs > 0 else max((os.cpu_count() or 1) + 1 + n_jobs, 1)

    def configure(self, n_jobs: int = 1, parallel: Any = None, **_: Any) -> int:
        """Make the pool; the copies are taken when the first task is submitted."""
        self.parallel = parallel
        count = self.effective_n_jobs(n_jobs)
        context = multiprocessing.get_context("fork")
        self._pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin)
        return count

    def submit(
        self, func: Callable[[], Any], callback: Callable[[Any], None] | None = None
    ) -> Future[Any]:
        """Let a worker run `func`."""
        assert self._pool is not None
        # The first call copies this process: a key that meets a copy before `_begin` would end it
        # with a traceback, and one that meets this process is heard right after.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            future = self._pool.submit(func)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        if callback is not None:
            future.add_done_callback(callback)
        return future

    apply_async = submit  # as joblib calls it before 1.5

    def retrieve_result_callback(self, future: Future[Any]) -> Any:
        """Return what a task returned, or raise what it raised."""
        return future.result()

    def terminate(self) -> None:
        """End the workers, who have nothing left to do."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """End the workers at once, whatever they do."""
        pool, self._pool = self._pool, None
        if pool is not None:
            workers = list((pool._processes or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.terminate()
        if ensure_ready:
            self.configure(self.parallel.n_jobs, self.parallel)


def _begin() -> None:
    """Begin as a worker: keys are for the owner, and without the owner there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_owner, daemon=True).start()


def _end_with_owner() -> None:
    owner = multiprocessing.parent_process()
    if owner is not None:
        owner.join()
        os._exit(1)


def register() -> None:
    """Let joblib know the backend."""
    register_parallel_backend(FORK, Copies)


def backends() -> list[str]:
    """Return the names of all kinds of workers that there are by now."""
    register()
    return sorted({*BACKENDS, *EXTERNAL_BACKENDS})


def join(backend: str) -> None:
    """Have workers of a kind at hand, whose names `backends` gives; raises NoWorkers."""
    if backend not in (known := backends()):
        raise NoWorkers("joblib knows no such workers", f"write one of: {', '.join(known)}")
    if backend == DASK:
        _join_dask()


def _join_dask() -> None:
    """Become a client of the cluster that dask's own settings name, where there is none yet."""
    try:
        dask = import_module("distributed")
    except ImportError as error:
        raise NoWorkers(f"dask cannot be loaded: {error}", "pip install distributed") from None
    try:
        dask.default_client()
        return
    except ValueError:
        pass
    address = os.environ.get(ADDRESS, "")
    if not address:
        raise NoWorkers("no cluster is named", f"write its scheduler's address in {ADDRESS}")
    try:
        client = dask.Client(address, timeout=PATIENCE)
        alone = not client.scheduler_info()["workers"]
    except (OSError, ValueError) as error:
        why = str(error) or type(error).__name__
        raise NoWorkers(f"{ADDRESS}={address}: {why}", "name a scheduler that runs") from None
    if alone:
        raise NoWorkers(f"the scheduler at {address} has no workers", "start some: dask worker")
