"""Names of mailboxes between IMAP's modified UTF-7 and text.

Standard: RFC 3501 section 5.1.3. Never fails: what is no modified UTF-7 is read as UTF-8, as some servers send it.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error

_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")
_BEYOND_ASCII = re.compile(r"[^\x20-\x7e]+")


def encode_mailbox(name: str) -> bytes:
    """`name` as it stands in a command: printable ASCII only, whatever it holds."""
    return _BEYOND_ASCII.sub(_shift, name.replace("&", "&-")).encode("ascii")


def decode_mailbox(raw: bytes) -> str:
    """The text of a name as a server lists it; storable."""
    text = raw.decode("utf-8", "replace")
    if "&" not in text:
        return text
    try:
        return _SHIFTED.sub(_unshift, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    except (ValueError, Error):
        return text


def _shift(match: re.Match[str]) -> str:
    octets = match.group().encode("utf-16-be", "surrogatepass")
    return f"&{b64encode(octets).decode('ascii').rstrip('=').replace('/', ',')}-"


def _unshift(match: re.Match[str]) -> str:
    text = match.group(1)
    if not text:
        return "&"
    octets = b64decode(text.replace(",", "/") + "=" * (-len(text) % 4))
    return octets[: len(octets) // 2 * 2].decode("utf-16-be", "surrogatepass")
