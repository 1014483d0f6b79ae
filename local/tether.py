"""Runs a command that ends when its starter does: `python -I -S tether.py STARTER_PID COMMAND…`.

A supervisor that is killed with SIGKILL cannot stop anything any more, so the kernel is asked to send SIGTERM
to the command when its starter goes (prctl(2), PR_SET_PDEATHSIG; it survives exec). The signal follows the
starter's *thread*: start from a main thread. Doing it here, after exec, needs no code between fork and exec,
which is unsafe in a process with threads. Linux only; elsewhere the command simply runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ties this process to its starter, then becomes the command."""
    starter, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    # The starter may have gone before the kernel knew that we care.
    if os.getppid() != int(starter):
        sys.exit(f"{command[0]}: the process that asked for it is gone")
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted: the command is a list


if __name__ == "__main__":
    main()
