"""What is to be said of documents that were made of a mail, in the words of the three languages: (en, de, nl)."""

PHRASES_OF_DOCUMENTS: dict[str, tuple[str, str, str]] = {
    "render_waits": (
        "its PDF is yet to be made",
        "sein PDF wird noch gemacht",
        "de pdf ervan moet nog gemaakt worden",
    ),
    # The rungs of the renderer's ladder.
    "rung_full": ("the whole page", "die ganze Seite", "de hele pagina"),
    "rung_unstyled": (
        "without the mail's own styles, with which it could not be laid out",
        "ohne die Formatierung der Mail, mit der sie sich nicht setzen ließ",
        "zonder de opmaak van de mail, waarmee hij niet op te maken was",
    ),
    "rung_text": (
        "the words alone, since the page could not be laid out",
        "nur die Wörter, da sich die Seite nicht setzen ließ",
        "alleen de woorden, omdat de pagina niet op te maken was",
    ),
}
