"""The command line. Thin: every import that costs time happens inside the command that needs it."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from cdisc_kit import __version__
from cdisc_kit.errors import CdiscKitError, FatalFindingsError
from cdisc_kit.share_cli import share
from cdisc_kit.synth import DEMO_SEED

FAIL_ON = ("warn", "error", "fatal", "never")
FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)


class _Commands(click.Group):
    """Turns the kit's errors into a message on stderr and the exit code of their kind."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CdiscKitError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except OSError as error:
            # a folder that cannot be written, a full disk: the system's own message, without values
            click.echo(f"{error.filename or 'file system'}: {error.strerror or error}", err=True)
            ctx.exit(CdiscKitError.exit_code)


fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    default="error",
    show_default=True,
    help="Least severity that gives exit code 1.",
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cdisc-kit")
@click.option("-v", "--verbose", is_flag=True, help="Say what is being done, on stderr.")
def main(verbose: bool) -> None:
    """Raw case-report-form data to an SDTM submission package, from declarative YAML mappings."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(message)s",
        force=True,
    )


@main.command()
@click.option("--study", "name", required=True, help="Study key, registry id (any case) or mapping folder.")
@click.option("--raw", type=FOLDER, help="Folder of raw exports [default: ./raw/<study>].")
@click.option(
    "--demo", is_flag=True, help="Generate clean synthetic data on the fly instead of reading --raw."
)
@click.option("--out", type=FOLDER, help="Folder of the package [default: out/<study>].")
@click.option(
    "--text",
    type=click.Choice(["ascii", "utf8", "gb18030"]),
    default="ascii",
    show_default=True,
    help="Encoding of the XPT files; utf8 and gb18030 give a Chinese package.",
)
@click.option(
    "--decisions",
    type=FILE,
    multiple=True,
    help="Show the decisions in this YAML file in the reviewer's guide; may be given several times.",
)
@click.option(
    "--key", type=FILE, help="Master key of the release for review; without it only --demo has one."
)
@click.option("--no-ipd", is_flag=True, help="Make no de-identified release for review.")
@fail_on_option
@click.option("--mappings", type=FOLDER, help="Folder that holds the studies' mapping folders.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def build(
    name: str,
    raw: Path | None,
    demo: bool,
    out: Path | None,
    text: str,
    decisions: tuple[Path, ...],
    key: Path | None,
    no_ipd: bool,
    fail_on: str,
    mappings: Path | None,
    as_json: bool,
) -> None:
    """Build a study's SDTM package: XPT, Define-XML, reviewer's guide and the findings report.

    Beside it, a de-identified release for review, of a study that has a policy for sharing.
    """
    from cdisc_kit.build_command import build_package

    if raw is not None and demo:
        raise click.UsageError("give --raw or --demo, not both")
    if key is not None and no_ipd:
        raise click.UsageError("give --key or --no-ipd, not both")
    try:
        result = build_package(
            name,
            raw=raw,
            demo=demo,
            out=out,
            text=text,
            mappings=mappings,
            decisions=decisions,
            key=key,
            ipd=not no_ipd,
        )
    except FatalFindingsError as error:
        if as_json:
            counts = Counter(finding.severity for finding in error.findings)
            click.echo(json.dumps({"failed": True, "findings": counts}, ensure_ascii=False, indent=1))
        raise
    click.echo(json.dumps(result.summary(), ensure_ascii=False, indent=1) if as_json else result.text())
    sys.exit(1 if result.fails(fail_on) else 0)


@main.command()
@click.option("--study", "name", required=True, help="Study key or registry id (any case).")
@click.option("--out", type=FOLDER, required=True, help="Folder to write the raw files to (new or empty).")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=DEMO_SEED,
    show_default=True,
    help="Seed; the same seed gives the same bytes.",
)
@click.option(
    "--subjects", type=click.IntRange(min=1), help="Number of subjects [default: the registered size]."
)
@click.option(
    "--dirt",
    type=click.Choice(["none", "light", "full"]),
    default="none",
    show_default=True,
    help="How dirty the data are.",
)
@click.option("--dirt-case", type=int, metavar="N", help="Plant this one case of dirt alone.")
@click.option(
    "--container",
    type=click.Choice(["xlsx", "odm"]),
    help="Workbook or CDISC ODM 1.3.2, for a study that has both [default: the study's usual files].",
)
@click.option("--mappings", type=FOLDER, help="Folder that holds the studies' mapping folders.")
def synth(
    name: str,
    out: Path,
    seed: int,
    subjects: int | None,
    dirt: str,
    dirt_case: int | None,
    container: str | None,
    mappings: Path | None,
) -> None:
    """Write a study's synthetic raw data, with truth.json beside them."""
    from cdisc_kit.synth.run import write_synthetic

    folder = write_synthetic(
        name,
        out,
        seed=seed,
        subjects=subjects,
        dirt=dirt,
        dirt_case=dirt_case,
        container=container,
        mappings=mappings,
    )
    click.echo(f"SYNTHETIC raw data of {folder.key} written to {out}")


