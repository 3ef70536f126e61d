"""What octets are, by their content; and which attachments may become documents.

Never believes a declared type or a name when the content says otherwise. Reads the head only; never unpacks.
Raises nothing.
"""

import re

from rules.facts import AttachmentFacts

HEAD_OCTETS = 4096  # what sniff wants to see; more is not looked at

# ISO 32000-1 annex H: readers take %PDF- anywhere in the first KiB.
_PDF_WITHIN = 1024

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"{\\rtf", "application/rtf"),
    (b"%!PS", "application/postscript"),
    (b"BEGIN:VCARD", "text/vcard"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
    (b"-----BEGIN PGP SIGNATURE", "application/pgp-signature"),
    (b"-----BEGIN PGP MESSAGE", "application/pgp-encrypted"),
    (b"-----BEGIN PGP PUBLIC KEY", "application/pgp-keys"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OTTO\x00", "font/otf"),
)
# CMS: a SEQUENCE that opens with an object identifier of PKCS #7 (RFC 5652 3).
_PKCS_7 = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
_PKCS_7_TYPES = frozenset(
    {
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    }
)
_BY_SUFFIX = {
    "pdf": "application/pdf",
    "xml": "application/xml",
    "csv": "text/csv",
    "txt": "text/plain",
    "htm": "text/html",
    "html": "text/html",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "eml": "message/rfc822",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "p7s": "application/pkcs7-signature",
    "p7m": "application/pkcs7-mime",
    "zip": "application/zip",
}
_OFFICE_FOLDERS = ((b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx"))
_OLE_SUFFIXES = ("doc", "xls", "ppt", "msg")
_XML_START = re.compile(rb"(?:<\?xml[\s?-]|<!--|<[A-Za-z_][\w.-]{0,60}:?[\w.-]{0,80}[\s>/])")
_HTML_START = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|div|p|meta)[\s>]", re.IGNORECASE)
_XML_ENCODED_AS_UTF_16 = (b"\xff\xfe<\x00", b"\xfe\xff\x00<", b"<\x00?\x00", b"\x00<\x00?")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")

# Structured data that is told apart from invoices, also where a PDF carries it (recognition.einvoice.BUSINESS_KINDS).
NO_INVOICES = frozenset({"order", "reminder", "transmission_notice", "business_document"})
# What stands beside a mail and never is its document.
_NO_DOCUMENTS = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "application/pgp-keys",
        "application/pgp-encrypted",
        "text/calendar",
        "application/ics",
        "text/vcard",
        "text/x-vcard",
        "text/directory",
        "text/x-amp-html",
        "text/css",
        "application/javascript",
        "text/javascript",
        "application/font-woff",
        "application/vnd.ms-fontobject",
        "application/x-font-ttf",
        "message/delivery-status",
        "message/disposition-notification",
        "message/global-delivery-status",
        "text/rfc822-headers",
    }
)
_NO_DOCUMENT_KINDS = frozenset({"image", "audio", "video", "font", "model"})
_DOCUMENT_SUFFIXES = frozenset(
    {"pdf", "xml", "p7m", "eml", "msg", "dat", "zip", "gz", "7z", "rar", "rtf", "ps"}
    | {"doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods"}
)
# Declared so, a message is opened by the walk and its parts stand for themselves; under another name it is a file.
_OPENED = frozenset({"message/rfc822", "message/global"})


def sniff(head: bytes, declared_type: str, filename: str | None) -> str:
    """The media type of a part by its first octets (HEAD_OCTETS are enough), else as declared, else by its name."""
    declared = _media_type(declared_type)
    suffix = (filename or "").rpartition(".")[2].lower()
    # An archive may hold a PDF uncompressed in its first KiB: what stands at the very start comes first.
    found = (
        _by_magic(head, declared) or _by_container(head, declared, suffix) or _pdf(head) or _by_markup(head, declared)
    )
    if found:
        return found
    if declared in {"application/octet-stream", "application/pdf", "application/xml", "text/xml", ""}:
        return _unproven(head, suffix)
    return declared


def is_keepable(attachment: AttachmentFacts) -> bool:
    """Whether a standard that keeps attachments keeps this one: not shown by the body, not a signature or a card."""
    if attachment.octets == 0 or attachment.is_referenced or is_wrapping(attachment):
        return False
    return not is_accessory(attachment)


def is_wrapping(attachment: AttachmentFacts) -> bool:
    """Whether what is in this part stands as parts of their own."""
    return bool(attachment.opened_as) or _media_type(attachment.declared_type) in _OPENED


