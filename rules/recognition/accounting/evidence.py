"""What speaks for and against a text being an accounting document, in points of a hundred.

One table holds every weight. They are chosen by what a document must say (its title, number, total, tax: article 226 of
the VAT directive lists it), and by what other mail says instead; none was fitted to a case. Pure. Raises nothing.
Standard: Directive 2006/112/EC article 226; RFC 2369 and 2919 (List-*), RFC 3834 (Auto-Submitted).
"""

from typing import Final

WEIGHTS: Final[dict[str, int]] = {
    # What the document says.
    "title_line": 20,  # a title stands alone in a line, or before its number
    "title_in_text": 6,
    "number": 18,  # a document number behind its label
    "reference_number": 18,  # the same behind a label that also stands before what never changes
    "order_number": 5,
    "customer_number": 5,
    "total": 24,  # an amount with currency behind a total's label
    "total_without_currency": 15,
    "paid": 10,  # and it says that it was paid
    "card_amount": 20,  # an amount in the line of a payment card, and no total
    "sum_agrees": 10,  # net and tax add up to the total
    "tax": 10,  # a tax with its amount or rate
    "amounts": 8,  # three lines with amounts or more
    "date_label": 5,
    "due_date": 8,
    "vat_id": 10,  # its check digits are right
    "tax_id_label": 4,
    "iban": 8,
    "several_ibans": 2,  # any of them may be paid to: none tells the account
    "payment_words": 8,
    "purchase_words": 6,
    # Where it came with.
    "title_in_subject": 20,
    "number_in_subject": 6,
    "payment_in_subject": 10,  # and no title: "Thank you for your purchase"
    "amount_in_subject": 8,
    "title_in_filename": 20,
    "title_in_sender": 12,  # "Receipts <…>", billing@
    "announced": 12,  # "please find attached the invoice"
    # What machines say.
    "schema_invoice": 40,
    "schema_order": 15,
    "epc_code": 20,
    "swiss_qr_code": 30,
    # A file without readable text: it may be a scan, and only the words around it speak.
    "unreadable_file": 60,
    "picture_aside": 15,  # a picture beside a long text
    # Against.
    "no_total": -30,
    "no_number_no_title": -15,
    "mailing_list": -50,
    "bulk": -10,
    "reply": -30,
    "quoted": -15,
    "order_title": -12,
    "order_in_subject": -12,
    "booking_title": -8,
    "booking_in_subject": -10,
    "purchase_order_title": -30,
    "purchase_order_in_subject": -35,
    "quote_title": -35,
    "quote_in_subject": -35,
    "delivery_in_subject": -40,
    "delivery_title": -20,
    "delivery_words": -6,
    "terms_title": -25,
    "statement_title": -10,
    "proforma_title": -20,
    "account_in_subject": -35,
    "account_words": -6,
    "newsletter_in_subject": -40,
    "newsletter_words": -8,
    "marketing_in_subject": -20,
    "marketing_words": -5,
    "not_yet": -60,
    "denied": -60,
    "elsewhere": -12,
    "schema_delivery": -30,
    "schema_booking": -5,
}
# Evidence that counts each time it is found, and at most so often.
MOST_TIMES: Final[dict[str, int]] = {
    "delivery_words": 3,
    "account_words": 3,
    "newsletter_words": 4,
    "marketing_words": 6,
}
