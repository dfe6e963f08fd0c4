"""A text longer than a student has positions for is refused with its length, not with an index."""

import pytest
from transformers import AutoTokenizer

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.generate import generate
from mi_cot_lib.student.encode import EncodedPair
from mi_cot_lib.student.folder import built_in_folder
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.train import train
from tests.student.small_bart import AS_T5, small_bart


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """A BART of 40 positions, saved and loaded."""
    folder = tmp_path_factory.mktemp("bart")
    tokeniser = AutoTokenizer.from_pretrained(built_in_folder("nano16"))
    model = small_bart(vocab_size=len(tokeniser), max_position_embeddings=40, **AS_T5)
    model.save_pretrained(folder)
    tokeniser.save_pretrained(folder)
    return load_student(str(folder))


def test_a_prompt_or_an_answer_beyond_the_positions_is_refused(student):
    assert len(generate(student, ["pens " * 90], 40, 40)) == 1
    for limits in ((41, 4), (8, 41)):
        with pytest.raises(ConfigError, match="41 tokens.* 40 "):
            generate(student, ["pens " * 90], *limits)


def test_training_on_longer_texts_is_refused(student, tmp_path):
    settings = RunConfig(dataset="nano_svamp", method="dss", max_steps=1, batch_size=1)
    for row in (([5] * 41, [6], [5], [6]), ([5], [6], [5], [6] * 41)):
        pairs = [EncodedPair(*row)]
        with pytest.raises(ConfigError, match="41 tokens.* 40 .*--max-input-tokens"):
            train(settings, student, pairs, pairs, lambda model: {"accuracy": 0.0}, tmp_path)