def is_accessory(attachment: AttachmentFacts) -> bool:
    """Whether this stands beside a mail and never is its document: signature, card, calendar, font."""
    declared = _media_type(attachment.declared_type)
    if attachment.media_type in _NO_DOCUMENTS or attachment.media_type.startswith("font/"):
        return not attachment.sealed  # what is encrypted is kept as it is
    return declared in _NO_DOCUMENTS and attachment.media_type != "application/pdf"


def imports_by_itself(attachment: AttachmentFacts) -> bool:
    """Whether built-in recognition imports this one: a PDF or an XML e-invoice that the body does not refer to."""
    return is_invoice_format(attachment) and not attachment.is_referenced


def is_invoice_format(attachment: AttachmentFacts) -> bool:
    """Whether this is a PDF or an XML e-invoice by its content, wherever it is shown."""
    if attachment.business_kind in NO_INVOICES:  # a PDF that carries an order is one
        return False
    return attachment.octets > 0 and (attachment.media_type == "application/pdf" or attachment.e_invoice is not None)


def may_be_document(declared_type: str, filename: str | None, octets: int) -> bool:
    """Whether a part of which only this is known may be, or hold, a PDF or an e-invoice. `octets`: 0 is nothing.

    What a sender declares as pictures, sound or a card is believed, unless its name ends like a document's. That it is
    text is not: programs that know no type say so of PDFs and e-invoices, or say nothing, which means text.
    """
    if octets == 0:
        return False
    declared = _media_type(declared_type)
    if names_document(filename) or declared.endswith("pdf"):  # image/pdf is seen in practice
        return True
    return declared.partition("/")[0] not in _NO_DOCUMENT_KINDS and declared not in _NO_DOCUMENTS


def names_document(filename: str | None) -> bool:
    """Whether a name ends as documents' names do, or those of what packs them."""
    return (filename or "").rpartition(".")[2].strip().lower() in _DOCUMENT_SUFFIXES


def may_be_xml(head: bytes) -> bool:
    """Whether it is worth handing these octets to an XML parser."""
    start = head[:HEAD_OCTETS].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(_XML_ENCODED_AS_UTF_16) or (bool(_XML_START.match(start)) and not _HTML_START.match(start))


def _pdf(head: bytes) -> str | None:
    return "application/pdf" if b"%PDF-" in head[: _PDF_WITHIN + 5] else None


def _by_magic(head: bytes, declared: str) -> str | None:
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head[:1] == b"\x30" and _PKCS_7 in head[:24]:
        return declared if declared in _PKCS_7_TYPES else "application/pkcs7-mime"
    # A program that carries %PDF- in its first KiB would pass for a document.
    if head[:2] == b"MZ" and b"\x00" in head[:64]:
        return "application/vnd.microsoft.portable-executable"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"avif"}:
        return "image/avif" if head[8:12] == b"avif" else "image/heic"
    return "image/bmp" if head[:2] == b"BM" and head[6:10] == bytes(4) else None


def _by_markup(head: bytes, declared: str) -> str | None:
    start = head[:HEAD_OCTETS].removeprefix(b"\xef\xbb\xbf").lstrip()
    if _HTML_START.match(start):
        return "text/html" if declared != "application/xhtml+xml" else declared
    if not may_be_xml(head):
        return None
    if b"<svg" in start:
        return "image/svg+xml"
    if b"<html" in start[:1024].lower():
        return "text/html"
    return declared if declared.endswith("+xml") else "application/xml"


def _by_container(head: bytes, declared: str, suffix: str) -> str | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(head, suffix)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):  # OLE 2: old Office and Outlook
        if suffix in _OLE_SUFFIXES:
            return _BY_SUFFIX[suffix]
        return declared if declared != "application/octet-stream" else "application/x-ole-storage"
    return None


def _zip_kind(head: bytes, suffix: str) -> str:
    # OpenDocument: the first member is "mimetype", stored (ODF 1.3 part 2, 3.3).
    if head[30:38] == b"mimetype":
        kind = re.match(rb"application/vnd\.[a-z0-9.-]{1,100}", head[38:])
        if kind:
            return kind[0].decode("ascii")
    for folder, office in _OFFICE_FOLDERS:
        if folder in head or (suffix == office and b"[Content_Types].xml" in head):
            return _BY_SUFFIX[office]
    return "application/zip"


def _unproven(head: bytes, suffix: str) -> str:
    # A name alone makes nothing a PDF or XML: recognition would import it.
    by_name = _BY_SUFFIX.get(suffix, "application/octet-stream")
    if by_name in {"application/pdf", "application/xml"} or (by_name.startswith("text/") and b"\x00" in head):
        return "application/octet-stream"
    return by_name


def _media_type(declared_type: str) -> str:
    plain = declared_type.partition(";")[0].strip().lower()
    return plain if _MEDIA_TYPE.fullmatch(plain) else ""
