"""What an operator installs: the wheel's packages, clean and hardened units, an environment of its own."""

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy" / "systemd"

needs_systemd = pytest.mark.skipif(
    not Path("/usr/bin/systemd-analyze").exists(), reason="systemd-analyze is not installed"
)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root folder that deploy/systemd/install filled."""
    folder = tmp_path_factory.mktemp("prefix")
    subprocess.run(
        [str(UNITS / "install")],
        check=True,
        capture_output=True,
        env={k: v for k, v in os.environ.items() if not k.startswith("POSTBUS_")} | {"DESTDIR": str(folder)},
    )
    return folder


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
@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("*.s*") if path.suffix != ".conf"))
def test_units_verify_cleanly_after_an_install(prefix: Path, unit: str) -> None:
    """`systemd-analyze verify` finds nothing to say about our units."""
    system = prefix / "usr" / "lib" / "systemd" / "system"
    if not system.exists():  # what our units refer to
        shutil.copytree("/usr/lib/systemd/system", system, symlinks=True)
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={prefix}", unit], capture_output=True, text=True, check=False
    )
    ours = [line for line in (result.stdout + result.stderr).splitlines() if "postbus" in line]
    assert ours == []
    assert result.returncode == 0, result.stderr


@needs_systemd
@pytest.mark.parametrize(("unit", "limit"), [("postbus.service", 2.0), ("postbus-renderer.service", 2.3)])
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
