"""Every setting of postbus: its name, type, default and meaning.

Values come from, in rising order of weight: the defaults below, a TOML file, the environment
(`POSTBUS_SMTP__LISTEN`), arguments of the command line (`--data`). All faults are reported at once, each with its
file, key, value and what was expected; an unknown key names the nearest known one.
Raises ConfigurationError only.
"""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_origin

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from receiver.config_accounts import AccountSettings
from receiver.config_catalogue import CatalogueSettings
from receiver.config_rendering import RenderingSettings as RenderingSettings
from receiver.config_smtp import SmtpSettings as SmtpSettings
from receiver.setting_faults import holds_secret, nearest_name, sentence
from receiver.setting_values import (
    MASK,
    DatabaseUrl,
    DataFolder,
    Domain,
    ListenOrNothing,
    Section,
    without_password,
)

ENVIRONMENT_PREFIX = "POSTBUS_"
# These two name where to look; they are read by the command line, not as settings.
NOT_SETTINGS = frozenset({"POSTBUS_CONFIG"})


class ConfigurationError(Exception):
    """One or more settings cannot be used; `faults` holds a sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class DatabaseSettings(Section):
    """Where rows are kept."""

    url: DatabaseUrl = Field(
        "", description="SQLAlchemy URL; empty: SQLite in the data folder. postgresql+psycopg://… for PostgreSQL."
    )


class AddressSettings(Section):
    """Import addresses."""

    domains: list[Domain] = Field(
        default=["in.example.com"],
        min_length=1,
        description="Domains whose MX points here; new import addresses get the first.",
    )


class JournalSettings(Section):
    """The journal of accepted mail."""

    segment_octets: int = Field(64 * 1024**2, ge=1024**2, description="Size of one preallocated segment.")
    memory_octets: int = Field(256 * 1024, ge=4096, description="Messages above this get a file of their own.")
    reserve_octets: int = Field(
        256 * 1024**2, ge=0, description="Free space kept beyond what the backlog needs; below: 452 4.3.1."
    )
    rotate_seconds: float = Field(
        300.0, gt=0, description="Age at which a segment is closed, so that settled mail leaves the journal."
    )


class PipelineSettings(Section):
    """The worker that settles what was accepted, and its parsing children."""

    parsers: int = Field(0, ge=0, le=64, description="Parsing children; 0: one per core.")
    batch_messages: int = Field(64, ge=1, le=1000, description="Messages settled in one transaction at most.")
    batch_octets: int = Field(
        16 * 1024**2, ge=1024**2, description="Octets read from the journal for one batch at most."
    )
    parse_seconds: float = Field(30.0, gt=0, description="Wall time one message may take to parse.")
    parse_memory_octets: int = Field(1024**3, ge=128 * 1024**2, description="Address space of a parsing child.")
    max_depth: int = Field(100, ge=1, description="Nested MIME parts read; deeper ones are left packed.")
    max_parts: int = Field(1000, ge=1, description="MIME parts read of one message.")
    max_decoded_octets: int = Field(256 * 1024**2, ge=1024**2, description="Decoded octets read of one message.")


class JobSettings(Section):
    """Slow work."""

    lease_seconds: float = Field(
        60.0, ge=1, description="How long a claimed job is left alone; renewed at a third of it."
    )
    attempts: int = Field(5, ge=1, description="Attempts before a job counts as failed.")
    poll_seconds: float = Field(1.0, gt=0, description="How often waiting jobs are looked for.")


class RetentionSettings(Section):
    """How long mail is kept."""

    not_imported_days: int = Field(
        90, ge=1, le=36500, description="Mail that was not imported; a tenant may have its own."
    )


class LogSettings(Section):
    """Logs, to stderr."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level written.")
    format: Literal["auto", "json", "console"] = Field("auto", description="auto: console on a terminal, else JSON.")


class MetricsSettings(Section):
    """What is counted, for Prometheus."""

    listen: ListenOrNothing = Field(
        "", description="Address and port of GET /metrics, for example 127.0.0.1:9125; empty: not served."
    )


class DoctorSettings(Section):
    """What `postbus doctor` asks."""

    resolver: ListenOrNothing = Field("", description="Name server, for example 9.9.9.9:53; empty: the system's.")
    mx_port: int = Field(25, ge=1, le=65535, description="Port at which senders reach the MX.")


class Plan(Section):
    """What a tenant's package includes."""

    central_mailbox: bool = Field(True, description="Whether mail to the tenant's import addresses is taken.")
    refusal: str = Field("", description="Words for the sender when it is not (printable ASCII); empty: ours.")


BUILT_IN_PLANS = {
    "standard": Plan(),
    "candis": Plan(central_mailbox=False),
    "fastbill": Plan(central_mailbox=False),
}


