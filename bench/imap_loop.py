"""The loop on imap-tools that `./dev bench imap` measures, as paperless-ngx pulls a mailbox.

Called as `python -m bench.imap_loop TOOLS PORT CA_FILE USER PASSWORD FOLDER`: searches since a day, asks for what it
has not processed (whole, 500 at a time, not marked as seen), writes PDF attachments into the folder.
"""

import datetime
import importlib
import ssl
import sys
from pathlib import Path
from typing import Any

_SINCE = datetime.date(2025, 12, 31)
_BATCH = 500


def main() -> int:
    """Pull once."""
    tools, port, ca_file, user, password, place = sys.argv[1:]
    sys.path.append(tools)
    imap_tools: Any = importlib.import_module("imap_tools")
    folder = Path(place)
    ledger = folder / "processed"
    known = set(ledger.read_text().split()) if ledger.exists() else set()
    context = ssl.create_default_context(cafile=ca_file)
    box = imap_tools.MailBox("localhost", int(port), ssl_context=context).login(user, password, initial_folder=None)
    with box as mailbox, ledger.open("a") as processed:
        mailbox.folder.set("INBOX", readonly=True)
        new = [uid for uid in mailbox.uids(imap_tools.AND(date_gte=_SINCE)) if uid not in known]
        for at in range(0, len(new), _BATCH):
            chosen = imap_tools.AND(uid=new[at : at + _BATCH])
            for message in mailbox.fetch(chosen, mark_seen=False, bulk=True):
                for number, attachment in enumerate(message.attachments):
                    if attachment.content_type == "application/pdf":
                        (folder / f"{message.uid}-{number}.pdf").write_bytes(attachment.payload)
                processed.write(f"{message.uid}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
