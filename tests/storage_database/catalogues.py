"""Small catalogues for tests of storage."""

from rules.catalogue_package import Catalogue, catalogue_from
from rules.conditions import condition
from rules.standards import ImportStandard


def shared(key: str, sender: str, name: str | None = None) -> ImportStandard:
    """A standard of the catalogue."""
    any_of = (condition("sender", sender),)
    return ImportStandard(f"{key}/invoices", name or key.title(), any_of, supplier=key.title(), origin="catalogue")


def catalogue(version: int, **senders: str) -> Catalogue:
    """A catalogue of one standard for each supplier and sender."""
    return catalogue_from([shared(key, sender) for key, sender in senders.items()], version)
