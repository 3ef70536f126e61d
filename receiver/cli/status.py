"""`postbus status`: where mail is taken, what waits, what failed, and whether e-mail text can be made into PDFs.

Asked by monitors every few seconds, so it imports little and works while the service runs.
"""

from collections.abc import Mapping

import typer

from receiver.cli.counting import accounts_of, counts_of, to_confirm
from receiver.cli.options import AsJson
from receiver.cli.output import print_json, show_fields
from receiver.cli.workplace import Workplace
from receiver.places import places_now
from receiver.rendering.client import available
from rules.wording import Language, words
from storage.account_glance import AccountsGlance, SilentAccount
from storage.journal import backlog

app = typer.Typer(add_completion=False)


@app.command()
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Tell where mail is taken, how much of it waits, what failed, how much there is, and whether PDFs can be made."""
    here = Workplace.of(ctx)
    settings = here.settings
    counts = counts_of(here)
    waiting = backlog(settings.journal_folder())
    obstacle = available(settings.rendering, settings.render_socket())
    listening = places_now(settings.data)
    accounts = accounts_of(here)
    confirm = to_confirm(here)
    silent = [told_of(each, settings.language) for each in accounts.named]
    why_not = obstacle and words(obstacle.code, obstacle.params, settings.language)
    if as_json:
        print_json(
            [
                {
                    "listening": listening,
                    "journal_pending": waiting.messages,
                    "journal_octets": waiting.octets,
                    "jobs_pending": counts.jobs_pending,
                    "jobs_failed": counts.jobs_failed,
                    "not_rendered": counts.not_rendered,
                    "messages": counts.messages,
                    "forwardings_to_confirm": confirm,
                    "accounts": dict(accounts.by_health),
                    "accounts_silent": accounts.silent,
                    "silent_accounts": silent,
                    "rendering": obstacle is None,
                    "rendering_obstacle": why_not,
                }
            ]
        )
        return
    show_fields(
        [
            *(
                ("Forwarding to confirm", f"{each}: postbus message list --tenant {each!r} tells link and code")
                for each in confirm
            ),
            ("Takes mail at", ", ".join(f"{each['kind']} {each['address']}" for each in listening) or "not running"),
            ("Accepted, not settled yet", waiting.messages),
            ("Jobs waiting", counts.jobs_pending),
            ("Jobs failed", counts.jobs_failed),
            *([("Mails without their PDF", counts.not_rendered)] if counts.not_rendered else []),
            ("Messages", counts.messages),
            ("Linked accounts", _counted(accounts)),
            *(("No success for a day", _sentence(each)) for each in silent),
            ("PDFs of e-mail text", f"not now: {why_not}" if why_not else "can be made"),
        ]
    )


def told_of(account: SilentAccount, language: Language) -> dict[str, str | None]:
    """A silent account as programs read it."""
    return {
        "account": account.id,
        "address": account.address,
        "health": account.health,
        "reason": words(account.code, account.params, language) if account.code else "",
        "last_success_at": account.last_success_at,
    }


def _counted(accounts: AccountsGlance) -> str:
    return ", ".join(f"{number} {health}" for health, number in sorted(accounts.by_health.items())) or "none"


def _sentence(account: Mapping[str, str | None]) -> str:
    last = account["last_success_at"]
    since = f"since {last:.16} UTC" if last else "ever"
    return f"{account['address']}: {account['reason'] or account['health']} (none {since})"
