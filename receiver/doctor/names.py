"""Whether senders find us: MX of the domains, addresses of the MX, PTR, and the name we greet with.

Standards: RFC 5321 sections 2.3.5, 4.1.3 and 5.1, RFC 7505 (null MX), RFC 1912 section 2.1 (PTR).
"""

from receiver.doctor.findings import Finding
from receiver.doctor.resolver import Address, Host, Resolver, Unanswered

_ASK_ANOTHER = "check the machine's name server, or name one in doctor.resolver (HOST:PORT)"
# RFC 6761, RFC 6762, RFC 8375 and what routers make up.
_NOBODY_KNOWS = (".local", ".localdomain", ".lan", ".internal", ".home.arpa", ".localhost", ".invalid", ".test")


def judge_mx(resolver: Resolver, domain: str, hostname: str) -> tuple[Finding, list[str]]:
    """Where senders deliver mail for a domain: the finding, and the names to look at further."""
    record = f"publish: {domain}. MX 10 {hostname}."
    try:
        exchanges = resolver.mx(domain)
        if not exchanges:
            return _judge_without_mx(resolver.host(domain), domain, record)
    except Unanswered as failure:
        return Finding("mx", "failed", str(failure), _ASK_ANOTHER), []
    known = [name for name in exchanges if name]
    if not known:
        return Finding("mx", "failed", f"{domain}: its MX says that it takes no mail (RFC 7505)", record), []
    told = f"{domain}: {', '.join(known)}"
    if hostname.lower() not in (name.lower() for name in known):
        remedy = f"set smtp.hostname to the name that leads here, or {record}"
        return Finding("mx", "warning", f"{told}; smtp.hostname, {hostname}, is not among them", remedy), known
    return Finding("mx", "ok", told), known


def _judge_without_mx(host: Host, domain: str, record: str) -> tuple[Finding, list[str]]:
    if not host.addresses:
        words = f"{domain}: neither MX nor address, no sender can deliver"
        return Finding("mx", "failed", words, f"{record} Or set addresses.domains to your own"), []
    words = f"{domain}: no MX; senders fall back on its address (RFC 5321 5.1)"
    return Finding("mx", "warning", words, record), [domain]


def judge_host(resolver: Resolver, name: str) -> tuple[Finding, list[Address]]:
    """Where an MX is: the finding, and its addresses."""
    try:
        host = resolver.host(name)
    except Unanswered as failure:
        return Finding("address", "failed", str(failure), _ASK_ANOTHER), []
    addresses = list(host.addresses)
    told = f"{name}: {', '.join(str(each) for each in addresses)}"
    if not addresses:
        remedy = f"publish: {name}. A ADDRESS (an MX must be a name, never an address)"
        return Finding("address", "failed", f"{name}: no address", remedy), []
    if host.alias_for:
        remedy = f"publish A and AAAA for {name}, or let the MX name {host.alias_for}"
        return Finding("address", "warning", f"{told}, but by an alias (CNAME), which RFC 5321 5.1 forbids", remedy), (
            addresses
        )
    private = [str(each) for each in addresses if not each.is_global]
    if private:
        remedy = "publish the address at which the internet reaches this machine"
        return Finding("address", "warning", f"{told}; nobody outside reaches {', '.join(private)}", remedy), addresses
    return Finding("address", "ok", told), addresses


def judge_ptr(resolver: Resolver, address: Address, hostname: str) -> Finding:
    """Whether an address names us back."""
    remedy = f"have the owner of {address} (your hoster) set its PTR to {hostname}."
    try:
        names = resolver.names_of(address)
    except Unanswered as failure:
        return Finding("ptr", "warning", str(failure), _ASK_ANOTHER)
    if not names:
        return Finding("ptr", "warning", f"{address}: no PTR", remedy)
    if hostname.lower() not in names:
        words = f"{address}: {', '.join(names)}; smtp.hostname is {hostname}"
        return Finding("ptr", "warning", words, f"{remedy} Or set smtp.hostname to {names[0]}")
    return Finding("ptr", "ok", f"{address}: {hostname}")


def judge_hostname(resolver: Resolver, hostname: str) -> Finding:
    """Whether the name in banner, EHLO reply and trace is one that others can look up."""
    remedy = "set smtp.hostname to the name of this machine in DNS, for example mx.example.com"
    name = hostname.lower()
    if name.startswith("[") or "." not in name.strip("."):
        return Finding("hostname", "warning", f"{hostname}: not a full domain name", remedy)
    if name.endswith(_NOBODY_KNOWS) or "_" in name:
        return Finding("hostname", "warning", f"{hostname}: not a name that others can look up", remedy)
    try:
        addresses = resolver.host(hostname).addresses
    except Unanswered as failure:
        return Finding("hostname", "warning", str(failure), _ASK_ANOTHER)
    if not addresses:
        return Finding("hostname", "warning", f"{hostname}: has no address", remedy)
    return Finding("hostname", "ok", hostname)
