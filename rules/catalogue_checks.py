"""Whether suppliers' files make a catalogue: every standard fits its own mails, and none of anybody else's.

Asked of each standard by itself, not of the first that decides: what only its place in the order keeps from importing
another supplier's mail is too wide. Raises nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from rules.asking import Asked, RuleSet
from rules.catalogue_mails import ExampleMail, facts_of
from rules.catalogue_source import SourceFault, SourceStandard, Supplier
from rules.engine import decide
from rules.facts import TenantPolicy
from rules.hiding import hiding
from rules.index import RuleIndex, pack
from rules.judging import judge
from rules.mail_view import MailView
from rules.standards import ImportStandard, name_key

_POLICY = TenantPolicy()
_INVOICE_TYPES = frozenset({"application/pdf", "application/xml"})


def standards_of(suppliers: Sequence[Supplier]) -> tuple[ImportStandard, ...]:
    """What a package of these files holds."""
    return tuple(each.standard for supplier in suppliers for each in supplier.standards)


def check_catalogue(suppliers: Sequence[Supplier]) -> list[SourceFault]:
    """Every reason why these files make no catalogue; each must have been read without a fault."""
    rules = RuleIndex(pack(standards_of(suppliers), version=0))
    owners = {each.standard.id: supplier for supplier in suppliers for each in supplier.standards}
    faults = list(_check_names(suppliers))
    for supplier in suppliers:
        for each in supplier.standards:
            faults += chain(_check_width(supplier, each), _check_own_mails(supplier, each, rules))
        faults += chain(_check_hiding(supplier), _check_others_mails(supplier, rules, owners))
    return faults


def _check_names(suppliers: Sequence[Supplier]) -> Iterator[SourceFault]:
    holders: dict[str, list[tuple[Supplier, ImportStandard]]] = defaultdict(list)
    ids: set[str] = set()
    for supplier in suppliers:
        for each in supplier.standards:
            holders[name_key(each.standard.name)].append((supplier, each.standard))
            if each.standard.id in ids:
                yield SourceFault(supplier.file, f"standard {_key(each.standard)}.key", "used by another one here")
            ids.add(each.standard.id)
    for (first, _), *others in holders.values():
        for supplier, standard in others:
            said = f"{standard.name!r} is the name of one in {first.file} too"
            yield SourceFault(supplier.file, f"standard {_key(standard)}.name", said)


def _check_width(supplier: Supplier, source: SourceStandard) -> Iterator[SourceFault]:
    """A whole domain sends newsletters too: beside it, something must say that this mail is a document."""
    standard = source.standard
    where = f"standard {_key(standard)}"
    if not any(standard.values_of(fact) for fact in ("sender", "original_sender", "sender_field", "reverse_path")):
        yield SourceFault(supplier.file, where, "all tenants share it: it must name a sender")
    is_domain = any(each.startswith("@") for each in standard.values_of("sender"))
    has_words = standard.values_of("subject") or standard.values_of("subject_pattern")
    has_document = standard.keep == "attachments" and _INVOICE_TYPES.intersection(standard.values_of("attachment_type"))
    if standard.keep == "text" and not has_words and is_domain:
        yield SourceFault(supplier.file, where, "it takes every text of a whole domain: ask for words of the subject")
    elif standard.keep != "ignore" and is_domain and not has_words and not has_document:
        said = "it takes every mail of a whole domain: ask for words of the subject, or for attachments of a type"
        yield SourceFault(supplier.file, where, said)


def _check_own_mails(supplier: Supplier, source: SourceStandard, rules: RuleSet) -> Iterator[SourceFault]:
    standard = source.standard
    where = f"standard {_key(standard)}"
    for number, mail in enumerate(source.fits, 1):
        decision = decide(facts_of(mail), (), _POLICY, catalogue=rules)
        if decision.standard_id != standard.id:
            by = f"{decision.standard!r} decides about it" if decision.standard else "no standard fits it"
            yield SourceFault(supplier.file, f"{where}.fits {number}", by)
        elif (decision.state == "imported") != (standard.keep != "ignore"):
            yield SourceFault(supplier.file, f"{where}.fits {number}", "it fits, and nothing of the mail is kept")
    for number, mail in enumerate(source.does_not_fit, 1):
        if judge(standard, MailView(facts_of(mail), _POLICY)).fits:
            yield SourceFault(supplier.file, f"{where}.does_not_fit {number}", "the standard fits it")


def _check_hiding(supplier: Supplier) -> Iterator[SourceFault]:
    own = [each.standard for each in supplier.standards]
    for each in own:
        other = hiding(each, own)
        if other is not None:
            yield SourceFault(supplier.file, f"standard {_key(each)}", f"{other.name!r} always decides before it")


def _check_others_mails(supplier: Supplier, rules: RuleSet, owners: dict[str, Supplier]) -> Iterator[SourceFault]:
    for source in supplier.standards:
        for number, (kind, mail) in enumerate(_mails(source), 1):
            view = MailView(facts_of(mail), _POLICY)
            for each in rules.candidates(view, Asked()):
                if owners[each.id].key != supplier.key and judge(each, view).fits:
                    where = f"standard {_key(each)}"
                    said = f"it fits mail {number} ({kind}) of {supplier.file}, standard {_key(source.standard)}"
                    yield SourceFault(owners[each.id].file, where, said)


def _mails(source: SourceStandard) -> Iterator[tuple[str, ExampleMail]]:
    yield from (("fits", each) for each in source.fits)
    yield from (("does_not_fit", each) for each in source.does_not_fit)


def _key(standard: ImportStandard) -> str:
    return standard.id.partition("/")[2]
