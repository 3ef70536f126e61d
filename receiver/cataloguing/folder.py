"""Suppliers' files in a folder, and the folder that comes with postbus: the starter catalogue.

Reads files; whether what they say can be taken is asked of rules. The starter is read from its sources, which travel
with the program: there is nothing to build first, and no second form that could differ. Raises OSError for a folder
that cannot be read.
"""

from pathlib import Path

import rules
from rules.catalogue_checks import check_catalogue, standards_of
from rules.catalogue_package import Catalogue, catalogue_from
from rules.catalogue_source import SourceFault, Supplier, read_supplier

STARTER = Path(rules.__file__).parent / "catalogue"
LARGEST_FILE = 1024**2


def read_folder(folder: Path) -> tuple[list[Supplier], list[SourceFault]]:
    """Every supplier of a folder, and every fault: of each file by itself, or, when none has one, of all together."""
    suppliers, faults = read_files(folder)
    return suppliers, faults or check_catalogue(suppliers)


def read_files(folder: Path) -> tuple[list[Supplier], list[SourceFault]]:
    """Every supplier of a folder, and the faults of each file by itself."""
    suppliers: list[Supplier] = []
    faults: list[SourceFault] = []
    for path in sorted(each for each in folder.iterdir() if each.suffix == ".toml"):
        supplier, found = _read(path)
        suppliers.append(supplier)
        faults += found
    if not suppliers:
        faults.append(SourceFault(str(folder), "", "holds no supplier's file (NAME.toml)"))
    return suppliers, faults


def starter_version() -> int:
    """The version of the catalogue that comes with postbus."""
    return int((STARTER / "VERSION").read_text(encoding="ascii").split()[0])


def starter() -> Catalogue:
    """The catalogue that comes with postbus; a test has checked it whole."""
    suppliers, _ = read_files(STARTER)
    return catalogue_from(standards_of(suppliers), starter_version())


def _read(path: Path) -> tuple[Supplier, list[SourceFault]]:
    with path.open("rb") as file:
        octets = file.read(LARGEST_FILE + 1)
    if len(octets) > LARGEST_FILE:
        said = f"is larger than {LARGEST_FILE} octets: no supplier needs that"
        return Supplier(path.stem, path.stem), [SourceFault(path.name, "", said)]
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Supplier(path.stem, path.stem), [SourceFault(path.name, "", f"is not UTF-8 at octet {error.start}")]
    return read_supplier(path.stem, text)
