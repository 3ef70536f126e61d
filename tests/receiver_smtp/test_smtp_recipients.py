"""RCPT: who owns a forward-path (law 7)."""

import asyncio
import threading

from receiver.smtp.recipients import RecipientLookup
from storage.journal import Recipient
from storage.tenants import find_tenant, set_plan


def rcpt(client, address):
    return client.ask(f"RCPT TO:<{address}>".encode())


def begun(door):
    client = door.connect().greet()
    client.ask(b"MAIL FROM:<a@example.org>")
    return client


def test_answers_in_words(door, house):
    """Known 250, unknown 550 5.1.1, plan without a mailbox 550 5.7.1, foreign domains 550 5.7.1."""
    client = begun(door)
    assert rcpt(client, house.acme).startswith("250 2.1.5")
    assert rcpt(client, "nobody@in.example.com") == ("550 5.1.1 <nobody@in.example.com>: no such import address here")
    assert rcpt(client, house.candis).startswith("550 5.7.1")
    assert "plan has no central mailbox" in rcpt(client, house.candis)
    assert "relaying denied" in rcpt(client, "a@elsewhere.example")
    assert "relaying denied" in rcpt(client, "a@[127.0.0.1]")
    assert rcpt(client, "postmaster").startswith("550 5.1.1")


def test_plan_is_refused_in_the_operators_words(door, house):
    """A plan's `refusal` is what the sender reads, from the next RCPT on."""
    client = begun(door)
    assert rcpt(client, house.acme).startswith("250 ")
    with house.database.write() as session:
        set_plan(session, find_tenant(session, "Acme"), "worded")
    house.bump()
    assert rcpt(client, house.acme) == f"550 5.7.1 <{house.acme}>: Please book the mailbox at example.com"


def test_plan_that_left_the_configuration_bounces_nothing(door, house):
    """A tenant whose plan no longer exists is answered 451: the operator's mistake must not cost an invoice."""
    with house.database.write() as session:
        set_plan(session, find_tenant(session, "Acme"), "forgotten")
    house.bump()
    assert rcpt(begun(door), house.acme).startswith("451 4.3.0")


def test_address_made_a_moment_ago_is_known(door, house):
    """Law 7: a miss of the snapshot asks the database, even when nobody told us of a change."""
    client = begun(door)
    assert rcpt(client, house.acme).startswith("250 ")
    assert rcpt(client, house.add_tenant("Just made")).startswith("250 ")


def test_too_many_recipients_are_put_off(make_other_house, start_door):
    """RFC 5321 4.5.3.1.10: 452 4.5.3, and those before stay."""
    house = make_other_house(max_recipients=100)
    client = begun(start_door(house))
    for number in range(100):
        assert rcpt(client, house.acme.replace("@", f"+{number}@")).startswith("250 ")
    assert rcpt(client, house.acme).startswith("452 4.5.3")
    assert client.ask(b"DATA").startswith("354")


def test_database_down_hits_pass_and_misses_wait(house, start_door, make_lookup_that_fails):
    """Law 7: with the database down, known addresses get 250 from the old snapshot, all others 451, none 550."""
    lookup, directory = make_lookup_that_fails()
    client = begun(start_door(house, lookup=lookup))
    directory.is_down = True
    assert rcpt(client, house.acme).startswith("250 ")
    assert rcpt(client, "nobody@in.example.com").startswith("451 4.3.0")
    assert rcpt(client, "a@elsewhere.example").startswith("451 4.3.0")
    assert rcpt(client, house.candis).startswith("550 5.7.1")


def test_database_that_hangs_is_waited_for_once(house, start_door, make_lookup_that_fails):
    """A database that never answers costs the deadline; then hits pass without waiting, and misses get 451."""
    lookup, directory = make_lookup_that_fails()
    door = start_door(house, lookup=lookup)
    released = threading.Event()
    directory.is_down = True
    directory.refresh = directory.ask = lambda *_: released.wait(30)
    client = begun(door)
    assert rcpt(client, house.acme).startswith("250 ")
    assert rcpt(client, house.acme_second).startswith("250 ")
    assert rcpt(client, "nobody@in.example.com").startswith("451 4.3.0")
    released.set()


def test_one_refresh_serves_all_who_wait(house, make_lookup_that_fails):
    """A thousand RCPTs at a change ask the database once."""
    _, directory = make_lookup_that_fails()
    real_refresh, calls = directory.refresh, []

    def refresh():
        calls.append(1)
        real_refresh()

    directory.refresh = refresh
    lookup = RecipientLookup(directory, house.settings.all_plans(), house.settings.addresses.domains, 5.0)

    async def ask_all():
        return await asyncio.gather(*(lookup.judge(house.acme) for _ in range(1000)))

    judged = asyncio.run(ask_all())
    lookup.close()
    assert all(isinstance(one, Recipient) for one in judged)
    assert len(calls) == 1