class Settings(BaseSettings):
    """The whole configuration, checked."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    data: DataFolder = Field(Path("/var/lib/postbus"), description="Folder for everything postbus keeps.")
    language: Literal["en", "de", "nl"] = Field("en", description="Language of reasons on screen.")
    database: DatabaseSettings = DatabaseSettings()
    addresses: AddressSettings = AddressSettings()
    smtp: SmtpSettings = SmtpSettings()
    journal: JournalSettings = JournalSettings()
    pipeline: PipelineSettings = PipelineSettings()
    rendering: RenderingSettings = RenderingSettings()
    jobs: JobSettings = JobSettings()
    retention: RetentionSettings = RetentionSettings()
    accounts: AccountSettings = AccountSettings()
    log: LogSettings = LogSettings()
    catalogue: CatalogueSettings = CatalogueSettings()
    metrics: MetricsSettings = MetricsSettings()
    doctor: DoctorSettings = DoctorSettings()
    plans: dict[str, Plan] = Field(
        default_factory=dict, description="Further plans, or others in place of the built-in ones."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`load` merges the sources itself, so that each fault can name where its value came from."""
        return (init_settings,)

    def all_plans(self) -> Mapping[str, Plan]:
        """Every plan by name: the built-in ones, then those of the configuration."""
        return BUILT_IN_PLANS | self.plans

    def database_url(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database.url or f"sqlite:///{self.data / 'postbus.db'}"

    def journal_folder(self) -> Path:
        """Where doors keep what they accepted."""
        return self.data / "journal"

    def blob_folder(self) -> Path:
        """Where raw mail and documents are kept."""
        return self.data / "blobs"

    def font_folder(self) -> Path:
        """Where the renderer keeps its pick of fonts with its cache: systemd's cache folder, else the data folder."""
        return Path(os.environ.get("CACHE_DIRECTORY") or self.data) / "fonts"

    def render_socket(self) -> Path:
        """Where the renderer listens."""
        return Path(self.rendering.socket) if self.rendering.socket else self.data / "run" / "render.sock"


def load(config_file: Path | None, data: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read file and environment and check everything at once.

    Raises ConfigurationError with a sentence for every fault found.
    """
    from_file, faults = _read_file(config_file) if config_file else ({}, [])
    from_environment, more_faults = _read_environment(environment)
    faults += more_faults
    merged = _merge(from_file, from_environment)
    if data is not None:
        merged["data"] = data
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        faults += [
            sentence(dict(e), _where(e["loc"], from_environment, config_file), _known_keys(e["loc"]), secret_keys())
            for e in error.errors()
        ]
    if faults:
        raise ConfigurationError(faults)
    return settings


def walk(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every leaf setting as (dotted key, field, default): the reference and the example file are checked against it."""
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Section):
            yield from walk(annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field, field.get_default(call_default_factory=True, validated_data={})


def secret_keys() -> set[str]:
    """Dotted keys of the settings whose values are shown nowhere."""
    return {key for key, field, _ in walk() if field.annotation is SecretStr}


def _read_file(path: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig")), []
    except OSError as error:
        return {}, [f"{path}: cannot be read ({error.strerror}); check --config or POSTBUS_CONFIG"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, [f"{path}: not valid TOML: {error}"]


def _read_environment(environment: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    ours = {k: v for k, v in environment.items() if k.startswith(ENVIRONMENT_PREFIX) and k not in NOT_SETTINGS}
    wrong = _unknown_variables(ours) | _unreadable_variables(ours)
    source = EnvSettingsSource(Settings)
    source.env_vars = {k.lower(): v for k, v in ours.items() if k not in wrong}
    faults = [wrong[name] for name in sorted(wrong)]
    try:
        return source(), faults
    except ValueError as error:
        return {}, [*faults, f"environment: {error}"]


def _unknown_variables(ours: Mapping[str, str]) -> dict[str, str]:
    known = {_variable(key) for key, _, _ in walk()}
    tables = {_variable(name) for name in _tables()}
    unknown = [k for k in ours if k not in known | tables and not k.startswith(f"{_variable('plans')}__")]
    return {name: f"environment: {name}: no such setting{nearest_name(name, known)}" for name in unknown}


def _unreadable_variables(ours: Mapping[str, str]) -> dict[str, str]:
    samples = {
        _variable(key): default for key, field, default in walk() if get_origin(field.annotation) in {list, dict}
    }
    samples |= {_variable(name): {} for name in _tables()}
    faults = {}
    for name in samples.keys() & ours.keys():
        if not _is_json(ours[name], type(samples[name])):
            is_secret = holds_secret(name, {_variable(key).replace("__", ".") for key in secret_keys()})
            value, sample = MASK if is_secret else repr(without_password(ours[name])[:200]), json.dumps(samples[name])
            faults[name] = f"environment: {name} = {value}: expected JSON, for example {sample}"
    return faults


def _is_json(text: str, kind: type) -> bool:
    try:
        return isinstance(json.loads(text), kind)
    except ValueError:
        return False


def _variable(key: str) -> str:
    return ENVIRONMENT_PREFIX + key.upper().replace(".", "__")


def _merge(low: dict[str, Any], high: dict[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for key, value in high.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _where(location: tuple[int | str, ...], from_environment: dict[str, Any], config_file: Path | None) -> str:
    node: Any = from_environment
    for part in location:
        if isinstance(node, list):
            break
        if not isinstance(node, dict) or part not in node:
            return str(config_file) if config_file else "settings"
        node = node[part]
    return "environment"


def _known_keys(location: tuple[int | str, ...]) -> set[str]:
    plan = {f"plans.{location[1]}.{name}" for name in Plan.model_fields} if location[0] == "plans" else set()
    return plan or {key for key, _, _ in walk()} | _tables()


def _tables() -> set[str]:
    return {key.partition(".")[0] for key, _, _ in walk() if "." in key}
