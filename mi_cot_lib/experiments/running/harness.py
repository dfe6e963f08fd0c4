"""A data set's questions as a task of the Language Model Evaluation Harness, asked as a student was taught.

The harness (`lm_eval`, an extra) loads a student by transformers alone, so that whoever doubts the kit's
score can have another's.
"""

import json
from pathlib import Path

from mi_cot_lib.data.described import locate_dataset
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import DATASETS
from mi_cot_lib.errors import ConfigError, DataError
from mi_cot_lib.experiments.running.checkpoint import open_checkpoint, refuse_other_labels
from mi_cot_lib.files import write_atomically, write_lines
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.report.answer import WORDS
from mi_cot_lib.student.folder import ADAPTERS
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.wording import PREDICT_PREFIX, QUESTION

QUESTIONS = "questions.jsonl"
# Tokens of a prompt that is not to be cut.
_UNCUT = 2**20


def write_task(
    checkpoint: Path,
    dataset: str,
    out: Path,
    data_root: Path | str | None = None,
    split: str = "test",
    *,
    method: str | None = None,
) -> list[str]:
    """Write a task folder: the prompts with their gold labels, how they are scored, and `mi_cot.yaml`.

    Returns the command, as its words, by which the harness scores the student on it.

    Raises:
        ConfigError: An unknown name, labels that the student has not learned, a data set that is not the
            kit's, a method that writes rationale and label in one text, adapters, or prompts that
            are cut or that the student's tokeniser reads otherwise as a whole.
        DataError: Checkpoint or data that are missing or cannot be read.
    """
    opened = open_checkpoint(checkpoint, method)
    spec, root = locate_dataset(dataset, data_root)
    refuse_other_labels(opened, spec)
    if spec.name not in DATASETS:
        raise ConfigError(
            f"{spec.name} is not one of the kit's data sets, which alone score.py can score."
        )
    if method_named(opened.method).target_has_rationale:
        raise ConfigError(
            f"{opened.name} writes rationale and label in one text, which the harness cannot part."
        )
    examples = load_split(spec, split, root)
    if not examples:
        raise DataError(f"{spec.name} {split} has no rows; there is nothing to score.")
    if (opened.student / ADAPTERS).is_file():
        raise ConfigError(
            f"{opened.name} keeps adapters only; `mi-cot student merge {checkpoint} FOLDER` writes a student "
            "that others can load: name that one."
        )
    student = load_student(str(opened.student))
    template = student.wording.template(PREDICT_PREFIX)
    prompts = [PREDICT_PREFIX + one.input for one in examples]
    limit = opened.limits["max_input_tokens"]
    if longer := sum(len(ids) > limit for ids in student.wording.prompts(prompts, _UNCUT)):
        raise ConfigError(
            f"{longer} prompts have more than {limit} tokens: the harness would not cut them as the kit does."
        )
    texts = [template.replace(QUESTION, one.input) for one in examples]
    if student.tokeniser(texts)["input_ids"] != student.wording.prompts(prompts, _UNCUT):
        raise ConfigError(
            f"the tokeniser of {opened.name} reads a whole prompt otherwise than the kit, which reads what "
            "stands before a question by itself: the harness would ask something else."
        )
    out = Path(out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    asked = [
        {"prompt": text, "label": one.label} for text, one in zip(texts, examples, strict=True)
    ]
    write_lines(out / QUESTIONS, asked)
    score = WORDS.get_template("score.py.jinja").render(dataset=spec.name)
    write_atomically(out / "score.py", score)
    name = f"mi_cot_{spec.name}_{split}"
    task = {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {split: str(out / QUESTIONS)}},
        "test_split": split,
        "output_type": "generate_until",
        "doc_to_text": "{{prompt}}",
        "doc_to_target": "{{label}}",
        "generation_kwargs": {
            "until": [],
            "do_sample": False,
            "max_gen_toks": opened.limits["max_new_tokens"],
        },
        "metric_list": [{"metric": "accuracy", "aggregation": "mean", "higher_is_better": True}],
    }
    # JSON is YAML; only the harness's own mark for a function is not.
    text = json.dumps(task, indent=2).removesuffix("\n}")
    write_atomically(
        out / "mi_cot.yaml", f'{text},\n  "process_results": !function score.score\n}}\n'
    )
    arguments = f"pretrained={opened.student}"
    return [
        "lm_eval", "--model", "hf", "--model_args", arguments, "--include_path", str(out),
        "--tasks", name,
    ]  # fmt: skip
