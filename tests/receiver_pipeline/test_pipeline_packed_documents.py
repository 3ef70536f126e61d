"""What was packed becomes documents, from the journal to the blobs."""

import zipfile

from tests.receiver_pipeline.house import House
from tests.receiver_pipeline.packed_files import PDF, tnef_of, zip_of
from tests.receiver_pipeline.test_pipeline_opening import mail_with


def test_an_invoice_in_an_archive_is_a_document_and_its_terms_a_companion(house: House) -> None:
    """Both come in from a zip in a winmail.dat, octet for octet, under their own names; the terms are marked."""
    terms = PDF + b" terms"
    archive = zip_of({"Rechnung 4711.pdf": PDF, "AGB.pdf": terms, "notes.txt": b"x"})
    house.accept(mail_with(tnef_of({"r.zip": archive}), "winmail.dat", "application/ms-tnef"))

    house.drain()

    kept = {each.part: (each.kind, each.filename, house.octets(each)) for each in house.documents()}
    assert kept == {
        "2/1/1": ("attachment", "Rechnung 4711.pdf", PDF),
        "2/1/2": ("companion", "AGB.pdf", terms),
    }


def test_a_large_part_that_was_packed_is_unpacked_once_more(house: House) -> None:
    """Above what a child holds while it reads, a document is asked for again; it is the same."""
    large = PDF.ljust(20 * 1024**2, b" ")
    house.accept(mail_with(zip_of({"Rechnung.pdf": large}, zipfile.ZIP_STORED), "x.zip"))

    house.drain()

    (document,) = house.documents()
    assert house.octets(document) == large
