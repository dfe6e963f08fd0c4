"""Questions and answers as a student reads and writes them: token ids of prompts and of targets.

A sequence-to-sequence student reads the task's mark, then the question, as T5 learned its tasks. A
decoder-only one writes on, so for it the mark stands last: all before it is the same for both tasks, and is
computed once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.student.folder import Prompting
from mi_cot_lib.student.tokenise import Column, token_ids

# The released code's wording of the paper's [PREDICT] and [EXPLAIN].
PREDICT_PREFIX = "predict: "
EXPLAIN_PREFIX = "explain: "
_QUESTION = "{{question}}"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stands around a question: ids before it, by mark those after it; and what a target begins with."""

    before: list[int]
    after: dict[str, list[int]]
    lead: str


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
        asked = [_split(prompt) for prompt in prompts]
        questions = self._bare([question for _, question in asked])
        frame, rows = self._frame, []
        for (mark, _), ids in zip(asked, questions, strict=True):
            around = len(frame.before) + len(frame.after[mark])
            if limit <= around:
                raise ConfigError(
                    f"max_input_tokens {limit} leaves no room for a question: what stands around one takes "
                    f"{around}."
                )
            rows.append([*frame.before, *ids[around - limit :], *frame.after[mark]])
        return rows

    def targets(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        """Tokenise what a student is to write, cut to `limit` tokens, of which the last ends the text."""
        if self.decoder_only:
            return self.ended(self._bare([self._frame.lead + text for text in texts]), limit)
        return self.ended(token_ids([Column(texts, limit)], self.tokeniser)[0], limit)

    def ended(self, rows: Sequence[list[int]], limit: int) -> list[list[int]]:
        """Let each row end with the end token: else a student would learn to go on until its limit."""
        end = [self.tokeniser.eos_token_id]
        return [ids if ids[-1:] == end else [*ids[: limit - 1], *end] for ids in rows]

    def _bare(self, texts: Sequence[str]) -> list[list[int]]:
        return self.tokeniser(list(texts), add_special_tokens=False)["input_ids"] if texts else []

    @cached_property
    def _frame(self) -> _Frame:
        marks = {mark: mark.strip() for mark in (PREDICT_PREFIX, EXPLAIN_PREFIX, "")}
        if self.prompting == "chat":
            turns = [self._turn(f"{_QUESTION}\n{said}".strip()) for said in marks.values()]
            after = self._bare([behind for _, behind in turns])
            return _Frame(self._bare([turns[0][0]])[0], dict(zip(marks, after, strict=True)), "")
        # A token that begins each text, where the tokeniser has one.
        bare, framed = self._bare(["a"])[0], self.tokeniser("a")["input_ids"]
        after = self._bare([f"\n{said}" if said else "" for said in marks.values()])
        return _Frame(framed[: framed.index(bare[0])], dict(zip(marks, after, strict=True)), " ")

    def _turn(self, content: str) -> tuple[str, str]:
        """Return what a chat template writes before and after a question that a user asks."""
        try:
            text = self.tokeniser.apply_chat_template(
                [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
            )
        except ValueError as error:
            raise ConfigError(
                "the student's tokeniser has no chat template; ask it by --prompting plain."
            ) from error
        before, _, after = str(text).partition(_QUESTION)
        if str(text).count(_QUESTION) != 1:
            raise ConfigError(
                "the chat template of the student's tokeniser does not repeat what a user says as it stands; "
                "ask it by --prompting plain."
            )
        return before, after


def _split(prompt: str) -> tuple[str, str]:
    for mark in (PREDICT_PREFIX, EXPLAIN_PREFIX):
        if prompt.startswith(mark):
            return mark, prompt.removeprefix(mark)
    return "", prompt
