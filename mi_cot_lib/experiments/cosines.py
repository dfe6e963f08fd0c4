"""Cosines of rationales with the teacher's: computed where the embedder is at hand, kept in a run's record.

A record's `cosine` holds, by the embedder's name, the mean over its `samples`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm.auto import tqdm

from mi_cot_lib.data.load import load_split
from mi_cot_lib.evaluation.overlap import embedding_cosine
from mi_cot_lib.report.runs import Record, Run
from mi_cot_lib.student.pretrained.packages import is_fetched

# The one whose numbers are kept: its files are pinned, so its name says what they are. That of a folder, or
# of a model of the hub, does not.
EMBEDDER = "minilm"
_DIGITS = 4


def cosines_of(record: Record, data_root: Path | str | None) -> Mapping[str, float]:
    """Return a record's cosines; that of `minilm` is added where it lacks and the embedder was fetched.

    Items without a rationale of the teacher do not count.
    """
    known: Mapping[str, float] = record.get("cosine", {})
    if EMBEDDER in known or not is_fetched(EMBEDDER):
        return known
    examples = load_split(record["config"]["dataset"], "test", data_root)
    gold = {one.id: one.rationale for one in examples}
    pairs = [(item["rationale"], gold[item["id"]]) for item in record["samples"]]
    both = [(mine, theirs) for mine, theirs in pairs if theirs]
    if not both:
        return known
    written, taught = zip(*both, strict=True)
    return {**known, EMBEDDER: round(embedding_cosine(written, taught, EMBEDDER), _DIGITS)}


def with_cosines(runs: Sequence[Run], data_root: Path | None) -> list[Run]:
    """Return the same runs, with the cosines in their records that can be had."""
    found = []
    for run in tqdm(runs, desc=f"cosines of {EMBEDDER}", unit="run", delay=1):
        cosines = cosines_of(run.record, data_root)
        found.append(replace(run, record={**run.record, "cosine": cosines}) if cosines else run)
    return found
