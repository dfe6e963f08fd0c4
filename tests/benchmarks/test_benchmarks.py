"""Each benchmark runs, compares like with like, and ends in one JSON line; no time is judged."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mi_cot_lib.experiments.asked.items import item_named
from mi_cot_lib.experiments.asked.presets import preset_named
from mi_cot_lib.experiments.asked.wanted import runs_of
from mi_cot_lib.objective.forms import FORMS

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--student", "nano", "--repeats", "1"]
CALLS = {
    "train_step": (
        [*SMALL, "--batch-size", "2", "--memory-batch-size", "2"],
        ("speedup_equal_precision", "speedup_default", "memory_share"),
    ),
    "mi_forms": ([*SMALL, "--batch-size", "4"], tuple(f"cost_{form}" for form in FORMS)),
    "evaluate": (
        [*SMALL, "--batch-size", "4", "--limit", "8", "--finetune-steps", "2"],
        ("speedup_evaluate", "speedup_evaluate_ending"),
    ),
    "tokenise": ([*SMALL], ("speedup_tokenise",)),
    "decoder_step": (
        ["--student", "nano_llama", "--repeats", "1", "--batch-size", "2"],
        ("speedup", "speedup_of_sharing"),
    ),
}


def last_line(name: str, arguments: list[str], cwd: Path = ROOT) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", CALLS)
def test_a_benchmark_ends_in_its_ratios(name):
    arguments, keys = CALLS[name]
    result = last_line(name, arguments)
    for key in keys:
        assert result[key].keys() == {"median", "min", "max"}, key
        assert 0 < result[key]["min"] <= result[key]["median"] <= result[key]["max"], key
    assert {"processor", "versions"} <= result["machine"].keys()


def test_whole_runs_are_timed_against_finetuning():
    result = last_line("nano_run", ["--max-steps", "2"])
    times = result["times_finetuning"]
    assert [spread["median"] for run, spread in times.items() if "Finetuning" in run] == [1]
    assert len(times) == len(runs_of(item_named("methods"), preset_named("nano"), seeds=1))


def test_the_fast_step_holds_less_memory_than_the_logits_that_it_leaves_out():
    # Vocabulary x positions is 4 x (4 + 256) x 32128 floats, of which the plain way holds several.
    shape = ["--student", "nano", "--shape", "4", "256", "--vocabulary", "32128"]
    peaks = {
        way: last_line("memory", ["--way", way, *shape, "--precision", "fp32"])["mb"]
        for way in ("released", "fast")
    }
    logits = 4 * (4 + 256) * 32128 * 4 / 1e6
    assert peaks["released"] > 2 * logits
    assert peaks["fast"] < 2 * logits


def results_of(title: str) -> tuple[str, dict]:
    """Return a section of RESULTS.md and the JSON that it ends in."""
    text = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {title}")[1].split("\n## ")[0]
    return section, json.loads(section.split("```json\n")[1].split("\n```")[0])


@pytest.mark.parametrize("name", ["train_step", "mi_forms", "evaluate", "tokenise", "scaling"])
def test_results_hold_the_sections_that_readme_speaks_of(name):
    section, result = results_of(f"{name}\n")
    assert f"python -m benchmarks.{name}" in section
    assert result["benchmark"] == name


@pytest.mark.parametrize(
    ("title", "name"), [("scaling\n", "scaling"), ("scaling, ", "scaling_cuda")]
)
def test_the_drawn_numbers_are_those_of_the_results(title, name):
    _, result = results_of(title)
    rows = json.loads((ROOT / "figures" / "benchmarks" / f"{name}.json").read_text("utf-8"))
    for way, series in result["memory_mb"].items():
        for varied, values in series.items():
            drawn = [row["mb"] for row in rows if (row["way"], row["series"]) == (way, varied)]
            assert drawn == values
    assert (ROOT / "figures" / "benchmarks" / f"{name}.png").stat().st_size > 10_000
