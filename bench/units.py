"""The service as an operator installs it: systemd booted in a container, hardened units, a mail in, its PDF out.

Brings a small Debian below .tools (debootstrap, once), copies it, installs by deploy/systemd/install, boots it with
systemd-nspawn, and has bench/units_inside.py start the units, send an invoice that is the mail's text by SMTP, wait for
its PDF, and ask `postbus doctor`, the journal and `systemd-analyze security`. Needs root. Exit code 1 when something
did not hold.

    ./dev bench units [--keep FOLDER]
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "python3", "libseccomp2", "bubblewrap", "wkhtmltopdf", "poppler-utils"),
    *("fonts-liberation", "fonts-dejavu-core", "fonts-droid-fallback"),
)
SUITE = "bookworm"
BOOT_SECONDS = 300
# Of seven behind each of two sandboxes.
MOST_ATTEMPTS = 10
INSIDE = "postbus-units"


def main() -> int:
    """Bring, copy, install, boot, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="folder for the machine's log, the PDF and the report")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        print("booting a container needs root", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="postbus-units-", dir=ROOT / ".tools") as temporary:
        machine = Path(temporary, "root")
        subprocess.run(["cp", "-a", "--reflink=auto", str(debian()), str(machine)], check=True)
        install(machine)
        log = boot(machine)
        results = machine / INSIDE
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            (arguments.keep / "boot.log").write_bytes(log)
            shutil.copytree(results, arguments.keep, dirs_exist_ok=True)
        report = results / "report.json"
        if not report.exists():
            print(log.decode("utf-8", "replace")[-4000:], file=sys.stderr)
            print("the machine ended without a report", file=sys.stderr)
            return 1
        return tell(json.loads(report.read_text()))


def debian() -> Path:
    """The folder with a Debian that has what postbus needs; made once."""
    folder = ROOT / ".tools" / "units"
    wanted = " ".join([SUITE, *PACKAGES])
    mark = folder / INSIDE
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        include = f"--include={','.join(PACKAGES)}"
        command = ["debootstrap", "--variant=minbase", include, SUITE, str(folder)]
        print("bringing a Debian (minutes, once)", file=sys.stderr)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        mark.write_text(wanted)
    return folder


def install(machine: Path) -> None:
    """What docs/operating.md says, into the machine's folder; and what it shall do once it has booted."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POSTBUS_")}
    recipe = [str(ROOT / "deploy" / "systemd" / "install")]
    subprocess.run(recipe, env=environment | {"DESTDIR": str(machine)}, check=True, stdout=subprocess.DEVNULL)
    results = machine / INSIDE
    results.unlink()
    results.mkdir()
    shutil.copy(ROOT / "bench" / "units_inside.py", results / "inside.py")
    (machine / "etc" / "systemd" / "system" / "postbus-units.service").write_text(
        "[Unit]\nDescription=measure postbus\nAfter=multi-user.target\n"
        f"[Service]\nType=oneshot\nExecStart=/usr/bin/python3 /{INSIDE}/inside.py /{INSIDE}\n"
        f"StandardOutput=append:/{INSIDE}/log\nStandardError=append:/{INSIDE}/log\n"
        "ExecStopPost=/bin/systemctl --no-block poweroff\n"
    )
    wants = machine / "etc" / "systemd" / "system" / "default.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "postbus-units.service").symlink_to("/etc/systemd/system/postbus-units.service")


def boot(machine: Path) -> bytes:
    """systemd as process 1 in namespaces and a network of its own, until it powers off."""
    command = ["systemd-nspawn", "--quiet", f"--directory={machine}", f"--machine=postbus-units-{os.getpid()}"]
    # A container forbids landlock unless told otherwise; a machine of its own does not.
    landlock = "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self"
    options = ["--boot", landlock, "--register=no", "--keep-unit", "--private-network", "--console=pipe"]
    process = subprocess.Popen(
        [*command, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        return process.communicate(timeout=BOOT_SECONDS)[0]
    except subprocess.TimeoutExpired:
        process.terminate()
        return process.communicate()[0]


def tell(report: dict[str, Any]) -> int:
    """Print what was found; 1 when something does not hold."""
    print(f"kernel {platform.release()}, {report['systemd']}, in a container")
    for unit, exposure in report["security"].items():
        print(f"systemd-analyze security {unit:<28} {exposure}")
    print(
        f"mail accepted, PDF of {report['pdf_octets']} octets after {report['pdf_seconds']:.1f} s: {report['text']!r}"
    )
    for row in report["doctor"] + report["landlock"]:
        print(f"doctor  {row['check']:<9} {row['result']:<8} {row['what']}")
    for line in report["complaints"]:
        print(f"journal {line}")
    sandbox = [row["result"] for row in report["doctor"] + report["landlock"] if row["check"] == "sandbox"]
    # In the renderer's unit two attempts of each prove nothing: the unit itself forbids them.
    is_held = sandbox.count("ok") >= MOST_ATTEMPTS and not {"failed", "warning"} & set(sandbox)
    holds = report["has_words"] and not report["failed_units"] and is_held
    print(f"failed units: {', '.join(report['failed_units']) or 'none'}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
