"""All kinds of IMAP servers that tests run against: what is promised, is promised on each of them.

@pytest.mark.parametrize("kind", SERVERS)
def test_…(kind: type[ImapServer]) -> None:
    with kind({"alice@example.com": "secret"}) as server: …
"""

import pytest

from tests.servers.courier import Courier
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.imap_server import ImapServer

KINDS: tuple[type[ImapServer], ...] = (Dovecot, Cyrus, Courier)

SERVERS = [
    pytest.param(kind, id=kind.name, marks=pytest.mark.skipif(bool(kind.why_not()), reason=str(kind.why_not())))
    for kind in KINDS
]
# For what one real server is enough.
NEEDS_DOVECOT = pytest.mark.skipif(bool(Dovecot.why_not()), reason=str(Dovecot.why_not()))
