"""Becomes another program, as another user and bound to the life of its parent. Standard library only.

``python -I -S launcher.py '{"parent": 1, "death_signal": 2, "uid": 65534, "gid": 65534, "mapped": false}' sleep 9``

What happens here must happen after the fork and before the program starts. Doing it in the fork itself
(``preexec_fn``) can wait for ever where the parent runs threads: a lock that another thread held at the fork
is never let go in the child. A fresh interpreter has one thread and no locks.
"""

import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
CANNOT = 126  # the exit status, as of a shell that found a program and could not run it


def become(asked: dict[str, Any]) -> None:
    """Take on the user, then the bond to the parent: a change of user would clear the bond."""
    libc = ctypes.CDLL(None, use_errno=True)
    if asked["mapped"]:
        _enter_namespace(libc, asked["uid"], asked["gid"])
    elif asked["uid"] is not None:
        os.setgroups([])
        os.setgid(asked["gid"])
        os.setuid(asked["uid"])
    if asked["death_signal"] is not None:
        libc.prctl(_PR_SET_PDEATHSIG, asked["death_signal"], 0, 0, 0)
        if os.getppid() != asked["parent"]:  # the parent died before the kernel was asked
            sys.exit(1)


def _enter_namespace(libc: ctypes.CDLL, uid: int, gid: int) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "this system gives no user namespace")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1")


if __name__ == "__main__":
    try:
        become(json.loads(sys.argv[1]))
        os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  # the whole purpose
    except OSError as error:
        print(f"{sys.argv[2]} cannot be started: {error}", file=sys.stderr)
        sys.exit(CANNOT)
