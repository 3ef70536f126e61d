"""What the doctor makes of implicit TLS, LMTP and further certificates, at a door that runs."""

import contextlib
import json
import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.server import LEAN, RunningPostbus
from receiver.config_smtp import PemPair
from receiver.doctor.door import Place, judge_implicit_tls, judge_lmtp, judge_shown, reachable
from receiver.smtp.tls import make_self_signed

MX = "mx.example.com"
SHOWN = "mx.example.net"


@pytest.fixture(name="postbus", scope="module")
def _postbus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPostbus]:
    """A postbus with every kind of listener, and a further certificate for SHOWN."""
    folder = tmp_path_factory.mktemp("listeners")
    certificate, key = make_self_signed(folder / "other", SHOWN)
    settings = {
        "HOSTNAME": MX,
        "LISTEN_TLS": "127.0.0.1:0",
        "LISTEN_LMTP": f"unix:{folder}/lmtp",
        "TLS_CERTIFICATES": f'[{{"certificate": "{certificate}", "key": "{key}"}}]',
    }
    postbus = RunningPostbus(folder / "data", {**LEAN, **{f"SMTP__{name}": value for name, value in settings.items()}})
    postbus.set_up()
    with postbus:
        yield postbus


def test_what_answers_is_well(postbus: RunningPostbus) -> None:
    """TLS first, then our banner; LMTP over a Unix socket."""
    tls = judge_implicit_tls(Place(reachable(postbus.places["smtps"])), MX)
    lmtp = judge_lmtp(postbus.places["lmtp"], MX)

    assert (tls.result, lmtp.result) == ("ok", "ok")
    assert "TLSv1.3" in tls.what


def test_another_name_is_a_warning(postbus: RunningPostbus) -> None:
    """Another server took the place: its name is told, with what to do."""
    for finding in (
        judge_implicit_tls(Place(reachable(postbus.places["smtps"])), "other.example"),
        judge_lmtp(postbus.places["lmtp"], "other.example"),
    ):
        assert finding.result == "warning"
        assert MX in finding.what
        assert "smtp.listen_" in finding.remedy


def test_what_speaks_something_else_fails(postbus: RunningPostbus, tmp_path: Path) -> None:
    """SMTP in the clear is no implicit TLS; SMTP is no LMTP; nobody at a path is told in words."""
    findings = [
        judge_implicit_tls(Place(reachable(postbus.places["smtp"])), MX),
        judge_lmtp(postbus.places["smtp"], MX),
        judge_lmtp(f"unix:{tmp_path}/none", MX),
    ]

    assert [each.result for each in findings] == ["failed"] * 3
    assert all("start postbus" in each.remedy for each in findings)
    assert all(each.what.isprintable() for each in findings)


def test_a_silent_listener_is_left(tmp_path: Path) -> None:
    """Who accepts and says nothing is told after the time of a check."""
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as silent:
        silent.bind(str(tmp_path / "silent"))
        silent.listen()
        finding = judge_lmtp(f"unix:{tmp_path}/silent", MX)

    assert finding.result == "failed"
    assert "no answer" in finding.what


def test_a_further_certificate_is_compared_with_what_is_shown(postbus: RunningPostbus, tmp_path: Path) -> None:
    """The one in force: as its dates are. One that the door does not show, one that is missing: told with the file."""
    (pair,) = [PemPair(postbus.data.parent / "other" / "certificate.pem", postbus.data.parent / "other" / "key.pem")]
    renewed = PemPair(*make_self_signed(tmp_path / "renewed", SHOWN))
    place = Place(reachable(postbus.places["smtp"]))

    shown, not_shown, missing = (
        judge_shown(place, each) for each in (pair, renewed, PemPair(tmp_path / "none.pem", tmp_path / "none.pem"))
    )

    assert (shown.result, not_shown.result, missing.result) == ("warning", "warning", "failed")
    assert "self-signed" in shown.what
    assert "the door shows another one" in not_shown.what
    assert "none.pem" in missing.what
    assert "self-signed" in judge_shown(None, renewed).what  # nobody answers: the file alone


def test_a_check_leaves_the_door_as_it_was(postbus: RunningPostbus) -> None:
    """Mail is taken after all that."""
    address = postbus.rows("tenant", "add", "after")[0]["import_address"]
    with smtplib.LMTP(postbus.places["lmtp"].removeprefix("unix:"), local_hostname="front.example") as client:
        assert client.sendmail("a@example.org", [address], b"Subject: after\r\n\r\n") == {}


def test_the_doctor_on_a_machine_that_is_a_proxy(tmp_path: Path) -> None:
    """Its own address is listed, so the door awaits a header: sent first, all checks are well; without it, none is."""
    settings = {
        "HOSTNAME": MX,
        "LISTEN_TLS": "127.0.0.1:0",
        "LISTEN_LMTP": "127.0.0.1:0",
        "PROXY_NETWORKS": '["127.0.0.1/32"]',
        "PROXY_SECONDS": "0.5",
    }
    postbus = RunningPostbus(
        tmp_path / "data", {**LEAN, **{f"SMTP__{name}": value for name, value in settings.items()}}
    )
    postbus.set_up()
    with postbus:
        for kind, name in (("smtp", "LISTEN"), ("smtps", "LISTEN_TLS"), ("lmtp", "LISTEN_LMTP")):
            postbus.environment[f"POSTBUS_SMTP__{name}"] = postbus.places[kind]
        listed = results(postbus)
        postbus.environment["POSTBUS_SMTP__PROXY_NETWORKS"] = "[]"
        unlisted = results(postbus)

    checks = ("port", "smtps", "lmtp", "starttls")
    assert [listed[check] for check in checks] == ["ok"] * 4
    assert [unlisted[check] for check in checks] == ["failed", "failed", "failed", "skipped"]


def results(postbus: RunningPostbus) -> dict[str, str]:
    """What `postbus doctor` found, by check."""
    rows = map(json.loads, postbus.command("doctor", "--json", check=False).stdout.splitlines())
    return {row["check"]: row["result"] for row in rows}
