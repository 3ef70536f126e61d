"""What follows a change by command: re-matching, who forwards, how long mail is kept, what hides what."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from receiver.config import Settings
from storage.blobs import BlobStore
from storage.database import Database
from storage.journal import Recipient
from storage.tenants import find_tenant
from tests.receiver_pipeline.house import House, text_mail


def receive(data: Path, tenant: str, *mails: bytes) -> None:
    """Let mails come in and be settled."""
    settings = Settings.model_validate({"data": data, "pipeline": {"parsers": 1}})
    house = House(settings, Database(settings.database_url()), BlobStore(settings.blob_folder()))
    with house.database.read() as session:
        owner = find_tenant(session, tenant)
    house.addresses["Acme"] = Recipient("a@in.example.com", owner.id, "0" * 32, None)
    house.accept_many(list(mails))
    house.drain()
    house.blobs.close()
    house.database.close()


def test_rematch_brings_in_what_fits_now(postbus: Any, acme: str) -> None:
    """By hand, without a service: decided again, imported, and shown with the step that tells so."""
    receive(postbus.data, acme, text_mail("Rechnung 1", "<p>5 EUR</p>"), text_mail("News", "<p>x</p>"))
    standard = ("standard", "add", "-t", acme, "--name", "Shop", "--subject-word", "Rechnung")
    assert postbus(*standard, "--email-text-is-invoice").status == 0

    done = postbus.process("rematch", "--json")

    assert done.stderr == b""
    assert json.loads(done.stdout) == {"tenant": "Acme", "decided": 2, "imported": 1, "unreadable": 0, "left": 0}
    (message,) = postbus("message", "list", "-t", acme, "--state", "imported", "--json").rows
    assert "matched again on" in postbus("message", "why", message["id"]).out
    assert json.loads(postbus.process("rematch", "-t", acme, "--json").stdout)["imported"] == 0


def test_rematch_of_an_unknown_tenant_fails(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """Nobody else's mail is touched."""
    fails_with(postbus("rematch", "--tenant", "Acne"), "did you mean 'Acme'?")


def test_forwarders_are_registered_and_taken_back(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """Canonical, once, and told when they do not count yet."""
    added = postbus("tenant", "forwarder", "add", acme, "Boss@Example.COM")
    assert "now it is everyone" in added.out
    assert postbus("tenant", "forwarder", "list", acme, "--json").rows == [
        {"tenant": "Acme", "forwarder": "boss@example.com"}
    ]
    assert postbus("tenant", "show", acme, "--json").row["forwarders"] == ["boss@example.com"]
    fails_with(postbus("tenant", "forwarder", "add", acme, "boss"), "expected an e-mail address")
    fails_with(postbus("tenant", "forwarder", "remove", acme, "bos@example.com"), "did you mean 'boss@example.com'?")
    assert postbus("tenant", "forwarder", "remove", acme, "boss@example.com", "--json").status == 0
    assert "no registered forwarders" in postbus("tenant", "forwarder", "list", acme).out


def test_a_tenant_has_its_own_retention(postbus: Any, acme: str, fails_with: Callable[..., None]) -> None:
    """Days of its own, or as configured."""

    def days(**environment: str) -> int:
        return int(postbus("tenant", "show", acme, "--json", **environment).row["keep_not_imported_days"])

    assert (days(), days(POSTBUS_RETENTION__NOT_IMPORTED_DAYS="30")) == (90, 30)
    assert postbus("tenant", "set", acme, "--keep-not-imported", "7").status == 0
    assert days() == 7
    assert postbus("tenant", "set", acme, "--keep-not-imported", "0").status == 0
    assert days() == 90
    fails_with(postbus("tenant", "set", acme), "nothing to change")
    fails_with(postbus("tenant", "set", acme, "--keep-not-imported", "99999"), "1 to 36500 days")


def test_a_standard_that_another_one_hides_is_warned_about(postbus: Any, acme: str) -> None:
    """It is taken all the same; the words name the one that hides it."""
    postbus("standard", "add", "-t", acme, "--name", "A", "--sender", "@supplier.example")

    hidden = postbus("standard", "add", "-t", acme, "--name", "B", "--sender", "x@supplier.example")
    free = postbus("standard", "set", "-t", acme, "--name", "B", "--priority", "50")

    assert (hidden.status, "'A' is asked first" in hidden.err) == (0, True)
    assert (free.status, free.err) == (0, "")
