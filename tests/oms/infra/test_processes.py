"""The supervisor and the ports, with real processes.

Every program of a test writes to one pipe, which it inherits. A line read from it says that something
happened; its end says that no process that held it is left, whatever became of their numbers.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oms.infra.processes import Child, PortTaken, PortUnusable, Supervisor, port_is_free, require_free_port
from oms.infra.processes.supervisor import Failures, RestartPolicy

ROOT = Path(__file__).resolve().parents[3]
DEADLINE = 30.0

#: A program that runs the supervisor: children, grace and first restart delay come as JSON.
DRIVER = """
import json, os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored where the tests run under nohup
from oms.infra.processes import Child, RestartPolicy, Supervisor
plan = json.loads(sys.argv[1])
def say(line): os.write(1, f"{line}\\n".encode())
supervisor = Supervisor(
    grace=plan["grace"],
    restarts=RestartPolicy(first_delay=plan["delay"], longest_delay=plan["delay"], early=plan["early"]),
    report=say,
)
children = [Child(name, [sys.executable, "-c", code, name]) for name, code in plan["children"]]
code = supervisor.run(children, on_stop=lambda: say("on_stop"))
say(f"exit {code}")
sys.exit(code)
"""

#: Children. Each says its name, `sys.argv[1]`, and number first; a line is one write: lines never mix.
HELLO = """
import os, signal, subprocess, sys
def say(what): os.write(1, f"{sys.argv[1]} {what}\\n".encode())
"""
POLITE = (
    HELLO
    + """
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
say(os.getpid())
signal.sigwait({signal.SIGTERM})
say("stops")
"""
)
STUBBORN = (
    HELLO
    + """
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
say(os.getpid())
while signal.sigwait({signal.SIGTERM}): say("ignores")
"""
)
PARENT = (
    HELLO
    + """
code = "import os, signal, sys; os.write(1, f'{sys.argv[1]} grandchild\\\\n'.encode()); signal.pause()"
subprocess.Popen([sys.executable, "-c", code, sys.argv[1]])
say(os.getpid())
while True: signal.pause()
"""
)
FAILING = (
    HELLO
    + """
say("fails")
sys.exit(3)
"""
)


class Run:
    """A supervisor in a process of its own, and what it and all its descendants print."""

    def __init__(self, *children: tuple[str, str], grace: float = DEADLINE, delay: float = 0.01) -> None:
        self.lines: list[str] = []
        self._buffer = b""
        plan = {"children": children, "grace": grace, "delay": delay, "early": DEADLINE}
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, json.dumps(plan)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            process_group=0,
        )

    def read_until(self, *expected: str) -> None:
        """Read until each of ``expected`` has been a line."""
        self._read(lambda: set(expected) <= set(self.lines), f"the lines {expected}")

    def pid_of(self, name: str, *, besides: int = 0) -> int:
        """Wait for a child's number (another one than ``besides``)."""

        def found() -> list[int]:
            said = (line.removeprefix(f"{name} ") for line in self.lines if line.startswith(f"{name} "))
            return [int(word) for word in said if word.isdigit() and int(word) != besides]

        self._read(lambda: bool(found()), f"a number of {name}")
        return found()[0]

    def read_to_end(self) -> list[str]:
        """Read until nothing holds the pipe any more: no descendant is left."""
        self._read(lambda: False, "the end of all processes")
        return self.lines

    def signal(self, signum: signal.Signals) -> None:
        self.process.send_signal(signum)

    def interrupt(self) -> None:
        """Ctrl-C, as a terminal sends it: to the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def exit_code(self) -> int:
        return self.process.wait(DEADLINE)

    def _read(self, done: Callable[[], bool], what: str) -> None:
        assert self.process.stdout is not None
        source, deadline = self.process.stdout.fileno(), time.monotonic() + DEADLINE
        while not done():
            remaining = max(0.0, deadline - time.monotonic())
            if not select.select([source], [], [], remaining)[0]:
                pytest.fail(f"waited {DEADLINE:g} s for {what}; got {self.lines}")
            chunk = os.read(source, 4096)
            if not chunk:
                if done() or what == "the end of all processes":
                    return
                pytest.fail(f"everything ended before {what}; got {self.lines}")
            *lines, self._buffer = (self._buffer + chunk).split(b"\n")
            self.lines += [line.decode() for line in lines]


Start = Callable[..., Run]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a ``Run``; after the test it is gone with all that it started, even if the test failed."""
    runs: list[Run] = []

    def start_run(*children: tuple[str, str], grace: float = DEADLINE, delay: float = 0.01) -> Run:
        runs.append(Run(*children, grace=grace, delay=delay))
        return runs[-1]

    yield start_run
    for run in runs:
        run.process.kill()  # the guards see to the rest
        run.process.wait()
        assert run.process.stdout is not None
        run.process.stdout.close()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_every_child_politely_and_returns_zero(start: Start, signum: signal.Signals) -> None:
    # Given two children that run
    run = start(("first", POLITE), ("second", POLITE))
    run.pid_of("first")
    run.pid_of("second")
    started = len(run.lines)

    # When the supervisor is told to stop
    run.signal(signum)

    # Then the last started is stopped first, both end in their own way, and nothing is killed
    after = run.read_to_end()[started:]
    assert run.exit_code() == 0
    assert [line for line in after if line.startswith("Stopping")] == [
        "Stopping second …",
        "Stopping first …",
    ]
    assert sorted(line for line in after if line.endswith("stops")) == ["first stops", "second stops"]
    assert after[-2:] == ["on_stop", "exit 0"]
    assert len(after) == 6


