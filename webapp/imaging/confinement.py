"""What a process of its own accord gives up for good: files, the network, other processes.

For the sandboxed child, by the kernel's own means and without root: Landlock for files, TCP,
signals and abstract sockets; a network namespace of its own, with nothing in it, for the rest
of the network (Landlock knows no UDP). Either may be missing: Landlock is Linux's alone (5.19 or
newer here), and a container or a distribution may forbid namespaces. The caller goes on without
what is missing and says so.

Source: linux/Documentation/userspace-api/landlock.rst; landlock(7), user_namespaces(7), capset(2).
"""

import ctypes
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls, the same on every architecture."""

_QUERY_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000
_CAPABILITY_VERSION_3 = 0x2008_0522

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
_ON_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE
_READ = _READ_FILE | _READ_DIR
_FILE_RIGHTS = {2: 1 << 14, 3: 1 << 15, 4: 1 << 15, 5: 1 << 16}
"""By version: the first bit of the file system's rights that it does not know."""
_CHANGE_IN_FOLDERS = sum(
    1 << bit
    for bit in (
        4,  # remove a folder
        5,  # remove a file
        7,  # make a folder
        8,  # make a file
        12,  # make a symbolic link
        13,  # move between folders: not before version 2, so that 1 is no use here
    )
)
_TCP_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class _Ruleset(ctypes.Structure):
    """`struct landlock_ruleset_attr`; an older kernel takes it as long as the rest is zero."""

    _fields_ = [
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


class _PathBeneath(ctypes.Structure):
    """`struct landlock_path_beneath_attr`."""

    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def landlock_version() -> int:
    """The kernel's version of Landlock (its ABI); 0 where there is none that is of use."""
    if not sys.platform.startswith("linux"):
        return 0
    version = int(_libc().syscall(_CREATE_RULESET, None, 0, _QUERY_VERSION))
    return version if version >= 2 else 0


def keep_only(*, readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Give up every file but these, TCP, and signals to others; False where Landlock is missing.

    It holds for this thread and what it starts, so call it before there are others.

    Args:
        readable: files and folders with all that is in them; those that are missing don't count.
        writable: folders in which everything may be read and changed, but nothing run.

    Raises:
        OSError: the kernel has Landlock and did not take the rules.
    """
    version = landlock_version()
    if not version:
        return False
    handled = _FILE_RIGHTS.get(version, 1 << 16) - 1
    rules = _Ruleset(
        handled,
        _TCP_BIND_AND_CONNECT if version >= 4 else 0,
        _ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
    )
    ruleset = _called("syscall", _CREATE_RULESET, ctypes.byref(rules), ctypes.sizeof(rules), 0)
    try:
        for path in readable:
            _allow(ruleset, path, _READ & handled)
        for path in writable:
            _allow(ruleset, path, (_READ | _ON_FILES | _CHANGE_IN_FOLDERS) & handled)
        _called("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _called("syscall", _RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def leave_network() -> bool:
    """Move to a network namespace in which there is nothing; False where that is forbidden.

    The user namespace that comes with it would give this process rights over what is in there,
    and a kernel more to defend; they are dropped at once. Call it before there are threads.
    """
    if not sys.platform.startswith("linux"):
        return False
    if _libc().unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    none_at_all = (ctypes.c_uint32 * 6)()
    _called("capset", header, none_at_all)
    return True


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _ON_FILES
        rule = _PathBeneath(rights, handle)
        _called("syscall", _ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(handle)


def _called(name: str, *arguments: object) -> int:
    """The answer of a C function.

    Raises:
        OSError: it is negative.
    """
    answer = int(getattr(_libc(), name)(*arguments))
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return answer


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
