"""What was found in a mail, as a person is told of it: (en, de, nl). Used by rules.phrases."""

PHRASES_OF_FINDINGS: dict[str, tuple[str, str, str]] = {
    # How a forwarded mail says who wrote it.
    "forward_by_attached_message": (
        "forwarded as an attachment",
        "als Anhang weitergeleitet",
        "als bijlage doorgestuurd",
    ),
    "forward_by_separator": (
        "forwarded below a line that says so",
        "unter einer Trennzeile weitergeleitet",
        "doorgestuurd onder een scheidingsregel",
    ),
    "forward_by_header_block": (
        "forwarded with the fields of its header",
        "mit den Feldern ihres Kopfes weitergeleitet",
        "doorgestuurd met de velden van de kop",
    ),
    "forward_by_quote_line": (
        "forwarded below a line that names who wrote",
        "unter einer Zeile weitergeleitet, die den Verfasser nennt",
        "doorgestuurd onder een regel die de schrijver noemt",
    ),
    # What could be read of a file.
    "reading_cut": (
        "only its beginning and end were read",
        "nur Anfang und Ende wurden gelesen",
        "alleen begin en einde zijn gelezen",
    ),
    "reading_no_text": (
        "it holds no text: a scan",
        "es enthält keinen Text: ein Scan",
        "het bevat geen tekst: een scan",
    ),
    "reading_encrypted": (
        "it is encrypted and was not read",
        "es ist verschlüsselt und wurde nicht gelesen",
        "het is versleuteld en niet gelezen",
    ),
    "reading_damaged": (
        "it is damaged and was not read",
        "es ist beschädigt und wurde nicht gelesen",
        "het is beschadigd en niet gelezen",
    ),
    "reading_not_read": (
        "it was not read: there is too much in this mail",
        "es wurde nicht gelesen: diese Mail enthält zu viel",
        "het is niet gelezen: deze mail bevat te veel",
    ),
    "reading_left_out": (
        "its text was not searched",
        "sein Text wurde nicht durchsucht",
        "de tekst is niet doorzocht",
    ),
    "reading_picture": (
        "it is a picture, whose text is not read",
        "es ist ein Bild, dessen Text nicht gelesen wird",
        "het is een afbeelding, waarvan de tekst niet gelezen wordt",
    ),
    # What was left unread, because whatever read it took too long, or broke.
    # What was opened, and what cannot be.
    "opened_zip": (
        "an archive: what is in it stands beside it",
        "ein Archiv: sein Inhalt steht daneben",
        "een archief: de inhoud staat ernaast",
    ),
    "opened_tnef": (
        "Outlook's packing (winmail.dat): what is in it stands beside it",
        "Outlooks Verpackung (winmail.dat): ihr Inhalt steht daneben",
        "de verpakking van Outlook (winmail.dat): de inhoud staat ernaast",
    ),
    "opened_outlook": (
        "a mail of Outlook (.msg): what is in it stands beside it",
        "eine Mail von Outlook (.msg): ihr Inhalt steht daneben",
        "een mail van Outlook (.msg): de inhoud staat ernaast",
    ),
    "opened_message": (
        "a mail: what is in it stands beside it",
        "eine Mail: ihr Inhalt steht daneben",
        "een mail: de inhoud staat ernaast",
    ),
    "opened_uuencode": (
        "uuencoded text: what is in it stands beside it",
        "uucodierter Text: sein Inhalt steht daneben",
        "tekst in uuencode: de inhoud staat ernaast",
    ),
    "opened_signed": (
        "signed (S/MIME): what is in it stands beside it",
        "signiert (S/MIME): der Inhalt steht daneben",
        "ondertekend (S/MIME): de inhoud staat ernaast",
    ),
    "sealed_password": (
        "it has a password and was not opened",
        "es hat ein Passwort und wurde nicht geöffnet",
        "het heeft een wachtwoord en is niet geopend",
    ),
    "sealed_smime": (
        "encrypted (S/MIME): it was not opened",
        "verschlüsselt (S/MIME): es wurde nicht geöffnet",
        "versleuteld (S/MIME): het is niet geopend",
    ),
    "sealed_pgp": (
        "encrypted (PGP): it was not opened",
        "verschlüsselt (PGP): es wurde nicht geöffnet",
        "versleuteld (PGP): het is niet geopend",
    ),
    # Of signatures: what was signed, never who may be trusted.
    "signature_valid": (
        "signed, and unchanged since",
        "signiert und seitdem unverändert",
        "ondertekend en sindsdien onveranderd",
    ),
    "signature_invalid": (
        "signed, but changed since",
        "signiert, aber seitdem verändert",
        "ondertekend, maar sindsdien veranderd",
    ),
    "signature_unknown_signer": (
        "signed, but without the signer's certificate",
        "signiert, aber ohne Zertifikat des Unterzeichners",
        "ondertekend, maar zonder certificaat van de ondertekenaar",
    ),
    "signature_weak": (
        "signed by a method that proves nothing any more",
        "mit einem Verfahren signiert, das nichts mehr beweist",
        "ondertekend met een methode die niets meer bewijst",
    ),
    "signature_not_verified": (
        "signed, but it was not verified",
        "signiert, aber nicht geprüft",
        "ondertekend, maar niet gecontroleerd",
    ),
    # What structured data a file is.
    "kind_e_invoice": ("an e-invoice", "eine E-Rechnung", "een e-factuur"),
    "kind_order": ("an order", "eine Bestellung", "een bestelling"),
    "kind_reminder": ("a reminder", "eine Mahnung", "een aanmaning"),
    "kind_transmission_notice": (
        "a notice of an exchange about an invoice",
        "eine Meldung einer Vermittlungsstelle über eine Rechnung",
        "een melding van een uitwisselingssysteem over een factuur",
    ),
    "kind_business_document": (
        "a business document that is no invoice",
        "ein Geschäftsdokument, das keine Rechnung ist",
        "een zakelijk document dat geen factuur is",
    ),
    "kind_damaged": (
        "meant as an e-invoice, but it cannot be read as one",
        "als E-Rechnung gemeint, aber nicht als solche lesbar",
        "bedoeld als e-factuur, maar niet zo te lezen",
    ),
    # One invoice in several dresses.
    "group_original": (
        "the original of this invoice",
        "das Original dieser Rechnung",
        "het origineel van deze factuur",
    ),
    "group_of": (
        "shows the invoice of part {part}",
        "zeigt die Rechnung aus Teil {part}",
        "toont de factuur van deel {part}",
    ),
    "differs_number": (
        "names another number than the original",
        "nennt eine andere Nummer als das Original",
        "noemt een ander nummer dan het origineel",
    ),
    "differs_issue_date": (
        "names another date than the original",
        "nennt ein anderes Datum als das Original",
        "noemt een andere datum dan het origineel",
    ),
    "differs_total": (
        "names another total than the original",
        "nennt eine andere Summe als das Original",
        "noemt een ander totaal dan het origineel",
    ),
    "differs_currency": (
        "names another currency than the original",
        "nennt eine andere Währung als das Original",
        "noemt een andere valuta dan het origineel",
    ),
    "differs_iban": (
        "names another bank account than the original",
        "nennt ein anderes Bankkonto als das Original",
        "noemt een andere bankrekening dan het origineel",
    ),
    "differs_seller": (
        "names another seller than the original",
        "nennt einen anderen Verkäufer als das Original",
        "noemt een andere verkoper dan het origineel",
    ),
    "picture_seen_before": (
        "this picture came {count} times before from this sender",
        "dieses Bild kam von diesem Absender schon {count} Mal",
        "deze afbeelding kwam al {count} keer van deze afzender",
    ),
}
