"""What an operator installs: the wheel's packages, clean and hardened units, an environment of its own."""

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from receiver.config import Settings, load

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy" / "systemd"

needs_systemd = pytest.mark.skipif(
    not Path("/usr/bin/systemd-analyze").exists(), reason="systemd-analyze is not installed"
)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root folder that deploy/systemd/install filled, for a caller with a strict umask, named as seen from theirs."""
    folder = tmp_path_factory.mktemp("prefix") / "root"
    subprocess.run(
        [str(UNITS / "install")],
        check=True,
        capture_output=True,
        cwd=folder.parent,
        umask=0o077,
        env={k: v for k, v in os.environ.items() if not k.startswith("POSTBUS_")} | {"DESTDIR": folder.name},
    )
    return folder


def test_the_services_users_can_read_what_root_installed(prefix: Path) -> None:
    """Whatever root's umask: folders can be entered and files read, but the configuration, which is the group's."""
    configuration = prefix / "etc" / "postbus" / "postbus.toml"
    paths = [path for path in prefix.rglob("*") if not path.is_symlink() and path != configuration]

    assert len(paths) > 1000
    assert [path for path in paths if ~path.stat().st_mode & (0o005 if path.is_dir() else 0o004)] == []
    assert configuration.stat().st_mode & 0o777 == 0o640


def test_everything_is_compiled_beforehand(prefix: Path) -> None:
    """The units may not write to /opt: what is not compiled there is compiled at every start of every process."""
    ours = prefix.glob("opt/postbus/lib/python3*/site-packages/receiver/__pycache__/service.*.pyc")
    theirs = prefix.glob("opt/postbus/lib/python3*/site-packages/sqlalchemy/orm/__pycache__/session.*.pyc")

    assert len([*ours]) == len([*theirs]) == 1


def test_the_command_line_finds_the_renderer_of_the_units(prefix: Path) -> None:
    """The installed configuration differs from the defaults in the renderer's socket alone, which the unit opens."""
    installed = load(prefix / "etc" / "postbus" / "postbus.toml", None, {})
    unit = (prefix / "etc" / "systemd" / "system" / "postbus-renderer.socket").read_text()

    assert f"ListenStream={installed.rendering.socket}\n" in unit
    rendering = installed.rendering.model_copy(update={"socket": ""})
    assert installed.model_copy(update={"rendering": rendering}) == Settings()


@needs_systemd
def test_the_user_of_the_command_line_may_ask_the_renderer(prefix: Path, tmp_path: Path) -> None:
    """systemd-sysusers makes both users, and puts postbus into the group that the renderer's socket is for."""
    root = tmp_path / "root"
    shutil.copytree(prefix / "usr" / "lib" / "sysusers.d", root / "usr" / "lib" / "sysusers.d")
    (root / "etc").mkdir()

    subprocess.run(["systemd-sysusers", f"--root={root}"], capture_output=True, check=True)

    users = [line.split(":")[0] for line in (root / "etc" / "passwd").read_text().splitlines()]
    assert users == ["postbus", "postbus-renderer"]
    assert re.search(r"^postbus-renderer:.*:postbus$", (root / "etc" / "group").read_text(), re.MULTILINE)


def test_the_wheel_holds_the_three_packages_as_they_stand(tmp_path: Path) -> None:
    """receiver, rules and storage at the top level, nothing else; migrations travel with them."""
    from hatchling.build import build_wheel

    here = Path.cwd()
    os.chdir(ROOT)
    try:
        name = build_wheel(str(tmp_path))
    finally:
        os.chdir(here)
    names = zipfile.ZipFile(tmp_path / name).namelist()
    assert {n.split("/")[0] for n in names if ".dist-info" not in n} == {"receiver", "rules", "storage"}
    assert any(re.fullmatch(r"storage/migrations/versions/0001_.*\.py", n) for n in names)
    assert {"rules/catalogue/VERSION", "rules/catalogue/uber.toml"} <= set(names)


@pytest.mark.timeout(300)
def test_the_installed_command_works_without_the_checkout(prefix: Path, tmp_path: Path) -> None:
    """The environment under the prefix has everything it needs: init and status run from it, far from the source."""
    python = prefix / "opt" / "postbus" / "bin" / "python"
    script = prefix / "opt" / "postbus" / "bin" / "postbus"
    environment = {"PATH": "/usr/bin:/bin", "POSTBUS_DATA": str(tmp_path / "data")}
    for verb in (["check-config"], ["init"], ["tenant", "add", "acme", "--json"], ["status", "--json"]):
        subprocess.run([python, script, *verb], check=True, capture_output=True, env=environment, cwd=tmp_path)
    assert "/opt/postbus/bin/python" in script.read_text().splitlines()[0]
    assert str(prefix) not in script.read_text()


@needs_systemd
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "unit", sorted(path.name for path in [*UNITS.glob("*.s*"), *UNITS.glob("*.timer")] if path.suffix != ".conf")
)
def test_units_verify_cleanly_after_an_install(prefix: Path, unit: str) -> None:
    """`systemd-analyze verify` finds nothing to say about our units, nor about keys handed over by systemd."""
    with_keys = prefix / "etc" / "systemd" / "system" / "postbus.service.d" / "keys.conf"
    with_keys.parent.mkdir(exist_ok=True)
    with_keys.write_text("[Service]\n" + _commented((UNITS / "postbus.service").read_text(), "LoadCredential"))
    system = prefix / "usr" / "lib" / "systemd" / "system"
    if not system.exists():  # what our units refer to
        shutil.copytree("/usr/lib/systemd/system", system, symlinks=True)
    shell = prefix / "bin" / "sh"  # which ExecReload= runs
    shell.parent.mkdir(exist_ok=True)
    shutil.copy("/bin/sh", shell)
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={prefix}", unit], capture_output=True, text=True, check=False
    )
    ours = [line for line in (result.stdout + result.stderr).splitlines() if "postbus" in line]
    assert ours == []
    assert result.returncode == 0, result.stderr


def _commented(unit: str, setting: str) -> str:
    """The line with which an operator would switch the setting on."""
    (line,) = re.findall(rf"^#({setting}=.*\n)", unit, re.MULTILINE)
    return str(line)


@needs_systemd
@pytest.mark.parametrize(
    ("unit", "limit"), [("postbus.service", 2.0), ("postbus-renderer.service", 2.3), ("postbus-catalogue.service", 2.0)]
)
def test_units_are_hardened(unit: str, limit: float) -> None:
    """Exposure as systemd counts it stays under the limit."""
    result = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNITS / unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
    assert found, result.stdout + result.stderr
    assert float(found[1]) < limit
