"""Try to break out: run inside a sandbox in wkhtmltopdf's place, to prove that it holds what runs there.

Its one argument is JSON, a list of [name of the attempt, how, on what]. It answers with JSON: by name the error that
stopped the attempt, "" where nothing did. Does no harm where it succeeds: what it writes is empty, the signal it sends
is 0, a process that it starts ends at once. Needs the standard library alone.
"""

import ctypes
import errno
import json
import mmap
import os
import socket
import sys
from collections.abc import Callable

_PTRACE_ATTACH = 16
_NEW_USER_NAMESPACE = 0x10000000
_PAGE = 4096
_FAILED = ctypes.c_void_p(-1).value


def _read(path: str) -> None:
    opened = os.open(path, os.O_RDONLY)
    os.read(opened, 1)
    os.close(opened)


def _write(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _change_mode(path: str) -> None:
    os.chmod(path, 0o777)  # noqa: PTH101, S103 - the attempt


def _truncate(path: str) -> None:
    os.truncate(path, 0)


def _remove(path: str) -> None:
    os.unlink(path)  # noqa: PTH108 - pathlib would cost a start more than the whole attempt


def _connect_tcp(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as channel:
        channel.settimeout(2)
        channel.connect(("127.0.0.1", port))


def _connect_unix(address: str) -> None:
    """An address that begins with @ is an abstract one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.connect("\0" + address[1:] if address.startswith("@") else address)


def _open_socket(family: str) -> None:
    socket.socket(getattr(socket, family), socket.SOCK_DGRAM).close()


def _start(_: object) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _signal(process: int) -> None:
    os.kill(process, 0)


def _trace(process: int) -> None:
    libc = _libc()
    if libc.ptrace(_PTRACE_ATTACH, process, None, None):
        raise _fault()
    libc.ptrace(17, process, None, None)  # detach


def _write_and_execute(_: object) -> None:
    mmap.mmap(-1, _PAGE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def _execute_what_was_written(_: object) -> None:
    libc = _libc()
    libc.mmap.restype = ctypes.c_void_p
    size, nowhere = ctypes.c_size_t(_PAGE), ctypes.c_long(0)
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    where = libc.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, private, -1, nowhere)
    if where == _FAILED:
        raise _fault()
    if libc.mprotect(ctypes.c_void_p(where), size, mmap.PROT_READ | mmap.PROT_EXEC):
        raise _fault()


def _unshare(_: object) -> None:
    if _libc().unshare(_NEW_USER_NAMESPACE):
        raise _fault()


def _system_call(number: int) -> None:
    """Whether a call that takes nothing sensible from us exists at all."""
    if _libc().syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 6) < 0:
        raise _fault()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _fault() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


ATTEMPTS: dict[str, Callable[..., None]] = {
    "read": _read,
    "write": _write,
    "change_mode": _change_mode,
    "truncate": _truncate,
    "remove": _remove,
    "connect_tcp": _connect_tcp,
    "connect_unix": _connect_unix,
    "open_socket": _open_socket,
    "start": _start,
    "signal": _signal,
    "trace": _trace,
    "write_and_execute": _write_and_execute,
    "execute_what_was_written": _execute_what_was_written,
    "unshare": _unshare,
    "system_call": _system_call,
}


def main() -> None:
    """Every attempt in its order."""
    answer = {}
    for name, how, on_what in json.loads(sys.argv[1]):
        try:
            ATTEMPTS[how](on_what)
            answer[name] = ""
        except OSError as error:
            answer[name] = errno.errorcode.get(error.errno or 0, type(error).__name__)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
