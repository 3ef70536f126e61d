"""Small PDFs whose pages show what a test says: rectangles, in points from the lower left corner of an A4 page."""

Rectangle = tuple[int, int, int, int]  # x, y, width, height


def pdf_of_pages(*pages: list[Rectangle], side: tuple[int, int] = (595, 842)) -> bytes:
    """A PDF with these rectangles on its pages."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    numbers = [3 + 2 * number for number in range(len(pages))]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects.append(f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode())
    for number, rectangles in zip(numbers, pages, strict=True):
        box = f"0 0 {side[0]} {side[1]}"
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents {number + 1} 0 R>>".encode())
        drawn = "".join("{} {} {} {} re f\n".format(*each) for each in rectangles).encode()
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn))
    octets, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(octets))
        octets += b"%d 0 obj%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(octets))
    return octets + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer
