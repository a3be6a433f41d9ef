"""The `share` commands of the command line. Thin, like the rest of it."""

from __future__ import annotations

from pathlib import Path

import click

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)

study_option = click.option("--study", "name", required=True, help="Study key or registry id (any case).")
key_option = click.option("--key", type=FILE, help="File of the master key; without it only --demo works.")
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
@click.option("--raw", type=FOLDER, help="Folder of raw exports [default: ./raw/<study>].")
@click.option("--demo", is_flag=True, help="Synthetic data and the published demonstration key.")
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
    from cdisc_kit.share_command import prepare_release

    if raw is not None and demo:
        raise click.UsageError("give --raw or --demo, not both")
    result = prepare_release(
        name, raw=raw, demo=demo, key=key, request=request, tier=tier, state=state, mappings=mappings
    )
    click.echo(result.text())


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
