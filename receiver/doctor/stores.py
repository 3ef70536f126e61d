"""Whether what we keep can be kept: database, journal, jobs, and the renderer that makes PDFs.

Reads only.
"""

from datetime import UTC, datetime, timedelta

from receiver.config import Settings
from receiver.doctor.findings import Finding
from receiver.rendering.client import available
from rules.wording import words
from storage.account_glance import SilentAccount, glance_at_accounts
from storage.failures import NotFound, TemporaryFailure
from storage.glance import glance
from storage.journal import backlog
from storage.journal.room import DAMAGED_FOLDER

# What a worker settles within a few seconds.
_MANY = 1000
_SILENT = timedelta(days=1)


def judge_database(settings: Settings) -> list[Finding]:
    """Whether the database answers and has this version's tables, and whether jobs were given up."""
    init = "run postbus init"
    try:
        counts = glance(settings.database_url())
    except NotFound as failure:
        return [Finding("database", "failed", str(failure), init)]
    except TemporaryFailure as failure:
        return [Finding("database", "failed", str(failure), "start the database, and check database.url")]
    if not counts.is_current:
        return [Finding("database", "failed", "its tables are those of another version", init)]
    found = [Finding("database", "ok", f"answers, {counts.messages} messages")]
    if counts.jobs_failed:
        remedy = "postbus message show ID says what each waits for"
        found.append(Finding("jobs", "warning", f"{counts.jobs_failed} jobs were given up", remedy))
    else:
        found.append(Finding("jobs", "ok", f"{counts.jobs_pending} wait, none was given up"))
    return found


def judge_accounts(settings: Settings) -> list[Finding]:
    """Whether every linked account was pulled within a day; what the database lacks, its own check says."""
    try:
        found = glance_at_accounts(settings.database_url(), datetime.now(UTC) - _SILENT)
    except (NotFound, TemporaryFailure):
        return []
    if not found.by_health:
        return []
    if not found.silent:
        return [
            Finding("accounts", "ok", f"{sum(found.by_health.values())} linked accounts, each had a success lately")
        ]
    told = [_judge_silent(each, settings) for each in found.named]
    if found.silent > len(told):
        told.append(Finding("accounts", "warning", f"{found.silent} linked accounts in all had no success for a day"))
    return told


def _judge_silent(account: SilentAccount, settings: Settings) -> Finding:
    last = account.last_success_at
    why = words(account.code, account.params, settings.language) if account.code else account.health
    what = f"{account.address}: no success {f'since {last:.16} UTC' if last else 'ever'}: {why}"
    return Finding("accounts", "warning", what, f"postbus account test {account.id} goes through it step by step")


def judge_journal(settings: Settings) -> list[Finding]:
    """Whether what was accepted is settled, and whether anything of it could not be read."""
    folder = settings.journal_folder()
    if not folder.is_dir():
        return [Finding("journal", "failed", f"{folder}: there is no journal", "run postbus init")]
    try:
        waiting = backlog(folder)
        damaged = sum(1 for _ in (folder / DAMAGED_FOLDER).glob("*"))
    except OSError as error:
        remedy = "give it to the user who runs postbus (chown), or look at the disk"
        return [Finding("journal", "failed", f"{folder}: cannot be read ({error.strerror})", remedy)]
    found = [_judge_backlog(waiting.messages)]
    if damaged:
        remedy = "look at the disk (dmesg, smartctl); the octets are kept, and senders may have to send again"
        found.append(Finding("journal", "warning", f"{folder / DAMAGED_FOLDER}: {damaged} pieces were damaged", remedy))
    return found


def _judge_backlog(messages: int) -> Finding:
    told = f"{messages} messages wait to be settled"
    if messages > _MANY:
        remedy = "look for worker_paused in the log: database or disk may be away; else the worker catches up by itself"
        return Finding("journal", "warning", told, remedy)
    return Finding("journal", "ok", told)


def judge_renderer(settings: Settings) -> Finding:
    """Whether e-mail text can be made into PDFs, as the renderer has proved on a page; without it mail comes in too."""
    obstacle = available(settings.rendering, settings.render_socket())
    if obstacle is None:
        return Finding("renderer", "ok", "makes PDFs")
    remedy = (
        "start postbus; the reason stands in the log" if obstacle.code == "render_no_renderer" else "do what it says"
    )
    told = words(obstacle.code, obstacle.params, settings.language)
    return Finding("renderer", "warning", f"{told}; bodies stay HTML until it can", remedy)
