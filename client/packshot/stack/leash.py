"""Runs a command that must not outlive its parent: `leash.py SIGNAL PARENT_PID COMMAND…`.

Started by its path and with nothing imported, since each child of the stack passes through here. Linux sends the
signal when the parent dies, however it dies; elsewhere only an orderly end of the parent ends its children.
"""

import os
import sys

PR_SET_PDEATHSIG = 1


def leashed(command: list[str], death_signal: int) -> list[str]:
    """`command`, to be started by the calling process' main thread: Linux takes the thread's end for the parent's."""
    return [sys.executable, "-I", "-S", __file__, str(int(death_signal)), str(os.getpid()), *command]


def main(arguments: list[str]) -> None:
    """Ties this process to its parent, then becomes the command."""
    death_signal, parent, command = int(arguments[0]), int(arguments[1]), arguments[2:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:  # it died before the tie was made
        sys.exit(f"the process {parent} that started {command[:1]} is gone")
    os.execvp(command[0], command)  # noqa: S606  no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
