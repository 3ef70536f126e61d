"""Leave of a PDF only what a page of print is made of: pages, what they show, and links to the web.

wkhtmltopdf writes few kinds of objects; whoever has taken it over may write any. So what may stay is listed, and the
rest goes: actions, scripts, forms, embedded files, names, layers. qpdf writes only what is still referred to.
Runs in the limited child alone. Raises Unfit for what is not to be had at all, and what pikepdf raises.
Standard: ISO 32000-1 (7.7.3 page tree, 12.5 annotations, 8.8 external objects).
"""

import math
import re

from pikepdf import Array, Dictionary, Name, Object, Page, Pdf, Stream, String

CATALOGUE = frozenset({"/Type", "/Pages"})
PAGE = frozenset({"/Type", "/Parent", "/Contents", "/Resources", "/MediaBox"})
RESOURCES = frozenset({"/ColorSpace", "/ExtGState", "/Pattern", "/Shading", "/Font", "/XObject"})
STREAM = frozenset({"/Type", "/Subtype", "/Length", "/Filter", "/DecodeParms"})
IMAGE = STREAM | frozenset({"/Width", "/Height", "/ColorSpace", "/BitsPerComponent", "/ImageMask", "/Mask", "/Decode"})
IMAGE |= {"/SMask"}
FORM = STREAM | frozenset({"/BBox", "/Matrix", "/FormType", "/Resources", "/Group"})
# Octets that stand outside of the file.
EXTERNAL = frozenset({"/F", "/FFilter", "/FDecodeParms"})
LINK = re.compile(rb"(?:https?://|mailto:)[\x21-\x7e]{1,4000}", re.IGNORECASE)
# A letter of ISO 32000-1 annex C: no side of a page is longer.
MAX_SIDE = 14_400
PRINTED = 4  # annotation flag; PDF/A asks for it


class Unfit(Exception):
    """This PDF holds what no page of print holds, or nothing that could be shown."""


def strip(pdf: Pdf) -> list[Page]:
    """Take out of `pdf` what is not on the lists, and give its pages."""
    if pdf.is_encrypted:
        raise Unfit("encrypted")
    pages = list(pdf.pages)
    root = _dictionary(pdf.Root)
    _keep(root, CATALOGUE)
    root.Type = Name.Catalog
    for key in set(pdf.trailer.keys()) - {"/Root", "/Size"}:
        del pdf.trailer[key]
    for each in pdf.objects:
        _strip_object(each)
    for page in pages:
        _strip_page(pdf, page.obj)
    return pages


def drop_unused_patterns(page: Page, content: bytes) -> None:
    """Without the pattern colour space that Qt declares on every page, used or not."""
    resources = page.obj.get("/Resources")
    if not isinstance(resources, Dictionary):
        return
    spaces = resources.get("/ColorSpace")
    if isinstance(spaces, Dictionary) and "/PCSp" in spaces and b"/PCSp" not in content:
        del spaces["/PCSp"]
    patterns = resources.get("/Pattern")
    if isinstance(patterns, Dictionary) and not patterns.keys():
        del resources["/Pattern"]


def _strip_object(each: Object) -> None:
    if isinstance(each, Stream):
        keys = set(each.keys())
        if keys & EXTERNAL:
            raise Unfit("octets outside of the file")
        kind = each.get("/Subtype")
        if kind == Name.Image:
            _keep(each, IMAGE)
        elif kind == Name.Form:
            _keep(each, FORM)
        elif kind == Name.PS:
            raise Unfit("PostScript")
    elif isinstance(each, Dictionary) and each.get("/Type") == Name.FontDescriptor and "/CIDSet" in each:
        del each["/CIDSet"]  # may stand there, and only if it is complete (ISO 19005-3 6.2.11.4.2)


def _strip_page(pdf: Pdf, page: Dictionary) -> None:
    links = _links(pdf, page.get("/Annots"))
    _keep(page, PAGE)
    page.Type = Name.Page
    box = page.get("/MediaBox")
    numbers = _numbers(box, 4)
    if numbers is None or max(abs(numbers[2] - numbers[0]), abs(numbers[3] - numbers[1])) > MAX_SIDE:
        raise Unfit("a page without a bearable size")
    resources = page.get("/Resources")
    if isinstance(resources, Dictionary):
        _keep(resources, RESOURCES)
    elif resources is not None:
        del page["/Resources"]
    if links:
        page.Annots = Array(links)


def _links(pdf: Pdf, annotations: Object | None) -> list[Object]:
    """Links to the web and mail addresses, made anew of their place and target."""
    links: list[Object] = []
    for each in annotations if isinstance(annotations, Array) else ():
        if not isinstance(each, Dictionary) or each.get("/Subtype") != Name.Link:
            continue
        place = _numbers(each.get("/Rect"), 4)
        action = each.get("/A")
        target = action.get("/URI") if isinstance(action, Dictionary) and action.get("/S") == Name.URI else None
        if place is None or not isinstance(target, String) or not LINK.fullmatch(bytes(target)):
            continue
        link = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=each.Rect,
            Border=Array([0, 0, 0]),
            F=PRINTED,
            A=Dictionary(S=Name.URI, URI=String(bytes(target))),
        )
        links.append(pdf.make_indirect(link))
    return links


def _numbers(value: object, count: int) -> list[float] | None:
    if not isinstance(value, Array) or len(value) != count:
        return None
    try:
        numbers = [float(each) for each in value]
    except (TypeError, ValueError):
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def _keep(each: Object, allowed: frozenset[str]) -> None:
    for key in set(each.keys()) - allowed:
        del each[key]


def _dictionary(value: object) -> Dictionary:
    if not isinstance(value, Dictionary):
        raise Unfit("no catalogue")
    return value