def test_ctrl_c_reaches_only_the_supervisor_and_leaves_no_grandchild(start: Start) -> None:
    # Given a child with a child of its own, neither of which handles any signal
    run = start(("server", PARENT), ("worker", POLITE))
    run.pid_of("worker")
    run.read_until("server grandchild")
    server = run.pid_of("server")

    # When Ctrl-C goes to the foreground group
    assert os.getpgid(server) != run.process.pid
    run.interrupt()

    # Then all three are gone, and the polite one ended politely
    assert "worker stops" in run.read_to_end()
    assert "Killing server." not in run.lines
    assert run.exit_code() == 0


def test_a_child_that_does_not_stop_is_killed_after_the_grace_time(start: Start) -> None:
    run = start(("stubborn", STUBBORN), grace=0.2)
    run.pid_of("stubborn")

    run.signal(signal.SIGTERM)

    assert run.read_to_end()[-3:] == ["Killing stubborn.", "on_stop", "exit 0"]
    assert run.exit_code() == 0


def test_a_second_ctrl_c_kills_at_once(start: Start) -> None:
    # Given a child that ignores the stop, with the whole grace time before it
    run = start(("stubborn", STUBBORN), grace=10 * DEADLINE)
    run.pid_of("stubborn")
    run.interrupt()
    run.read_until("stubborn ignores")

    # When Ctrl-C comes again
    run.interrupt()

    # Then it does not wait for it (reading to the end has a deadline far below the grace time)
    assert run.read_to_end()[-3:] == ["Killing stubborn.", "on_stop", "exit 0"]
    assert run.exit_code() == 0


def test_a_second_sigterm_does_not_cut_the_grace_time(start: Start) -> None:
    # Given a child that was told to stop: make and a service manager may each send SIGTERM
    run = start(("stubborn", STUBBORN), grace=10 * DEADLINE)
    run.pid_of("stubborn")
    run.signal(signal.SIGTERM)
    run.read_until("stubborn ignores")

    # When SIGTERM comes again, and the child ends later
    run.signal(signal.SIGTERM)
    os.kill(run.pid_of("stubborn"), signal.SIGKILL)

    # Then it was not the supervisor that killed it
    assert run.read_to_end()[-2:] == ["on_stop", "exit 0"]
    assert "Killing stubborn." not in run.lines


def test_killing_the_supervisor_leaves_no_process(start: Start) -> None:
    # Given a child with a grandchild, and one that ignores SIGTERM
    run = start(("server", PARENT), ("stubborn", STUBBORN))
    run.read_until("server grandchild")
    run.pid_of("server")
    run.pid_of("stubborn")

    # When the supervisor is killed without a chance to act
    run.signal(signal.SIGKILL)

    # Then the pipe that all of them hold comes to its end
    assert "on_stop" not in run.read_to_end()
    assert run.exit_code() == -signal.SIGKILL


@pytest.mark.parametrize("of_victim", [int, os.getpgid], ids=["child", "guard"])
def test_a_killed_child_is_started_again(start: Start, of_victim: Callable[[int], int]) -> None:
    # Given a child with a grandchild
    run = start(("server", PARENT), ("other", POLITE))
    other = run.pid_of("other")
    run.read_until("server grandchild")
    first = run.pid_of("server")

    # When the child, or the guard that leads its group, is killed
    os.kill(of_victim(first), signal.SIGKILL)

    # Then it runs again under another number, the other child is untouched, and the stop leaves nobody
    run.pid_of("server", besides=first)
    assert "server ended with exit code 137; it starts again in 0.01 s." in run.lines
    run.signal(signal.SIGTERM)
    lines = run.read_to_end()
    assert [line for line in lines if line.startswith("other")] == [f"other {other}", "other stops"]


