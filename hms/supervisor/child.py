"""Becomes the command it is given, tied to the life of the supervisor.

    python -I child.py SIGNAL PARENT USER GROUP DIRECTORY COMMAND...

Run by its path and isolated, so that it starts fast and as root. It enters the directory while it still may,
gives up root when asked to ("-" keeps it), and only then asks the kernel for SIGNAL when the supervisor dies:
a change of user would undo that request. PARENT is looked at again after, for it may have died in between.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    signal_name, parent, user, group, directory, *command = arguments
    os.chdir(directory)
    if user != "-":
        os.setgroups([])
        os.setgid(int(group))
        os.setuid(int(user))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.Signals[signal_name], 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != int(parent):
        sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as failure:
        sys.exit(f"{sys.argv[6:7]}: {failure}")
