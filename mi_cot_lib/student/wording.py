"""Questions and answers as a student reads and writes them: token ids of prompts and of targets.

A sequence-to-sequence student reads the task's mark, then the question, as T5 learned its tasks. A
decoder-only one writes on, so for it the mark stands last: all before it is the same for both tasks, and is
computed once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from jinja2 import TemplateError
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.student.folder import Prompting
from mi_cot_lib.student.tokenise import Column, token_ids

# The released code's wording of the paper's [PREDICT] and [EXPLAIN].
PREDICT_PREFIX = "predict: "
EXPLAIN_PREFIX = "explain: "
# What a student is asked for, and by which mark.
TASKS = {"label": PREDICT_PREFIX, "rationale": EXPLAIN_PREFIX}
# Where a question stands in a template.
QUESTION = "{{question}}"
# Before a chat template: where one asks for today's date, a student is asked the same on every day.
_ON_A_DAY = "{%- macro strftime_now(format) %}26 Jul 2024{% endmacro %}"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stands around a question: ids before it, and by mark the text behind it with its number of ids."""

    before: list[int]
    after: dict[str, tuple[str, int]]


@dataclass(frozen=True)
class Wording:
    """How a student is asked and answers, in token ids; `prompting` is for decoder-only ones."""

    tokeniser: PreTrainedTokenizerBase
    decoder_only: bool = False
    prompting: Prompting = "plain"

    def prompts(self, prompts: Sequence[str], limit: int) -> list[list[int]]:
        """Tokenise prompts (a mark and a question), each cut to `limit` tokens: a row each, without padding.

        A T5's is cut at its end, a decoder-only student's at the start of the question, never in the mark.
        ConfigError where the limit leaves no room for a question.
        """
        if not self.decoder_only:
            return token_ids([Column(prompts, limit)], self.tokeniser)[0]
        frame = self._frame
        before, longest = len(frame.before), max(length for _, length in frame.after.values())
        if limit <= before + longest:
            raise ConfigError(
                f"max_input_tokens {limit} leaves no room for a question: what stands around one takes "
                f"{before + longest}."
            )
        asked = [_split(prompt) for prompt in prompts]
        # Together, as anyone else would read them: a word may begin where the question ends.
        rest = self._bare([question + frame.after[mark][0] for mark, question in asked])
        return [[*frame.before, *ids[before - limit :]] for ids in rest]

    def targets(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        """Tokenise what a student is to write, cut to `limit` tokens, of which the last ends the text."""
        if self.decoder_only:
            return self.ended(self._bare([self._lead + text for text in texts]), limit)
        return self.ended(token_ids([Column(texts, limit)], self.tokeniser)[0], limit)

    def ended(self, rows: Sequence[list[int]], limit: int) -> list[list[int]]:
        """Let each row end with the end token: else a student would learn to go on until its limit."""
        end = [self.tokeniser.eos_token_id]
        return [ids if ids[-1:] == end else [*ids[: limit - 1], *end] for ids in rows]

    def _bare(self, texts: Sequence[str]) -> list[list[int]]:
        return self.tokeniser(list(texts), add_special_tokens=False)["input_ids"] if texts else []

    def template(self, mark: str) -> str:
        """Return the text that a question is put into, with `QUESTION` where it stands."""
        if not self.decoder_only:
            return mark + QUESTION
        asked = f"{QUESTION}\n{mark.strip()}".strip()
        if self.prompting == "plain":
            return asked
        try:
            text = str(
                self.tokeniser.apply_chat_template(
                    [{"role": "user", "content": asked}],
                    tokenize=False,
                    add_generation_prompt=True,
                    chat_template=_ON_A_DAY + self.tokeniser.get_chat_template(),
                )
            )
        except (ValueError, TemplateError) as error:
            raise ConfigError(
                "the student's tokeniser has no chat template that can be used; ask it by --prompting plain."
            ) from error
        if text.count(QUESTION) != 1:
            raise ConfigError(
                "the chat template of the student's tokeniser does not repeat what a user says as it stands; "
                "ask it by --prompting plain."
            )
        return text

    @cached_property
    def _frame(self) -> _Frame:
        marks = (PREDICT_PREFIX, EXPLAIN_PREFIX, "")
        around = [self.template(mark).split(QUESTION) for mark in marks]
        before = self._bare([around[0][0]])[0]
        if self.prompting == "plain":
            # A token that begins each text, where the tokeniser has one.
            bare, framed = self._bare(["a"])[0], self.tokeniser("a")["input_ids"]
            before = framed[: framed.index(bare[0])]
        texts = [behind for _, behind in around]
        after = zip(texts, map(len, self._bare(texts)), strict=True)
        return _Frame(before, dict(zip(marks, after, strict=True)))

    @property
    def _lead(self) -> str:
        """What parts a target from its prompt: a turn of a chat begins in a line of its own."""
        return " " if self.prompting == "plain" else ""


def _split(prompt: str) -> tuple[str, str]:
    for mark in (PREDICT_PREFIX, EXPLAIN_PREFIX):
        if prompt.startswith(mark):
            return mark, prompt.removeprefix(mark)
    return "", prompt
