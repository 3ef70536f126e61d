"""Make the demo tenant and say how to send it a mail: what `./dev run` prints before it starts postbus."""

from bench.postbus_command import demo_tenant


def main() -> None:
    """Print the import address, the port and a line to copy."""
    address = demo_tenant()
    print(
        f"""
  postbus is about to listen on 127.0.0.1:2525 (plain SMTP and STARTTLS).
  The import address of the tenant "demo":  {address}

  When the line "ready" stands below, send it a real invoice from another terminal:

    .venv/bin/python -m bench.send --to {address} tests/corpus/tour/1-pdf-invoice.eml

  and look at what became of it:

    .venv/bin/postbus --data var document list --tenant demo
    .venv/bin/postbus --data var message list --tenant demo

  ./dev demo sends seven varied mails and shows what became of each. Ctrl-C stops postbus.
""",
        flush=True,
    )


if __name__ == "__main__":
    main()
