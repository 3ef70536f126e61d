"""Counting over all doors: two processes on one region, as the supervisor hands it to them."""

import subprocess
import sys

import pytest

from receiver.smtp.shared import Slot, network_of, new_region

# Claims `count` places of at most `most` for one address, gives back what is too much, and says how many it has.
CLAIM = """
import sys
from receiver.smtp.limits import SessionLimits, Visit, Visits
from receiver.smtp.shared import Slot
descriptor, number, count, most = map(int, sys.argv[1:])
visits = Visits(SessionLimits(max_connections_per_address=most), Slot(descriptor, number))
print("ready", flush=True)
sys.stdin.readline()
taken = [visit for visit in [Visit(visits) for _ in range(count)] if visit.enter(("192.0.2.1", 1)) is None]
print(len(taken), flush=True)
sys.stdin.read()
for visit in taken:
    visit.leave()
"""


def start(descriptor, number, *, count, most):
    """A process that claims as soon as it is told to."""
    command = [sys.executable, "-c", CLAIM, *map(str, (descriptor, number, count, most))]
    process = subprocess.Popen(command, pass_fds=[descriptor], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    return process


def release(process):
    process.stdin.write(b"\n")
    process.stdin.flush()


@pytest.fixture(name="region")
def _region():
    return new_region()


def test_two_doors_never_let_in_more_than_the_limit(region):
    """Both claim at the same time: together they have no more than the setting says; both give back."""
    watcher = Slot(region, 9)
    doors = [start(region, number, count=2000, most=1500) for number in (0, 1)]
    for door in doors:
        release(door)
    taken = [int(door.stdout.readline()) for door in doors]
    address = watcher.hash_of("192.0.2.1")
    counted = watcher.add_connection(address)
    for door in doors:
        door.communicate(timeout=30)

    assert 0 < sum(taken) <= 1500
    assert counted == (sum(taken) + 1, sum(taken) + 1)
    watcher.remove_connection(address)
    assert watcher.add_connection(address) == (1, 1)


def test_places_of_another_door_count(region):
    """One door is full: the other one lets nobody in from that address, until a door of the first slot starts anew."""
    first = start(region, 0, count=50, most=50)
    second = start(region, 1, count=5, most=50)
    release(first)
    assert first.stdout.readline() == b"50\n"
    release(second)
    assert second.stdout.readline() == b"0\n"
    second.communicate(timeout=30)
    first.kill()
    first.communicate(timeout=30)

    anew = start(region, 0, count=50, most=50)
    release(anew)
    assert anew.stdout.readline() == b"50\n"
    anew.communicate(timeout=30)


def test_unknown_recipients_of_all_doors_are_added_up(region):
    """What an address guessed at one door counts at the other, and nobody else's does."""
    one, other = Slot(region, 0), Slot(region, 1)
    address, another = one.hash_of("192.0.2.1"), one.hash_of("192.0.2.2")
    assert [one.add_miss(address, 600) for _ in range(3)] == [1, 2, 3]
    assert other.add_miss(other.hash_of("192.0.2.1"), 600) == 4
    assert other.add_miss(another, 600) == 1


def test_unknown_recipients_are_forgotten():
    """When the window is over, counting begins anew."""
    now = [1]
    slot = Slot(clock=lambda: now[0])
    address = slot.hash_of("192.0.2.1")
    assert [slot.add_miss(address, 600) for _ in range(3)] == [1, 2, 3]
    now[0] += 600 * 10**9
    assert slot.add_miss(address, 600) == 1


def test_a_table_that_is_full_lets_others_in():
    """More addresses than the table holds: what has no entry is not counted by address, and nothing breaks."""
    slot = Slot()
    hashes = [slot.hash_of(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}") for n in range(20_000)]
    for each in hashes:
        slot.add_connection(each)
        slot.add_miss(each, 600)
    assert slot.own_connections == 20_000
    for each in hashes:
        slot.remove_connection(each)
    assert slot.own_connections == 0
    assert slot.add_connection(hashes[0])[0] == 1


def test_networks():
    """IPv4 whole, also when mapped; IPv6 by /64; what is no address is not counted."""
    assert network_of("192.0.2.1") == network_of("::ffff:192.0.2.1") != network_of("192.0.2.2")
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth1")
    assert network_of("/run/lmtp.sock") == network_of("") == b""
    assert Slot().add_connection(0) == (1, 0)


def test_door_with_clearly_more_connections_leaves_the_next_one_to_another(region):
    """Only while the other one accepts: a door that drains, or is not there, is waited for by nobody."""
    busy, other = Slot(region, 0), Slot(region, 1)
    for number in range(12):
        busy.add_connection(busy.hash_of(f"192.0.2.{number}"))
    assert not busy.has_more_than_others
    other.set_open(is_open=True)
    assert busy.has_more_than_others
    assert not other.has_more_than_others
    for number in range(10):
        other.add_connection(other.hash_of(f"192.0.2.{number}"))
    assert not busy.has_more_than_others
    for number in range(10):
        other.remove_connection(other.hash_of(f"192.0.2.{number}"))
    other.set_open(is_open=False)
    assert not busy.has_more_than_others
