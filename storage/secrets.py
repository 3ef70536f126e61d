"""Secrets of linked accounts: sealed so that the database alone, or a copy of it, tells nobody a password.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, bound to the row it stands in: moved to another row, it does
not open. The key's id stands in the sealed octets; their length tells a password's length to 128 octets only.
Never logs; no repr, text or failure of this module shows a secret or a key.
Raises KeyMissing with the remedy, Damaged, Invalid, TemporaryFailure.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.failures import Damaged, PermanentFailure
from storage.files import REAL, Files
from storage.key_files import Key, folder_held, given_keys, key_folder, make_key, read_keys, remove_keys

SecretKind = Literal["password", "oauth"]
_FORMAT = b"\x01"
_ID_OCTETS, _NONCE_OCTETS = 8, 12
_HEAD = len(_FORMAT) + _ID_OCTETS
_PADDED_TO = 128
_PURPOSE = b"postbus account secret 1 "


class KeyMissing(PermanentFailure):
    """The key that sealed a secret is not here; the text says which one, and what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """What opens an account. `values` of kind password: password. Of kind oauth: access_token, refresh_token,
    expires_at (ISO 8601, UTC), provider, scope, client ("google", "microsoft", or a name in the configuration)."""

    kind: SecretKind
    values: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Secret({self.kind})"


class KeyRing:
    """The keys of this machine: those of the data folder, and those that systemd hands over."""

    def __init__(self, data: Path, given: list[Key], files: Files) -> None:
        self._data = data
        self._files = files
        self._given = given
        self._keys: dict[str, Key] = {}
        # Those that were here once, too: what was sealed with them may be in hand while they are taken away.
        self._seen: dict[str, Key] = {}
        self._read()

    @classmethod
    def open(cls, data: Path, environment: Mapping[str, str] | None = None, files: Files = REAL) -> "KeyRing":
        """The keys that are there; it may be none. `environment`: the process's own unless given."""
        return cls(data, given_keys(os.environ if environment is None else environment), files)

    @classmethod
    def create(cls, data: Path, environment: Mapping[str, str] | None = None, files: Files = REAL) -> "KeyRing":
        """The keys that are there; where there is none, a first one is made."""
        ring = cls.open(data, environment, files)
        if ring.current_id is None:
            with folder_held(data, files) as folder:
                ring._read()
                if ring.current_id is None:  # two may have come at once
                    make_key(folder, (), files)
            ring._read()
        return ring

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(sorted(self._keys))})"

    @property
    def current_id(self) -> str | None:
        """The id of the key that seals what is new; None when there is no key."""
        current = self._current()
        return current.id if current else None

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all keys that are here."""
        return frozenset(self._keys)

    def seal(self, secret: Secret, bound_to: str) -> bytes:
        """The secret as a row may hold it, bound to that row's id. Raises KeyMissing.

        Called in the transaction that stores it, after storage.key_rotation.hold_keys.
        """
        self._read()  # the key may have been changed by another process
        key = self._current()
        if key is None:
            raise KeyMissing(
                f"{key_folder(self._data)}: no key for secrets is here yet; `postbus account add` makes one"
            )
        plain = json.dumps({"kind": secret.kind, **secret.values}).encode()
        plain += b" " * (-len(plain) % _PADDED_TO)
        nonce = secrets.token_bytes(_NONCE_OCTETS)
        head = _FORMAT + bytes.fromhex(key.id)
        return head + nonce + AESGCM(key.octets).encrypt(nonce, plain, _bound(head, bound_to))

    def unseal(self, sealed: bytes, bound_to: str) -> Secret:
        """The secret that was sealed for that row. Raises KeyMissing, Damaged."""
        key_id = key_id_of(sealed)
        if key_id not in self._seen:
            self._read()
        key = self._seen.get(key_id)
        if key is None:
            raise KeyMissing(
                f"account {bound_to}: its secret was sealed with key {key_id}, which is not here; restore {key_id}.key "
                f"in {key_folder(self._data)} from its backup (or systemd's credential), or enter the secret anew"
            )
        head, nonce, rest = sealed[:_HEAD], sealed[_HEAD : _HEAD + _NONCE_OCTETS], sealed[_HEAD + _NONCE_OCTETS :]
        try:
            values = json.loads(AESGCM(key.octets).decrypt(nonce, rest, _bound(head, bound_to)))
        except (InvalidTag, ValueError):
            # Not chained: what could not be read must not be quoted.
            raise Damaged(f"account {bound_to}: its secret is damaged or another row's; enter it anew") from None
        return _secret_of(values, bound_to)

    def add_key(self) -> str:
        """Make a new key, which seals from now on; returns its id."""
        with folder_held(self._data, self._files) as folder:
            self._read()
            made = make_key(folder, [key.number for key in self._keys.values()], self._files)
        self._read()
        return made.id

    def remove_old_keys(self, in_use: frozenset[str]) -> list[str]:
        """Take away the keys of the data folder that are neither `in_use` nor the current one; returns which."""
        with folder_held(self._data, self._files) as folder:
            self._read()
            old = [key_id for key_id in sorted(self._keys) if key_id not in in_use and key_id != self.current_id]
            removed = remove_keys(folder, old, self._files)
        self._read()
        return removed

    def _current(self) -> Key | None:
        return max(self._keys.values(), key=lambda key: (key.number, key.id), default=None)

    def _read(self) -> None:
        found = [*read_keys(key_folder(self._data), self._files), *self._given]
        self._keys = {key.id: key for key in found}
        self._seen |= self._keys


def key_id_of(sealed: bytes) -> str:
    """The id of the key that sealed it. Raises Damaged."""
    if not sealed.startswith(_FORMAT) or len(sealed) < _HEAD + _NONCE_OCTETS:
        raise Damaged("a secret is damaged: it is no sealed one; enter it anew")
    return sealed[len(_FORMAT) : _HEAD].hex()


def _secret_of(values: dict[str, str], bound_to: str) -> Secret:
    kind = values.pop("kind", "")
    if kind not in get_args(SecretKind):
        raise Damaged(f"account {bound_to}: its secret is of a kind that this version does not know; enter it anew")
    return Secret(cast("SecretKind", kind), values)


def _bound(head: bytes, bound_to: str) -> bytes:
    return _PURPOSE + head + bound_to.encode()