@main.command()
@click.option("--mappings", type=FOLDER, help="Folder that holds the studies' mapping folders.")
def studies(mappings: Path | None) -> None:
    """List the studies there are mappings for."""
    from cdisc_kit.locate import mappings_folder
    from cdisc_kit.locate import studies as known

    folder = mappings_folder(mappings)
    for key, aliases in known(folder).items():
        click.echo("\t".join([key, *aliases]))


@main.command("test-mapping")
@click.argument("name", metavar="STUDY")
@click.option("--domain", default="", help="Run the tests of this domain alone.")
@click.option("--mappings", type=FOLDER, help="Folder that holds the studies' mapping folders.")
def test_mapping(name: str, domain: str, mappings: Path | None) -> None:
    """Run a mapping's own tests and list the branches of it that no test takes."""
    from cdisc_kit.mapping_tests import run_mapping_tests

    result = run_mapping_tests(name, mappings, domain.upper())
    click.echo(result.text())
    sys.exit(1 if result.failed else 0)


@main.command()
@click.argument("folder", type=FOLDER)
@click.option("--define", type=FILE, help="Define-XML of the package [default: define.xml in the folder].")
@click.option(
    "--engine",
    type=click.Choice(["builtin", "core", "both"]),
    default="builtin",
    show_default=True,
    help="Who judges: the built-in rules, CDISC's own rules engine, or both.",
)
@click.option(
    "--report",
    "reports",
    type=FILE,
    multiple=True,
    help="Write the result to this .html, .xlsx, .json or .xml (JUnit) file; may be given several times.",
)
@click.option(
    "--decisions",
    type=FILE,
    multiple=True,
    help="Apply the decisions in this YAML file; may be given several times.",
)
@click.option(
    "--ig", default="", metavar="VERSION", help="The SDTMIG the package follows, where it does not say."
)
@fail_on_option
def check(
    folder: Path,
    define: Path | None,
    ig: str,
    engine: str,
    reports: tuple[Path, ...],
    decisions: tuple[Path, ...],
    fail_on: str,
) -> None:
    """Judge any folder of SDTM datasets (XPT or Dataset-JSON)."""
    from cdisc_kit.check_command import check_package, text

    result = check_package(folder, define=define, engine=engine, reports=reports, decisions=decisions, ig=ig)
    click.echo(text(result))
    sys.exit(result.exit_code(fail_on))


@main.group()
def ct() -> None:
    """Controlled terminology beside the package that comes with the kit."""


@ct.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--package",
    type=click.Choice(["sdtm", "define-xml"]),
    help="Which terminology it is, where the file does not say.",
)
@click.option("--date", default="", metavar="YYYY-MM-DD", help="Its date, where the file does not say.")
def ct_import(file: Path, package: str | None, date: str) -> None:
    """Read a published terminology file (NCI text, XLSX or ODM-XML, CDISC Library JSON)."""
    from cdisc_kit.ct_command import import_ct

    if date and not _is_date(date):
        raise click.BadParameter("a date is written YYYY-MM-DD", param_hint="--date")
    click.echo(import_ct(file, package=package or "", date=date).text())


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


main.add_command(share)
