"""Send a mail from a file, as it stands, to a postbus: `python -m bench.send --to ADDRESS FILE…`.

The file's octets go out unchanged but for line ends, which become CRLF (RFC 5321 2.3.8). Exit code 1 when refused.
"""

import argparse
import smtplib
import sys
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path

USUAL_SERVER = "127.0.0.1:2525"


def with_crlf(octets: bytes) -> bytes:
    """The mail with every line end as CRLF."""
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def send(octets: bytes, to: str, server: str = USUAL_SERVER) -> None:
    """Deliver one mail; raises smtplib.SMTPException when it is refused, OSError when nobody listens."""
    host, _, port = server.rpartition(":")
    reverse_path = parseaddr(str(message_from_bytes(octets).get("From", "")))[1]
    with smtplib.SMTP(host.strip("[]"), int(port), local_hostname="client.example", timeout=60) as client:
        client.sendmail(reverse_path, [to], with_crlf(octets))


def main() -> int:
    """Send every file named; say what became of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", required=True, help="import address")
    parser.add_argument("--server", default=USUAL_SERVER, help=f"HOST:PORT, {USUAL_SERVER} unless told")
    parser.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args()
    try:
        mails = [(file, file.read_bytes()) for file in arguments.files]
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    try:
        for file, octets in mails:
            send(octets, arguments.to, arguments.server)
            print(f"accepted: {file}")
    except smtplib.SMTPException as error:
        print(f"refused: {file}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{arguments.server}: {error}; is postbus running? start it with ./dev run", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
