"""The `share` commands of the command line. Thin, like the rest of it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)

study_option = click.option("--study", "name", required=True, help="Study key or registry id (any case).")
raw_option = click.option("--raw", type=FOLDER, help="Folder of raw exports [default: ./raw/<study>].")
demo_option = click.option("--demo", is_flag=True, help="Synthetic data and the published demonstration key.")
key_option = click.option("--key", type=FILE, help="File of the master key; without it only --demo works.")
log_key_option = click.option("--key", type=FILE, help="File of the master key, to tell who wrote the log.")
state_option = click.option(
    "--state", type=FOLDER, help="Folder of the study's sharing [default: ipd/<study>]."
)
mappings_option = click.option(
    "--mappings", type=FOLDER, help="Folder that holds the studies' mapping folders."
)


@click.group()
def share() -> None:
    """De-identified individual participant data: prepare, pack, mail, verify, log."""


@share.command("prepare")
@study_option
@raw_option
@demo_option
@key_option
@click.option("--request", type=FILE, help="Request file of a recipient [default: a release for review].")
@click.option("--tier", default="", help="Tier of a release for review [default: the policy's].")
@state_option
@mappings_option
def prepare(
    name: str,
    raw: Path | None,
    demo: bool,
    key: Path | None,
    request: Path | None,
    tier: str,
    state: Path | None,
    mappings: Path | None,
) -> None:
    """De-identify a study and judge the result; nothing leaves."""
    from cdisc_kit.share_command import Run, prepare_release

    _one_source(raw, demo)
    result = prepare_release(Run(name, raw, demo, key, state, mappings), request=request, tier=tier)
    click.echo(result.text())


@share.command("pack")
@study_option
@raw_option
@demo_option
@key_option
@click.option("--request", type=FILE, required=True, help="Request file: who asks, for what, who approved.")
@click.option("--override", type=FILE, help="Gates that an ethics committee lets pass, by its number.")
@click.option(
    "--max-mb",
    type=click.IntRange(min=1),
    default=14,
    show_default=True,
    help="Largest sealed file; what is larger is cut into volumes.",
)
@state_option
@mappings_option
def pack(
    name: str,
    raw: Path | None,
    demo: bool,
    key: Path | None,
    request: Path,
    override: Path | None,
    max_mb: int,
    state: Path | None,
    mappings: Path | None,
) -> None:
    """Seal the package of one recipient and log it, if every gate lets it pass."""
    from cdisc_kit.share_command import Run, pack_release

    _one_source(raw, demo)
    run = Run(name, raw, demo, key, state, mappings)
    click.echo(pack_release(run, request=request, override=override, max_mb=max_mb).text())


@share.command("mail")
@study_option
@click.option("--release", required=True, metavar="ID", help="The release, as its request file names it.")
@click.option("--from", "sender", required=True, metavar="ADDRESS", help="Address of the sender.")
@click.option("--out", type=FOLDER, help="Folder of the drafts [default: beside the sealed package].")
@click.option("--send", is_flag=True, help="Send the mails instead of writing drafts.")
@click.option("--smtp", default="", metavar="HOST:PORT", help="Mail server to send through.")
@click.option("--smtp-user", default="", help="Name to log in with.")
@click.option("--smtp-password-file", type=FILE, help="File of the password, readable by its owner alone.")
@click.option(
    "--smtp-tls",
    type=click.Choice(["starttls", "implicit"]),
    default="starttls",
    show_default=True,
    help="How the connection is encrypted; an open one is refused.",
)
@log_key_option
@state_option
@mappings_option
def mail(
    name: str,
    release: str,
    sender: str,
    out: Path | None,
    send: bool,
    smtp: str,
    smtp_user: str,
    smtp_password_file: Path | None,
    smtp_tls: str,
    key: Path | None,
    state: Path | None,
    mappings: Path | None,
) -> None:
    """Write, or send, the mails that bring a sealed package to whom the log names."""
    from cdisc_kit.share_command import mail_release, mail_server

    if send != bool(smtp):
        raise click.UsageError("--send and --smtp HOST:PORT belong together")
    if send and out is not None:
        raise click.UsageError("give --out for drafts or --send, not both")
    server = None
    if send:
        server = mail_server(smtp, smtp_user, smtp_password_file, implicit=smtp_tls == "implicit")
    said = mail_release(
        name, release=release, sender=sender, out=out, server=server, key=key, state=state, mappings=mappings
    )
    click.echo(said)


@share.command("verify")
@click.argument("package", type=click.Path(path_type=Path, exists=True))
@click.option("--passphrase-file", type=FILE, help="File of the passphrase of a sealed package.")
def verify(package: Path, passphrase_file: Path | None) -> None:
    """Judge a package with nothing but the package: sealed, its payload.zip, or unpacked."""
    from cdisc_kit.share_command import verify_package

    result = verify_package(package, passphrase_file)
    click.echo(result.text())
    sys.exit(1 if result.problems else 0)


@share.command("log")
@study_option
@click.option("--verify", "judge", is_flag=True, help="Hold the sealed packages against the log, too.")
@log_key_option
@state_option
@mappings_option
def log(name: str, judge: bool, key: Path | None, state: Path | None, mappings: Path | None) -> None:
    """List the releases of a study, and tell whether the log was changed."""
    from cdisc_kit.share_command import log_report

    result = log_report(name, judge=judge, key=key, state=state, mappings=mappings)
    click.echo(result.text())
    sys.exit(1 if result.problems else 0)


def _one_source(raw: Path | None, demo: bool) -> None:
    if raw is not None and demo:
        raise click.UsageError("give --raw or --demo, not both")


@share.group("key")
def key_group() -> None:
    """The master key from which every pseudonym of a study is derived."""


@key_group.command("new")
@click.argument("file", type=FILE)
def key_new(file: Path) -> None:
    """Write a new random master key to FILE, readable by its owner alone."""
    from cdisc_kit.ipd.key import new_key

    click.echo(f"key {new_key(file)} in {file}; keep it apart from the data, and keep it: no copy exists")


@key_group.command("id")
@click.argument("file", type=FILE)
def key_identity(file: Path) -> None:
    """Print the id of the key in FILE, as the release log names it."""
    from cdisc_kit.ipd.key import key_id, read_key

    click.echo(key_id(read_key(file)))
