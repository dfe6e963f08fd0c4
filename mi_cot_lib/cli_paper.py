"""The commands `mi-cot paper`, `mi-cot reproduce` and `mi-cot report`: any item, and a page of them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_cot_lib import cli_options as options
from mi_cot_lib.errors import ConfigError, KitError

if TYPE_CHECKING:
    from mi_cot_lib.experiments.asked.item import Item
    from mi_cot_lib.experiments.request import Request
    from mi_cot_lib.experiments.running.engines import Engine
    from mi_cot_lib.experiments.running.execute import Outcome

# What `request_of` takes.
_CHOICES = options.together(
    options.preset,
    options.seeds(),
    click.option(
        "--judge",
        metavar="MODEL",
        help="Let this LLM judge rationales (OPENAI_API_KEY, OPENAI_BASE_URL); default: the exact judge of "
        "built-in data.",
    ),
    click.option(
        "--embedder",
        metavar="MODEL",
        help="Compare rationales with the teacher's by this model's embeddings (Table 7): a model id or a "
        "folder; default: minilm, as records hold it or once `mi-cot student fetch minilm` got it.",
    ),
    options.runs("runs/paper"),
    options.out("figures/paper/PRESET"),
)
_FRESH = click.option(
    "--fresh", is_flag=True, help="Train anew instead of using the records of the kit."
)


@click.command()
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@click.option("--list", "listing", is_flag=True, help="Show every item and how far it is.")
@options.as_json("Print for other programs. ")
@click.option("--plan", "planning", is_flag=True, help="Only say what the runs would take.")
@_FRESH
@click.option(
    "--record",
    "recording",
    is_flag=True,
    help="Also commit: records to results/, the page and README brought up to date.",
)
@options.engine
@_CHOICES
def paper(
    items: tuple[str, ...],
    listing: bool,
    as_json: bool,
    planning: bool,
    recording: bool,
    jobs: int | None,
    engine: "Engine",
    **choices: Any,
) -> None:
    """Make tables and figures of the paper, table1 … table8, figure2 … figure5 or all; answer what it leaves
    open, question1 … question7 or questions; or what was declared, declared and declared_whole; or measure
    its students, information. `--list` names all.

    \b
    mi-cot paper --list                     what there is, and what is missing
    mi-cot paper table1                     from the records that came with the kit
    mi-cot paper table1 --json              the same as one object for other programs
    mi-cot paper table1 --fresh --seeds 2   trained here, in runs/paper
    mi-cot paper all --preset paper --plan  what the paper's own setting would take

    What is missing is trained first; a second call trains only what is still missing. The files, ITEM.md,
    .csv, .tex, .json and .png, are in figures/paper/PRESET.
    """
    from mi_cot_lib.experiments.asked.items import items_named, items_of
    from mi_cot_lib.experiments.page import SECTIONS, write_page, write_readme
    from mi_cot_lib.experiments.request import describe_status, request_of, status

    request = request_of(**choices)
    preset = request.preset.name
    chosen = items_named(items, preset)
    if not request.judge.can_judge(request.preset):
        unasked = [item for item in chosen if item.is_judged and item.id not in items]
        chosen = [item for item in chosen if item not in unasked]
        if unasked:
            names = ", ".join(item.id for item in unasked)
            click.echo(f"note: {names} need a judge of rationales (--judge MODEL).", err=True)
    if not (chosen or listing):
        raise click.UsageError("name a table, figure or question, all, questions, or --list.")
    if listing:
        for item in chosen or items_of(preset):
            one = status(item, request)
            click.echo(json.dumps(one, sort_keys=True) if as_json else describe_status(one))
        return
    planned = request.plan(chosen)
    impossible = bool(planned.missing and planned.runs)
    if planning or impossible:
        names = ", ".join(item.id for item in chosen)
        if as_json:
            plans = {"id": names, "preset": preset, "planned": planned.to_dict()}
            click.echo(json.dumps(plans, sort_keys=True))
        else:
            head = f"Plan of {names}, preset {preset}: what is not there yet. Nothing is run."
            click.echo(f"{head}\n\n{planned}")
        if not planning:
            lacking = ", ".join(" ".join(one).strip() for one in planned.missing)
            raise KitError(
                f"{names} not made, as this machine lacks {lacking}; --plan says how to get it."
            )
        return
    failures = _make(chosen, request, engine, jobs, recording=recording, as_json=as_json)
    if recording and not failures:
        made, failures = write_page(request)
        click.echo(request.out / "report.html")
        if preset in SECTIONS and choices["out"] is None:
            click.echo(write_readme(made, preset))
    _tell(failures)


@click.command()
@click.option(
    "--dataset",
    default="nano_cqa",
    show_default=True,
    help="Built in or real, see `mi-cot run -h`.",
)
@options.seeds(5)
@options.engine
@options.runs("runs/reproduce")
@options.out("figures/reproduce")
def reproduce(
    dataset: str,
    seeds: int,
    jobs: int | None,
    engine: "Engine",
    runs: Path | None,
    out: Path | None,
) -> None:
    """Do rationales help, is it what they say, and does the MI loss add anything? Train, compare, draw.

    Finetuning, DSS, MI, and DSS with the rationales of other questions, on as few examples as make
    rationales matter most.

    Finished runs are kept and an interrupted call goes on where it stopped. Each run is an executed copy of
    notebooks/03_train.ipynb in its folder. The same as `mi-cot paper methods --fresh`, on any data set; but a
    run ends after 5 validations without gain, where the tables' wait for 8.
    """
    from mi_cot_lib.experiments.asked.items import item_named
    from mi_cot_lib.experiments.asked.presets import for_dataset
    from mi_cot_lib.experiments.page import write_results
    from mi_cot_lib.experiments.request import request_of
    from mi_cot_lib.machine import repository_root

    asked = request_of(
        runs=runs or repository_root() / "runs" / "reproduce",
        out=out or repository_root() / "figures" / "reproduce",
        seeds=seeds,
        fresh=True,
    )
    preset, item = for_dataset(asked.preset, item_named("methods"), dataset)
    request = replace(asked, preset=preset)
    _tell(_train([item], request, engine, jobs))
    command = f"mi-cot reproduce --dataset {dataset}"
    page = write_results([request.result(item)], request, {item.id: command}, command)
    click.echo(f"\nresult:   {page}\nfigures:  {request.out}\nruns:     {request.places.runs}")


@click.command()
@_FRESH
@options.engine
@_CHOICES
def measure(jobs: int | None, engine: "Engine", **choices: Any) -> None:
    """Measure I(Z;V), I(Z;Y) and H(V) of trained students, and whether the MI term raised them.

    V and Z are what the student's decoder holds while it writes a label and a rationale, Y is the gold label.
    The same as `mi-cot paper information`: students that are not there are trained first.
    """
    from mi_cot_lib.experiments.asked.items import item_named
    from mi_cot_lib.experiments.request import request_of

    _tell(_make([item_named("information")], request_of(**choices), engine, jobs))


@click.command()
@_CHOICES
def report(**choices: Any) -> None:
    """Put every item whose runs are there on one page, and nothing is trained for it.

    Writes report.html (self-contained), and each item's files to --out.
    """
    from mi_cot_lib.experiments.page import write_page
    from mi_cot_lib.experiments.request import request_of

    request = request_of(**choices)
    made, failures = write_page(request)
    if not made and not failures:
        preset = request.preset.name
        raise ConfigError(
            f"no finished runs of preset {preset} in {request.places.runs}, nor any that came with "
            f"the kit; `mi-cot paper table1 --preset {preset}` makes the first."
        )
    click.echo(request.out / "report.html")
    _tell(failures)


def _make(
    items: "Sequence[Item]",
    request: "Request",
    engine: "Engine",
    jobs: int | None,
    *,
    recording: bool = False,
    as_json: bool = False,
) -> "list[Outcome]":
    """Train what is missing and write each item's files."""
    from mi_cot_lib.experiments.records import Found, commit
    from mi_cot_lib.experiments.running.execute import Outcome
    from mi_cot_lib.report.export import to_object, write_item
    from mi_cot_lib.training.record import results_folder

    failures = _train(items, request, engine, jobs, results_folder() if recording else None)
    for item in items:
        try:
            result = request.result(item)
        except KitError as error:
            failures.append(Outcome(item.id, str(error)))
            continue
        files = write_item(result, request.out, request.command(f"paper {item.id}"))
        if recording:
            # The result's own runs: what was added to their records goes with them.
            commit(Found(list(result.runs)), results_folder(), item.needs)
        if as_json:
            click.echo(json.dumps(to_object(result, [str(path) for path in files])))
        else:
            click.echo(files[0])
    return failures


def _train(
    items: "Sequence[Item]",
    request: "Request",
    engine: "Engine",
    jobs: int | None,
    results: Path | None = None,
) -> "list[Outcome]":
    """Train what is missing, if what comes after it can be done."""
    from mi_cot_lib.experiments.records import make_missing
    from mi_cot_lib.files import refuse_unwritable

    if any(item.is_judged for item in items):
        request.judge.check(request.preset)
    refuse_unwritable(request.out, "Name another folder with --out.")
    return make_missing(
        items,
        request.preset,
        request.places,
        seeds=request.seeds,
        jobs=jobs,
        engine=engine,
        results=results,
    )


def _tell(failures: "Sequence[Outcome]") -> None:
    """Name every failure, and end with an exit status that is not zero if there is one."""
    for failure in failures:
        click.echo(f"FAILED {failure.run}: {failure.error}", err=True)
    if failures:
        raise KitError(f"{len(failures)} failed, see above; what else was asked for is made.")
