"""Run several programs as one: start them, restart them, and stop them together.

Every child stands behind a ``guard`` in a process group of its own. A Ctrl-C in the terminal therefore
reaches the supervisor alone, which decides the order; and no child outlives the supervisor, even if
``kill -9`` ends it.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from oms.infra.processes.guard import as_shell

_GUARD = (sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py")))
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Child:
    """A program to keep running. ``env`` is added to this process's environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When a child that ended by itself starts again, and when there is no more point; all times in seconds.

    The first restart waits ``first_delay``, each further one twice as long up to ``longest_delay``; a life of
    ``healthy_after`` starts the count anew. ``early_limit`` lives in a row that end within ``early`` are too
    many.
    """

    first_delay: float = 1.0
    longest_delay: float = 30.0
    healthy_after: float = 60.0
    early: float = 3.0
    early_limit: int = 5


@dataclass(frozen=True, slots=True)
class Failures:
    """How often a child ended by itself: since it was last healthy, and in a row soon after its start."""

    recent: int = 0
    early: int = 0

    def after(self, lifetime: float, policy: RestartPolicy) -> Failures:
        """Count one more end, of a life of ``lifetime`` seconds."""
        return Failures(
            recent=1 if lifetime >= policy.healthy_after else self.recent + 1,
            early=self.early + 1 if lifetime < policy.early else 0,
        )

    def delay(self, policy: RestartPolicy) -> float:
        """Seconds to wait before the next start."""
        return min(policy.first_delay * 2.0 ** (self.recent - 1), policy.longest_delay)

    def hopeless(self, policy: RestartPolicy) -> bool:
        """Whether another start has no point."""
        return self.early >= policy.early_limit


class Supervisor:
    """Runs children until it is told to stop or one of them cannot be kept running."""

    def __init__(
        self,
        *,
        grace: float = 15.0,
        restarts: RestartPolicy | None = None,
        report: Callable[[str], None] | None = None,
    ) -> None:
        """Set the seconds children have to stop, how they restart, and who hears of it (standard error)."""
        self._grace = grace
        self._policy = restarts or RestartPolicy()
        self._report = report or _to_standard_error

    def run(self, children: Sequence[Child], *, on_stop: Callable[[], None]) -> int:
        """Start ``children`` in order, keep them running, and block until all have ended.

        SIGINT (Ctrl-C), SIGTERM or SIGHUP stops them: SIGTERM to each, the last started first, then SIGKILL
        to those left after the grace time. Ctrl-C during that kills them at once. What a child leaves in its
        process group is killed when the child ends. ``on_stop`` is called once, after the last child, however
        the run ends.

        Returns 0 after a stop that was asked for, 1 if a child kept failing right after its start. Signals
        can only be received in the main thread: elsewhere this is a ``ValueError``.
        """
        with _listening() as inbox, _lifeline() as lifeline:
            running = [_Running(child, lifeline) for child in children]
            try:
                for process in running:
                    process.start()
                return self._keep_running(running, inbox)
            finally:
                try:
                    self._stop(running, inbox)
                finally:
                    on_stop()

    def _keep_running(self, running: Sequence[_Running], inbox: _Inbox) -> int:
        while not inbox.stop_asked:
            for process in running:
                if not self._look_after(process):
                    return 1
            inbox.wait(min((process.pause for process in running if process.pause is not None), default=None))
        return 0

    def _look_after(self, process: _Running) -> bool:
        """Restart ``process`` if its time has come, note its end; False if it cannot be kept running."""
        if process.pause == 0:
            process.start()
        ended = process.reap()
        if ended is None:
            return True
        process.failures = process.failures.after(ended.lifetime, self._policy)
        what = f"{process.child.name} ended with exit code {ended.code}"
        if process.failures.hopeless(self._policy):
            self._report(
                f"{what}, {process.failures.early} times in a row within {self._policy.early:g} s "
                "of its start. Everything stops; its own messages above say why."
            )
            return False
        delay = process.failures.delay(self._policy)
        self._report(f"{what}; it starts again in {delay:g} s.")
        process.start_in(delay)
        return True

    def _stop(self, running: Sequence[_Running], inbox: _Inbox) -> None:
        interrupts = inbox.interrupts
        left = [process for process in reversed(running) if process.alive]
        for process in left:
            self._report(f"Stopping {process.child.name} …")
            process.terminate()
        deadline = time.monotonic() + self._grace
        while left := [process for process in left if process.reap() is None]:
            remaining = deadline - time.monotonic()
            if remaining <= 0 or inbox.interrupts > interrupts:
                break
            inbox.wait(remaining)
        for process in left:
            self._report(f"Killing {process.child.name}.")
            process.kill()


@dataclass(frozen=True, slots=True)
class _Ended:
    """The end of a process: its exit code as in a shell, and how many seconds it lived."""

    code: int
    lifetime: float


class _Running:
    """One child, with its current process (if any), its failures and the time of its next start."""

    def __init__(self, child: Child, lifeline: int) -> None:
        self.child = child
        self.failures = Failures()
        self._lifeline = lifeline
        self._guard: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._due: float | None = None

    @property
    def alive(self) -> bool:
        return self._guard is not None

    @property
    def pause(self) -> float | None:
        """Seconds until the next start; None while there is nothing to start."""
        return None if self._due is None else max(0.0, self._due - time.monotonic())

    def start(self) -> None:
        self._due = None
        self._started = time.monotonic()
        self._guard = subprocess.Popen(  # noqa: S603
            [*_GUARD, *self.child.argv],
            env={**os.environ, **self.child.env},
            stdin=self._lifeline,
            process_group=0,
        )

    def start_in(self, delay: float) -> None:
        self._due = time.monotonic() + delay

    def terminate(self) -> None:
        if self._guard is not None:
            self._guard.terminate()

    def kill(self) -> None:
        """Kill the whole process group, and wait until its guard is gone."""
        if self._guard is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._guard.pid, signal.SIGKILL)
            self._guard.wait()
            self._guard = None

    def reap(self) -> _Ended | None:
        """How the process ended, if it has since the last call; its group is then empty."""
        if self._guard is None:
            return None
        # WNOWAIT: until it is waited for, the dead guard keeps its number, so that the group killed is ours.
        if os.waitid(os.P_PID, self._guard.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        guard, lifetime = self._guard, time.monotonic() - self._started
        self.kill()
        return _Ended(as_shell(guard.returncode), lifetime)


class _Inbox:
    """Signals that arrived, and a wait that any signal ends."""

    def __init__(self, wakeup: int) -> None:
        self.stop_asked = False
        self.interrupts = 0
        self._wakeup = wakeup

    def receive(self, signum: int, _frame: FrameType | None) -> None:
        if signum in _STOP_SIGNALS:
            self.stop_asked = True
        if signum == signal.SIGINT:
            self.interrupts += 1

    def wait(self, timeout: float | None) -> None:
        """Return at the next signal or after ``timeout`` seconds; at once if one came since the last wait."""
        if select.select([self._wakeup], [], [], timeout)[0]:
            os.read(self._wakeup, 4096)


@contextmanager
def _listening() -> Iterator[_Inbox]:
    """Receive the signals that stop the supervisor or tell of ended children; afterwards all is as before."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    inbox = _Inbox(reader)
    # A terminal that closes must not end what nohup started.
    wanted = [signum for signum in (*_STOP_SIGNALS, signal.SIGCHLD) if not _is_nohup(signum)]
    before = {signum: signal.signal(signum, inbox.receive) for signum in wanted}
    wakeup_before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield inbox
    finally:
        signal.set_wakeup_fd(wakeup_before)
        for signum, handler in before.items():
            signal.signal(signum, handler if handler is not None else signal.SIG_DFL)
        os.close(reader)
        os.close(writer)


def _is_nohup(signum: signal.Signals) -> bool:
    return signum == signal.SIGHUP and signal.getsignal(signum) == signal.SIG_IGN


@contextmanager
def _lifeline() -> Iterator[int]:
    """Yield the end of a pipe that guards read; it closes for them when this process ends."""
    reader, writer = os.pipe()
    try:
        yield reader
    finally:
        os.close(reader)
        os.close(writer)


def _to_standard_error(message: str) -> None:
    with suppress(OSError):  # the terminal may be gone; the children must still be stopped
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()
