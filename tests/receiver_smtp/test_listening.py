"""The listening sockets: which are opened, and what they leave behind."""

import os
import socket
import stat

import pytest

from receiver.config import ConfigurationError, load
from receiver.config_smtp import SmtpSettings
from receiver.listening import ListenFailed, bound_unix, inherited, open_all


def settings(**given):
    return SmtpSettings(listen="127.0.0.1:0", **given)


def closed(listeners):
    for each in listeners:
        each.close()


def test_only_what_is_asked_for_is_opened(tmp_path):
    """SMTP alone by default; the others when their settings name a place."""
    alone = open_all(settings(), {})
    every = open_all(settings(listen_tls="127.0.0.1:0", listen_lmtp=f"unix:{tmp_path}/lmtp"), {})
    assert [each.kind for each in alone] == ["smtp"]
    assert [each.kind for each in every] == ["smtp", "smtps", "lmtp"]
    assert every[2].address() == f"unix:{tmp_path}/lmtp"
    closed([*alone, *every])
    assert not (tmp_path / "lmtp").exists()


def test_one_that_cannot_be_had_closes_the_others(tmp_path):
    """Nothing is left open, and nothing is left behind."""
    path = tmp_path / "lmtp"
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = f"127.0.0.1:{holder.getsockname()[1]}"
        with pytest.raises(ListenFailed, match=r"set smtp\.listen_tls to another"):
            open_all(settings(listen_tls=taken, listen_lmtp=f"unix:{path}"), {})
    assert not path.exists()


@pytest.mark.parametrize(("text", "mode"), [("0660", 0o660), ("600", 0o600), ("0666", 0o666)])
def test_the_mode_holds_from_the_first_moment(tmp_path, text, mode):
    """Whatever the umask is; the umask of the process stays what it was."""
    before = os.umask(0o022)
    try:
        (listener,) = [each for each in open_all(settings(listen_lmtp=f"unix:{tmp_path}/s", lmtp_socket_mode=text), {})
                       if each.kind == "lmtp"]  # fmt: skip
        assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == mode
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    listener.close()


def test_a_stale_socket_is_replaced(tmp_path):
    """Left by a process that was killed: nobody answers there."""
    path = tmp_path / "lmtp"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    with bound_unix(path, 0o600, "smtp.listen_lmtp"), socket.socket(socket.AF_UNIX) as client:
        assert client.connect_ex(str(path)) == 0


@pytest.mark.parametrize("what", ["file", "folder", "link", "living socket"])
def test_nothing_else_is_replaced(tmp_path, what):
    """A file, a folder, a link to a stale socket, a socket that is listened on: told in words, and left alone."""
    path = tmp_path / "lmtp"
    holder = socket.socket(socket.AF_UNIX)
    match what:
        case "file":
            path.write_text("precious")
        case "folder":
            path.mkdir()
        case "link":
            holder.bind(str(tmp_path / "target"))
            path.symlink_to(tmp_path / "target")
        case "living socket":
            holder.bind(str(path))
            holder.listen()
    before = path.lstat()
    with pytest.raises(ListenFailed, match=rf"{path}: .*set smtp\.listen_lmtp to another path"):
        bound_unix(path, 0o600, "smtp.listen_lmtp")
    assert path.lstat() == before
    holder.close()


def test_what_another_has_put_there_is_not_removed(tmp_path):
    """At the end the path may be somebody else's: it stays; closing twice does no harm either."""
    path = tmp_path / "lmtp"
    (ours,) = [each for each in open_all(settings(listen_lmtp=f"unix:{path}"), {}) if each.kind == "lmtp"]
    path.unlink()
    with bound_unix(path, 0o600, "smtp.listen_lmtp"):
        ours.close()
        assert path.is_socket()
        ours.close()
        assert path.is_socket()


def test_sockets_for_another_process_are_not_taken():
    """sd_listen_fds(3): the variables are for one process, and are gone afterwards."""
    environment = {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid() + 1), "LISTEN_FDNAMES": "lmtp", "HOME": "/"}
    assert inherited(environment) == []
    assert environment == {"HOME": "/"}


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("LISTEN_LMTP", "unix:lmtp", "ABSOLUTE"),
        ("LISTEN_LMTP", "unix:/" + "x" * 107, "107 octets"),
        ("LISTEN_LMTP", "/run/lmtp", "HOST:PORT"),
        ("LMTP_SOCKET_MODE", "rw", "octal"),
        ("LMTP_SOCKET_MODE", "0999", "octal"),
        ("LISTEN_TLS", "465", "HOST:PORT"),
        ("TLS_CERTIFICATES", '[{"key": "x"}]', "certificate"),
        ("TLS_CERTIFICATES", "x.pem", "JSON"),
    ],
)
def test_a_place_that_cannot_be_is_told(setting, value, expected):
    """One sentence, which names where it was set and what was expected."""
    with pytest.raises(ConfigurationError) as refused:
        load(None, None, {f"POSTBUS_SMTP__{setting}": value})
    (fault,) = refused.value.faults
    assert fault.startswith("environment: ")
    assert expected in fault
