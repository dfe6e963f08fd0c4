"""The paper's prompt word for word, and replies that are read or counted, never guessed at."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.evaluation.judge import JudgeItem, parse_score, prompt_for


def test_the_prompt_is_the_papers_then_the_item_and_braces_stay_braces():
    prompt = prompt_for(JudgeItem("1", "CQA", "Where {is} %s?", "{0}", "Because {taskname}."))
    opening, *parts = prompt.split("\n\n")
    assert opening.startswith("Given an input pair of a question and an answer of a CQA task, how ")
    assert opening.endswith("and 5 is helpful and it explains the answer well.")
    assert parts == [
        "Question: Where {is} %s?",
        "Answer: {0}",
        "Chain-of-thought: Because {taskname}.",
        "Reply with the number only: 1, 2, 3, 4 or 5.",
    ]


FOURS = {
    "plain": [
     "4", " 4\n", "4.", "Score: 4", "score 4", "Rating: 4", "4/5", "4 / 5", "4 out of 5", "**4**",
     "**Score:** 4/5", "The score is 4.", "`4`", '"4"', "My rating: **4**", "4.0", "4.0/5", "(4)", "[4]",
     "4!", "\ufeff4\r\n", "4 points", "Answer: 4", "Final Answer: 4", "Verdict: 4", "Grade: 4", "Score=4",
     "Score - 4", "### Rating\n4", "> 4", "4</s>", "4<|im_end|>", "Score: 4/5 points",
    ],
    "after a thought": [
     "<think>it explains</think>\n\n4", "so 2 of 3</think>\n4", "<think>a<think>b</think>Score: 3</think>4",
     "4<think>or 3</think>", "<thinking>3</thinking>4", "[THINK]3[/THINK]4",
     "<|channel|>analysis<|message|>Score: 3<|end|><|start|>assistant<|channel|>final<|message|>4<|return|>",
    ],
    "in a notation": [
     "Rating: [[4]]", "{'score': 4}", '{"rating": "4"}', '{"final_score": 4.0}', '{"score": "4/5"}',
     '{"score": 4, "why": "2 + 3 = 5"}', '{"why": "2 + 3 = 5", "score": 4}', '```json\n{"score": 4}\n```',
     "```\n4\n```", 'Here it is:\n```json\n{\n  "score": 4,\n  "why": "x"\n}\n```\nI hope it helps.',
     "\\boxed{4}", "The score is $\\boxed{4}$.", "<why>2 steps</why><score>4</score>",
    ],
    "with words around it": [
     "4 (somewhat helpful)", "4 - somewhat helpful", "4: somewhat helpful", "4, because it explains",
     "Final score: 4", "**Final Score: 4**", "Score: 4 - somewhat helpful", "Score: 4, as it explains",
     "Rating: 4 out of 5", "I would rate this chain of thought 4.", "I'd give it a 4/5.",
     "I rate this rationale a 4 out of 5.", "I give it a score of 4.", "This rationale deserves a 4.",
     "It is coherent and relevant. Score: 4", "It is coherent.\n\n4", "4\n\nIt says 3 + 4 = 7.",
     "1 + 1 = 2 is right.\n\nFinal score: 4", "There are 3 steps.\n\n**Rating**: 4/5",
     "It is not perfect, so the score is 4.", "Good. 4/5.", "4/5. It explains.", "Score (1-5): 4",
     "On a scale of 1-5, I would rate this 4.", "4 (on a scale from 1 to 5)",
     "Coherence score: 3\nRelevance score: 5\nOverall score: 4", "The overall score for this is 4.",
     "The score is: 4", "- Score: 4", "* **Score**: 4", "• **Score:** 4/5", "1. Score: 4", "I'd say 4",
     "I’d say it's a 4.", "It is coherent. I would say 4 out of 5.", "So I'd go with a 4.", "It's a 4.",
     "This is a 4, since it explains.", "I think 4/5.", "Overall, I'd say 4.",
     "I would rate this 4 out of 5", "I'd rate this one a 4.", "I would rate the rationale as 4 out of 5.",
    ],
    "in words or wide digits": [
     "four", "Four.", "four out of five", "Four out of 5.", "Score: four", "Score: four (4)", "4 (four)",
     "Score: 4 (four out of five)", "I'd give it a four.", '{"score": "four"}', "[[four]]",
     "It helps.\n\nFour", "\uff14", "\uff14/\uff15", "Score\uff1a\uff14", "[[\uff14]]",
     "Score: \uff14\uff0e",
    ],
    "nested": [
     '{"result": {"score": 4}}', '{"evaluation": [{"score": 4}]}', '[{"score": 4}]',
     '{"a": {"id": 3, "score": 4}}', '{"data": {"output": {"score": "4/5", "reason": "1 + 1 = 2"}}}',
     '{"evaluation": {"score": "four"}}',
    ],
}  # fmt: skip


NONES = {
    "only thought of": [
     "<think>4", "<think>Score: 4", "<think>4</think>", "4</think>", "<think>3</think>4<think>5",
     "<|channel|>analysis<|message|>Score: 4",
    ],
    "nested, several or none": [
     '{"a": {"score": 3}, "b": {"score": 4}}', '{"evaluation": [{"score": 4}, {"score": 5}]}',
     '{"scores": [3, 4]}', '{"result": {"score": 4.5}}', '{"result": {"score": 10}}', '{"max_score": 5}',
     '{"score": {"max": 5}}', '{"result": {"coherence": 4}}', '{"result": {"score": null}, "n": 4}',
    ],
    "no plain score": [
     "", "good", "0", "6", "-4", "+4", "14", "4/10", "4/4", "six", "fourteen", "twenty-four",
     "four and a half", "four or five", "four hundred", "٤", "④", "4²", "2**2", "There are 3 apples.",
     "1. It is coherent", "__import__('os')", "4; 5", "Score: ", "4/5/5", "4" * 9_999, "10", "45", "−4",
     "4%", "4+", "~4", "4½", "04", "4th", "4 apples", "Score: -4", "Score: 45", "Score: 4.5", "Score: 4/10",
     "Score: 80%", "Score: 4+", "Score: ~4", '{"score": 4.5}', '{"score": null}', '{"score": true}',
     '{"score": 3, "rating": 4}', '{"coherence_score": 4}', "[[3]] [[4]]", "[3, 4]",
    ],
    "not given as the score": [
     "4 steps are right", "4/5 of the steps are right", "4 out of 5 steps are right", "3 + 1 = 4",
     "between 3 and 4", "3 or 4", "Score: 3 or 4", "Score: 3-4", "Score: 3 to 4", "Score: 4, maybe 5",
     "Score: 4 (or five)", "4 - or 5", "Score: 3\nScore: 4", "Score: 4 steps",
     "A score of 4 would need an explanation.", "The score is not 4.",
     "If it were clearer, I would give it a 5.", "I would give it a 5 if it explained more.",
     "I would not give it a 5.", "The answer is 4 and the rationale explains it.", "Step 4: add",
     "1 - it is coherent\n2 - it is relevant", "1: coherent\n2: relevant", "Score: 1-5",
     "From 1-5, where 1 is incoherent and 5 helpful.", "Score: 4, and a half", "Score: four-fifths",
     "Score: four (5)", "Score: 4 (five)", "Four. Or five.", "four\nfive", "One - it is coherent",
     "There are four.", "I'd rate this one: good", "One of them is right.", "I'd say 3 or 4",
     "I'd say 4 steps are right.", "The rationale says 7. I'd say 4.", "I wouldn't say 4.",
     "I'd say it is not a 4.", "I'd say 4.5", "I'd say 4, the question says 5.", "They say 4.",
     "The problem says 4.", "- Score: 3\n- Score: 4", "Score is: 3 or 4", "- 4", "I'd say the answer is 4.",
     "If it's a 4, why?", "I would give it a 5, if it explained.", "It's a 5 if it explains.", "So four.",
     "It has apples, 4.",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("score", "text"),
    [
        *((4, text) for texts in FOURS.values() for text in texts),
        *((None, text) for texts in NONES.values() for text in texts),
        # "One" is a score where it is no pronoun.
        *(
            (1, text)
            for text in ("one", "One out of five.", "Score: one", "The score is one.", "one star")
        ),
    ],
)
def test_a_reply_that_is_a_score_is_read_and_no_other_is_guessed_at(score, text):
    assert parse_score(text) == score


NUMBER_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven"]
THOUGHTS = st.sampled_from(
    ["", "<think>Score: 1, or 2</think>", "<thinking>3</thinking>\n", "[THINK]5[/THINK]"]
)
ASIDES = st.lists(
    st.sampled_from(["It has 2 steps.", "The answer is 5.", "3 + 1 = 4 is right.", "2 of 3 are coherent.",
                     "The maximum score is 5.", "Between 1 and 3 apples.", "Not bad (5 words)."])
)  # fmt: skip
GIVEN = st.sampled_from(["Score: {}", "Final score: {}/5", "I give it a {}.", "[[{}]]", '{{"score": {}}}',
                         "**Rating:** {} out of 5", "{}.0/5.", "<score>{}</score>", "- **Score**: {}",
                         "Score is: {}", '{{"result": [{{"score": {}}}]}}'])  # fmt: skip


@given(THOUGHTS, ASIDES, GIVEN, st.integers(-1, 11), ASIDES)
def test_whatever_stands_around_a_given_score_it_is_that_one(thought, before, form, score, after):
    text = thought + "\n".join([*before, form.format(score), *after])
    assert parse_score(text) == (score if 1 <= score <= 5 else None)


@given(THOUGHTS, ASIDES, GIVEN, st.integers(0, 7), ASIDES)
def test_a_score_in_words_is_that_one_or_unread(thought, before, form, score, after):
    text = thought + "\n".join([*before, form.format(NUMBER_WORDS[score]), *after])
    assert parse_score(text) in (None, score if 1 <= score <= 5 else None)


@given(THOUGHTS, ASIDES)
def test_where_no_score_is_given_none_is_read(thought, asides):
    assert parse_score(thought + " ".join(asides)) is None


@given(st.text())
def test_any_text_is_a_score_or_none(text):
    score = parse_score(text)
    words = [str(score), chr(0xFF10 + (score or 0)), NUMBER_WORDS[score or 0]]
    assert score is None or (score in range(1, 6) and any(word in text.lower() for word in words))


BETWEEN = st.sampled_from([" ", ", ", "\n", " or ", "-", ".", ","])


@given(st.lists(st.integers(1, 5), min_size=2), BETWEEN)
def test_several_numbers_and_decimals_are_no_score(numbers, between):
    assert parse_score(between.join(map(str, numbers))) is None


@pytest.mark.parametrize(
    "text",
    [
        "score" + " " * 1_000_000 + "x",
        *(
            piece * 20_000
            for piece in (
                "<think>", "score ", "score: 4. ", "[[4", "i rate it a ", "the ", "4,", "i'd say ",
                "four ", "- ",
            )
        ),
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_long_replies_are_read_in_no_time(text):
    started = time.monotonic()
    parse_score(text)
    # Quadratic time would be minutes.
    assert time.monotonic() - started < 20