def test_what_a_dead_child_leaves_behind_is_killed_before_its_restart(start: Start) -> None:
    # Given a child with a grandchild, whose restart is far away
    run = start(("server", PARENT), delay=10 * DEADLINE)
    run.read_until("server grandchild")
    os.kill(run.pid_of("server"), signal.SIGKILL)

    # When the restart waits and the supervisor is stopped
    run.read_until("server ended with exit code 137; it starts again in 300 s.")
    run.signal(signal.SIGTERM)

    # Then nothing had to be stopped, and the grandchild is gone
    assert run.read_to_end()[-2:] == ["on_stop", "exit 0"]
    assert not [line for line in run.lines if line.startswith("Stopping")]


def test_a_child_that_fails_five_times_at_its_start_stops_everything(start: Start) -> None:
    run = start(("polite", POLITE), ("failing", FAILING))

    lines = run.read_to_end()

    assert run.exit_code() == 1
    assert lines.count("failing fails") == 5
    assert lines.count("failing ended with exit code 3; it starts again in 0.01 s.") == 4
    given_up = (
        "failing ended with exit code 3, 5 times in a row within 30 s of its start. "
        "Everything stops; its own messages above say why."
    )
    assert [line for line in lines if line in {given_up, "Stopping polite …"}] == [
        given_up,
        "Stopping polite …",
    ]
    assert lines[-2:] == ["on_stop", "exit 1"]


def test_a_command_that_does_not_exist_is_reported_by_name(capfd: pytest.CaptureFixture[str]) -> None:
    # Given a child whose program is missing
    messages: list[str] = []
    policy = RestartPolicy(first_delay=0.01, early=DEADLINE, early_limit=2)
    supervisor = Supervisor(restarts=policy, report=messages.append)

    # When it is run, here in this process
    handlers = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)}
    stopped: list[bool] = []
    code = supervisor.run([Child("lost", ["/no/such/program"])], on_stop=lambda: stopped.append(True))

    # Then it is given up, the reason is printed, and the signal handlers are as before
    assert code == 1
    assert stopped == [True]
    assert messages == [
        "lost ended with exit code 127; it starts again in 0.01 s.",
        "lost ended with exit code 127, 2 times in a row within 30 s of its start. "
        "Everything stops; its own messages above say why.",
    ]
    assert capfd.readouterr().err.count("/no/such/program cannot be started: [Errno 2]") == 2
    assert handlers == {signum: signal.getsignal(signum) for signum in handlers}


def test_a_child_gets_its_environment_and_an_empty_input(capfd: pytest.CaptureFixture[str]) -> None:
    # Given a child with one variable of its own, beside this process's
    code = "import os, sys; print(os.environ['OMS_TEST'], 'PATH' in os.environ, repr(sys.stdin.read()))"
    child = Child("child", [sys.executable, "-c", code], {"OMS_TEST": "yes"})

    # When it runs once
    Supervisor(restarts=RestartPolicy(early_limit=1), report=lambda _: None).run([child], on_stop=lambda: None)

    # Then it wrote to the terminal just what it wrote
    assert capfd.readouterr().out == "yes True ''\n"


def test_restarts_back_off_and_forget_after_a_healthy_life() -> None:
    policy = RestartPolicy()
    failures, delays = Failures(), []
    for lifetime in (5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 60.0, 59.9):
        failures = failures.after(lifetime, policy)
        delays.append(failures.delay(policy))

    assert delays == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 1.0, 2.0]


def test_only_early_failures_in_a_row_are_hopeless() -> None:
    policy = RestartPolicy()
    hopeless, failures = [], Failures()
    for lifetime in (0.1, 0.1, 2.9, 2.9, 3.0, 0.1, 0.1, 0.1, 0.1, 2.9):
        failures = failures.after(lifetime, policy)
        hopeless.append(failures.hopeless(policy))

    assert hopeless == [False] * 9 + [True]


def test_a_port_with_a_listener_is_taken_and_the_error_says_what_to_do() -> None:
    # Given a program that listens on a port
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        # Then it is taken, and the error names it and the next one
        assert not port_is_free("127.0.0.1", port)
        with pytest.raises(PortTaken) as caught:
            require_free_port("127.0.0.1", port)
    assert str(caught.value) == (
        f"Port {port} on 127.0.0.1 is taken by another program. End that program, "
        f"or take another port: make run PORT={port + 1}"
    )


def test_a_port_is_free_again_when_its_server_has_just_ended() -> None:
    # Given a server that ended a connection itself, which the system remembers for a while
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            server.accept()[0].close()
            assert client.recv(1) == b""

    # Then a new server may have the port
    assert port_is_free("127.0.0.1", port)
    require_free_port("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 8000), ("127.0.0.1", 65_536)])
def test_an_address_or_port_that_no_server_could_have_is_refused(host: str, port: int) -> None:
    with pytest.raises(PortUnusable, match=rf"Port {port} on {host} cannot be used .*make run PORT=8000"):
        port_is_free(host, port)


def test_the_last_port_has_no_next_one() -> None:
    assert str(PortTaken("127.0.0.1", 65_535)).endswith("make run PORT=8000")
