"""Becomes a program that ends with its parent: launch.py SIGNAL PARENT USER PROGRAM…

Run as a script by a bare Python; USER is "-" to stay who we are.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15


def main(arguments: list[str]) -> None:
    signal_number, parent, user, *command = arguments
    if user != "-":
        become(user)
    if sys.platform == "linux":
        end_with(int(parent), int(signal_number))
    os.execv(command[0], command)  # noqa: S606  (no shell is the point)


def become(user: str) -> None:
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def end_with(parent: int, signal_number: int) -> None:
    """After a change of user, because that change clears the parent-death signal."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        sys.exit("the parent is gone already")


def be_called(name: str) -> None:
    """In lists of processes; of this length, the kernel keeps its beginning."""
    ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode())


if __name__ == "__main__":
    main(sys.argv[1:])
