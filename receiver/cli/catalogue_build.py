"""`postbus catalogue build` and `key`: for those who publish a catalogue. They need no data folder and no database."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from receiver.cataloguing.folder import STARTER, read_folder
from receiver.cli.failures import Refused, complain
from receiver.cli.options import AsJson
from receiver.cli.output import show_change
from rules.catalogue_checks import standards_of
from rules.catalogue_package import HIGHEST_VERSION, catalogue_from, public_text, seal

Out = Annotated[Path, typer.Option("--out", "-o", help="The file to write.", show_default=False)]


def build(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Suppliers' files; without it those of postbus.", show_default=False),
    ] = None,
    *,
    out: Out,
    key: Annotated[Path, typer.Option(help="The private key, from `catalogue key`.", show_default=False)],
    version: Annotated[
        int | None,
        typer.Option(min=1, max=HIGHEST_VERSION, help="Without it today's date and 01.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check suppliers' files and pack them, signed. Every fault is told at once, and then nothing is written."""
    folder = folder or STARTER
    suppliers, faults = read_folder(folder)
    if faults:
        complain([f"{folder}/{fault}" for fault in faults])
        raise typer.Exit(1)
    catalogue = catalogue_from(standards_of(suppliers), version or int(f"{datetime.now(UTC):%Y%m%d}01"))
    private = _private_key(key)
    package = seal(catalogue, private)
    _write_whole(out, package)
    record: dict[str, Any] = {
        "file": str(out),
        "version": catalogue.version,
        "suppliers": len(suppliers),
        "standards": len(catalogue.standards),
        "octets": len(package),
        "signed_by": public_text(private.public_key()),
    }
    said = f"{out}: version {catalogue.version}, {record['standards']} standards of {record['suppliers']} suppliers"
    show_change(record, said, as_json=as_json)


def key_(out: Out, as_json: AsJson = False) -> None:
    """Make a key pair to sign packages with. The public half is printed, for catalogue.trusted_keys."""
    private = Ed25519PrivateKey.generate()
    octets = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Refused(f"{out}: is there already; a key is never written over, name another file") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
    public = public_text(private.public_key())
    show_change({"file": str(out), "public_key": public}, public, as_json=as_json)


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise Refused(f"{path}: is no private key without a password, as `postbus catalogue key` makes it") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused(f"{path}: is no Ed25519 key; make one with `postbus catalogue key --out FILE`")
    return key


def _write_whole(path: Path, octets: bytes) -> None:
    # A server may be handing the old file out at this moment.
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(octets)
    partial.replace(path)
