"""Make of what wkhtmltopdf wrote the PDF that is kept: stripped, named, dated, with its original inside, archivable.

The same input gives the same octets. Runs in the limited child alone (receiver.rendering.finishing_child): the octets
are hostile. Never keeps what it does not know; claims PDF/A-3b only of octets that passed the validator.
Raises Unfit for a PDF that is not worth keeping, TooManyPages, and whatever a parser may raise.
Standards: ISO 32000-1, ISO 19005-3 (PDF/A-3b; 6.8 associated files), ISO 32000-2 14.13 (AFRelationship).
"""

import hashlib
import re
import zlib
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, Page, Pdf, PdfError, Stream, String, pdfa

from receiver.rendering.finishing_work import FAULT, Finished, Work
from receiver.rendering.order import Original
from receiver.rendering.srgb import srgb_profile
from receiver.rendering.stripping import Unfit, drop_unused_patterns, strip
from receiver.rendering.xmp import Imprint

FLAVOUR = "3b"
# Operators that show text (ISO 32000-1 table 109), behind the string or array that they show.
SHOWS_TEXT = re.compile(rb"[>)\]]\s*(?:T[jJ]|['\"])")
# A file specification has one name in Unicode, and one for old readers; in neither is there a folder.
NO_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f/\\:\ud800-\udfff]")
NO_PLAIN_NAME = re.compile(r"[^\x20-\x7e]|[/\\:]")
# The validator takes some 0.6 ms for a kilobyte of drawing, of which a page has 40 to 100; beyond this nobody waits.
MAX_PROVED_OCTETS = 6 * 1024**2
# What is large in a mail is base64 of what is packed already: more effort takes half as long again and saves 1 %.
FASTEST = 1


class TooManyPages(Exception):
    """More than are kept."""

    def __init__(self, pages: int) -> None:
        super().__init__(f"{pages} pages")
        self.pages = pages


SUBSET = re.compile(r"/[A-Z]{6}\+")


def finish(work: Work) -> Finished:
    """The PDF as it is kept."""
    try:
        # What must be repaired first was not written to its end.
        with pikepdf.open(BytesIO(work.pdf), attempt_recovery=False) as pdf:
            pages = strip(pdf)
            drawn = _judge(pdf, pages, work)
            _name(pdf, work.imprint)
            _name_fonts(pdf)
            if work.original:
                _embed(pdf, work.original, work.imprint)
            return _written(pdf, work, len(pages), drawn)
    except PdfError as fault:
        raise Unfit("damaged") from fault


def _judge(pdf: Pdf, pages: list[Page], work: Work) -> int:
    """Whether there is something to read, on a bearable number of pages; gives the octets of their drawing."""
    if len(pages) > work.max_pages:
        raise TooManyPages(len(pages))
    shows_text, drawn = False, 0
    for page in pages:
        content = b"\n".join(stream.read_bytes() for stream in _contents(page))
        drawn += len(content)
        shows_text = shows_text or SHOWS_TEXT.search(content) is not None
        drop_unused_patterns(page, content)
    if not pages or pdf.get_warnings() or (work.needs_text and not shows_text):
        raise Unfit("damaged, or blank")
    return drawn


def _contents(page: Page) -> list[Stream]:
    contents = page.obj.get("/Contents")
    streams = list(contents) if isinstance(contents, Array) else [contents]
    return [stream for stream in streams if isinstance(stream, Stream)]


def _name(pdf: Pdf, imprint: Imprint) -> None:
    pdf.trailer.Info = pdf.make_indirect(Dictionary({key: String(value) for key, value in imprint.info().items()}))
    if imprint.language:
        pdf.Root.Lang = String(imprint.language)


def _name_fonts(pdf: Pdf) -> None:
    """Tag each subset by what is in it (ISO 32000-1 9.6.4), not by where wkhtmltopdf happened to write it."""
    for each in pdf.objects:
        if not isinstance(each, Dictionary) or each.get("/Type") != Name.FontDescriptor:
            continue
        name, file = each.get("/FontName"), each.get("/FontFile2")
        if isinstance(name, Name) and isinstance(file, Stream) and SUBSET.match(str(name)):
            digest = hashlib.sha256(file.read_raw_bytes()).digest()
            tag = "".join(chr(ord("A") + octet % 26) for octet in digest[:6])
            each.FontName = Name(f"/{tag}+{SUBSET.sub('', str(name))}")


def _embed(pdf: Pdf, original: Original, imprint: Imprint) -> None:
    """The original as associated file, of which the pages are a view."""
    params = {"/Size": len(original.octets), "/CheckSum": String(hashlib.md5(original.octets).digest())}  # noqa: S324 - the checksum that the format has
    if date := imprint.info().get("/ModDate"):
        params["/ModDate"] = String(date)
    stream = Stream(pdf, zlib.compress(original.octets, FASTEST))
    stream.Type = Name.EmbeddedFile
    stream.Subtype = Name("/" + original.media_type)
    stream.Filter = Name.FlateDecode
    stream.Params = Dictionary(params)
    name = String(NO_NAME.sub("_", original.name))
    plain = String(NO_PLAIN_NAME.sub("_", original.name))
    file = Dictionary(Type=Name.Filespec, F=plain, UF=name, EF=Dictionary(F=stream, UF=stream))
    file.AFRelationship = Name.Source
    file = pdf.make_indirect(file)
    pdf.Root.AF = Array([file])
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([name, file])))


def _written(pdf: Pdf, work: Work, pages: int, drawn: int) -> Finished:
    fault = "switched_off"
    if work.archival:
        fault = "too_large_to_prove"
        if drawn <= MAX_PROVED_OCTETS:
            octets = _archived(pdf, work.imprint)
            fault = _first_fault(octets)
            if not fault:
                return Finished(octets, pages, "")
            del pdf.Root["/OutputIntents"]
    _describe(pdf, work.imprint, is_archival=False)
    return Finished(_octets(pdf), pages, fault)


def _archived(pdf: Pdf, imprint: Imprint) -> bytes:
    profile = Stream(pdf, srgb_profile())
    profile.N = 3
    condition = String("sRGB")
    intent = Dictionary(Type=Name.OutputIntent, S=Name.GTS_PDFA1, OutputConditionIdentifier=condition, Info=condition)
    intent.DestOutputProfile = profile
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])
    _describe(pdf, imprint, is_archival=True)
    return _octets(pdf)


def _describe(pdf: Pdf, imprint: Imprint, *, is_archival: bool) -> None:
    metadata = Stream(pdf, imprint.packet(is_archival=is_archival))
    metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = metadata


def _octets(pdf: Pdf) -> bytes:
    """The same for the same mail, wherever fonts are installed.

    wkhtmltopdf writes the fonts of a page in the order of a hash over the paths of their files. Written once without
    object streams, all is numbered in the order in which the pages ask for it.
    """
    numbered, written = BytesIO(), BytesIO()
    pdf.save(numbered, object_stream_mode=ObjectStreamMode.disable, compress_streams=False, deterministic_id=True)
    settings = pdfa.resolve_save_kwargs(FLAVOUR, force_version="1.7", deterministic_id=True)
    with Pdf.open(numbered) as in_order:
        in_order.save(written, **settings)
    return written.getvalue()


def _first_fault(octets: bytes) -> str:
    """Empty when the octets are PDF/A-3b, else the rule that they break first, or that nobody could check."""
    report = pdfa.validate_written(BytesIO(octets), FLAVOUR)
    if report.passed:
        return ""
    rule = min(report.findings, key=lambda finding: finding.kind != "violation").rule
    return rule if FAULT.fullmatch(rule) else "unknown_rule"
