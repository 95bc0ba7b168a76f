"""Run one command, and end it with all its descendants when the supervisor is gone.

Started by ``supervisor`` as ``python -I -S guard.py COMMAND …``, as leader of a process group of its own that
the command and its descendants join. Standard input is a pipe that nobody writes to and whose other end only
the supervisor holds: the system closes it when the supervisor ends, however it ends, ``kill -9`` included,
and then the guard kills its group. (``PR_SET_PDEATHSIG`` would reach the command alone, not the workers that
it started.) A descendant that leaves the group, as a daemon does, is left alone.

SIGTERM goes to the command alone, so that it can stop its own workers in its own way. The guard's exit code
is the command's, as in a shell: 128 + n for a death by signal n, 127 for a command that could not be started.
"""

import os
import signal
import subprocess
import sys
import threading

CANNOT_START = 127


def guard(command: list[str]) -> int:
    """Run ``command`` to its end and return its exit code."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error}\n")
        return CANNOT_START
    # Blocked here, the signal waits for the thread that takes it: a handler may run only after the wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_forward_stop, args=(process,), daemon=True).start()
    threading.Thread(target=_kill_group_after_supervisor, daemon=True).start()
    return as_shell(process.wait())


def as_shell(returncode: int) -> int:
    """A return code of ``subprocess`` as a shell has it: 128 + n for a death by signal n."""
    return 128 - returncode if returncode < 0 else returncode


def _forward_stop(process: subprocess.Popen[bytes]) -> None:
    while True:
        signal.sigwait({signal.SIGTERM})
        process.terminate()


def _kill_group_after_supervisor() -> None:
    os.read(sys.stdin.fileno(), 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(guard(sys.argv[1:]))
