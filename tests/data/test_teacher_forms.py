"""What other teachers write: their announcements, decorations, invented questions and numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.arithmetic import equation_value, same_value
from mi_cot_lib.data.parse import parse_teacher_output, read_teacher
from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.data.teacher_label import Problem

CHOICES = ("printer", "box", "farmer's market", "cabinet", "office")

INVENTED = [
    "\n\nQ: {}",
    "\n\nPremise: {}",
    "\n\npremise: {}",
    "\n\nQuestion: {}",
    "\n\nProblem 2: {}",
    "\n\nExample 2\n{}",
    "\nHypothesis: {}",
    "\n### Instruction\n{}",
    "\n\n**Question:** {}",
    "<|eot|>{}",
    "<|eot_id|><|start_header_id|>user\n{}",
    "</s>{}",
    "\nUser: {}",
    " Human: {}",
    "\n[INST] {}",
    "\n\nNext question: {}",
    "\n\nContext: {}",
    "\n\nSentence 1: {}",
    "\n\nExercise 3. {}",
    "\n\nLu is tall. {}",
    "\nQ1) {}",
    "\nQ2. {}",
    "\n**Q3**\n{}",
    "\nQ. {}",
    "\n[Question]\n{}",
    "\n[Example 2] {}",
    "\n[Premise] {}",
    "<question>{}",
    "\n<question>\n{}\n</question>",
    "\nStory 2: {}",
    "\nPrompt: {}",
    "\nPuzzle: {}",
    "\nInput: {}",
    "\nTask 2: {}",
    "\nPassage: {}",
    "\nMath problem: {}",
    "\nProblem\n{}",
    "\n**Next question**\n{}",
    "\n---\nLu is tall. {}",
    "\n2. Tom has 9 figs. Has he any?\n{}",
    "\n(3) Tom has 9 figs. Has he any?\n{}",
    "\n**2)** Has Tom any figs?\n{}",
]
ANNOUNCED = [
    "So the answer is {}.",
    "The final answer is {}.",
    "the correct answer is: {}",
    "Answer: {}",
    "**Answer**: {}",
    "**Answer:** {}",
    "\n#### {}",
    "\n### Answer\n{}",
    "Final Answer: **{}**",
    "\\boxed{{{}}}",
    "The answer is $\\boxed{{{}}}$.",
    "Therefore, the answer is \\({}\\).",
    "<answer>{}</answer>",
    "The correct option is {}.",
    "Hence answer is {}",
    "The answer: {}",
    "\n- My answer: {}",
    "**Correct answer:** {}",
    "Answer - {}",
    "Final answer – {}",
    "Answer -> {}",
    "Ans: {}",
    "Ans. {}",
    "\n**Ans.**: {}",
    "Result: {}",
    "**Result:** {}.",
    "Final result: {}",
    "Final Label: {}",
    "\nLabel: {}",
    "Choice: {}",
    "\n**Final Answer**\n\n{}",
    "\nFinal answer\n{}",
    "[Answer]: {}",
    "<final_answer>{}</final_answer>",
    "$$\\boxed{{{}}}$$",
    "\\[\\boxed{{{}}}\\]",
    "\\boxed{{\\mathbf{{{}}}}}",
]
# A way to write a value, and the value; None where what is written is none that can be read.
NUMBERS = {
    "7": 7,
    "(3 + 4)": 7,
    "3 + 4": 7,
    "(3 + 4) = 7": 7,
    "(10 / 4) = 2.5": 2.5,
    "10 / 4 = 3": 2.5,
    "7 apples": 7,
    "-7": -7,
    "9{,}500": 9500,
    "1,200": 1200,
    "7 \\times 6": 42,
    "7 \\cdot 6": 42,
    "6 \\div 2": 3,
    "7 · 6": 42,
    "$5.00": 5,
    "50 cents": 50,
    "7\\text{ apples}": 7,
    "10-3": 7,
    "(5-7)": -2,
    "x = 7": 7,
    "x=7": 7,
    "n = 3 + 4": 7,
    **dict.fromkeys(
        [
            *("10^2", "10^{2}", "10 ^ 2", "10**2", "10²", "7 squared", "3 × 10^2", "5e3", "2^3"),
            *("5 million", "3 dozen", "5k", "7 hundred", "5\\text{ million}", "7 tenths", "half"),
            *("12:30", "3 : 2", "3 o'clock", "3 p.m.", "12/05/2020", "2020-05-12"),
            *("5-7 apples", "5–7", "5 to 7", "5 or 7", "5, 6", "5;6", "between 5 and 7"),
            *("25%", "25 %", "25\\%", "7 percent", "7°", "50¢", "√9", "7th", "7kg", "7!= 5040"),
            *("1 200", "1\u00a0200", "1'200", "1_200", "12\\,000", "5,5", "5.5.5", "3.33...", "1٧"),
            *(
                "5 1/2",
                "5½",
                "5 ½",
                "\\frac{1}{2}",
                "1/2 of 8",
                "5 feet 3 inches",
                "2 hours and 30",
            ),
            *("7 apples + 3 apples", "7 apples and 3 pears", "7 more than 3", "7 times", "7 * x"),
            *(
                "1\u202f234",
                "1\u2009234",
                "1\u3000234",
                "5 lakh",
                "7 crore",
                "7 bn",
                "7 k",
                "7 M",
                "7 E3",
            ),
            *(
                "7 ± 1",
                "7 ~ 8",
                "7 — 8",
                "7 & 8",
                "7 | 8",
                "7 → 8",
                "7 ∗ 8",
                "7 ∙ 8",
                "7 ∕ 8",
                "7 eight",
            ),
            *("7 a half", "7 one-half", "7 pct", "5 groups of 3", "5 tens", "7 by 8", "7 out of 8"),
            *("7 cents more than 8", "7 in base 8", "3-1/2 cups", "7. 5", "7,\n500", "7\n+ 8"),
            *("7 apples, 8 pears", "7 + 1 ≈ 9", "7 + 1, which is 9", "7 + 1 = 8 = 9"),
            *(
                "7 * apples",
                "x = 7, y = 8",
                "2x = 14",
                "x = 7 + y",
                "x = 7x",
                "x = y",
                "5+",
                "(3 + 4) = 8",
                "not 7",
                "seven",
                "about 7",
                "5 ≤ x",
            ),
        ]
    ),
}
# A way to write an NLI label, and why it is none.
LABELS = {
    "neutral": "neutral",
    "Neutral": "neutral",
    "(b) neutral": "neutral",
    "B) neutral": "neutral",
    "\\text{neutral}": "neutral",
    "neutral, not contradiction": "neutral",
    "neutral rather than contradiction": "neutral",
    "neutral (neither entailment nor contradiction)": "neutral",
    "entailment or neutral": Problem.AMBIGUOUS,
    "entailment/neutral": Problem.AMBIGUOUS,
    "entailment, neutral": Problem.AMBIGUOUS,
    "either entailment or neutral": Problem.AMBIGUOUS,
    '"entailment" or "neutral"': Problem.AMBIGUOUS,
    "entailment (or neutral)": Problem.AMBIGUOUS,
    "entailment? No, neutral": Problem.AMBIGUOUS,
    "entailment-neutral": Problem.AMBIGUOUS,
    "Neutral\nor contradiction": Problem.AMBIGUOUS,
    "entailment.\nContradiction": Problem.AMBIGUOUS,
    "entailment: no. contradiction": Problem.AMBIGUOUS,
    "neutral contradictory": Problem.AMBIGUOUS,
    "unknown": Problem.OUTSIDE,
    "not entailment": Problem.OUTSIDE,
    "non-neutral": Problem.OUTSIDE,
    "neutrality": Problem.OUTSIDE,
    "probably yes": Problem.OUTSIDE,
}
CHOSEN = {
    **dict.fromkeys(
        [
            *(
                "box",
                "Box",
                "a box",
                "(b) box",
                "(b)",
                "B) box",
                "B",
                "b",
                "B: box",
                "b. box",
                "[b] box",
            ),
            *(
                "(b) - box",
                "(b) — box",
                "(b): box",
                "Option B",
                "option (b): box",
                "choice b",
                "box (b)",
            ),
            *("(b) box, since paper is kept there", "(b) “box”", "(b). Paper is kept there"),
        ],
        "box",
    ),
    "(c) farmer’s market": "farmer's market",
    "box or cabinet": Problem.AMBIGUOUS,
    "(b) or (d)": Problem.AMBIGUOUS,
    "(b) cabinet": Problem.AMBIGUOUS,
    "pond": Problem.OUTSIDE,
    "(b) pond": Problem.OUTSIDE,
    "(f)": Problem.OUTSIDE,
    "(f) box": Problem.OUTSIDE,
    **dict.fromkeys(
        [
            *(
                "not (b)",
                "anything but (b)",
                "other than (b)",
                "everything besides (b)",
                "hardly (b)",
            ),
            *("opposite of (b)", "unlikely (b)", "never (b)"),
        ],
        Problem.OUTSIDE,
    ),
    "boxes": Problem.OUTSIDE,
    "none of these": Problem.OUTSIDE,
    "2": Problem.OUTSIDE,
}


def value_of(label):
    return None if label is None else equation_value(label)


def result_of(reading):
    return reading.problem or reading.output.label


@pytest.mark.parametrize("mark", INVENTED)
def test_an_invented_question_gives_neither_label_nor_rationale(mark):
    foreign = mark.format("Lu is tall.\nLu is short. So the answer is contradiction.")
    own = parse_teacher_output("anli1", f"Mo was born in Oslo. So the answer is neutral.{foreign}")
    assert own == ("Mo was born in Oslo.", "neutral")
    foreign = mark.format("Bo eats 2 of 9 figs. The answer is (9 - 2).")
    own = parse_teacher_output("svamp", f"3 and 4 pens. The answer is (3 + 5).{foreign}")
    assert own == ("3 and 4 pens.", "(3 + 5)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. Are 3 and 4 given?\n2. Is it 7?\nYes. The answer is 7.", "7"),
        ("The answer is 7.\n2. No, wait. The answer is 8.", Problem.AMBIGUOUS),
        ("The answer is 7.\n---\nWait, the answer is 8.", Problem.AMBIGUOUS),
        ("The problem is easy. The answer is 7.", "7"),
        ("Each\nexample (question) costs 7. The answer is 7.", "7"),
        ("In [text] 3 and 4 stand. The answer is 7.", "7"),
        ("Of 2 stories, one is long. Story and prompt agree. The answer is 7.", "7"),
    ],
)
def test_lists_and_words_of_the_reasoning_are_no_question(text, expected):
    assert result_of(read_teacher("svamp", f"a. {text}")) == expected


@pytest.mark.parametrize("announced", ANNOUNCED)
def test_announcements_of_other_teachers_are_read(announced):
    text = "Mo was born in Oslo. {}\n\nQ: more"
    given = text.format(announced.format("neutral"))
    assert parse_teacher_output("esnli", given) == ("Mo was born in Oslo.", "neutral")
    given = text.format(announced.format("3 + 4"))
    assert parse_teacher_output("svamp", given) == ("Mo was born in Oslo.", "3 + 4")
    given = text.format(announced.format("(b) box"))
    assert parse_teacher_output("cqa", given, CHOICES) == ("Mo was born in Oslo.", "box")


@pytest.mark.parametrize(
    ("text", "rationale"),
    [
        (
            "<think>Maybe the answer is 12.</think>\n3 plus 4. The answer is \\boxed{7}.",
            "3 plus 4.",
        ),
        ("Maybe the answer is 12.</think>\n3 plus 4. The answer is 7.", "3 plus 4."),
        ("<question>Al has 3 and 4?</question>\n3 plus 4. The answer is 7.", "3 plus 4."),
        ("[Question]\nAl has 3 and 4?\n[Reasoning]\n3 plus 4. The answer is 7.", "3 plus 4."),
        ("<think>\n3 plus 4.\n</think>\n\nThe answer is 7.", "3 plus 4."),
        ("Q: Al has 3 and 4?\nA: 3 plus 4. The answer is (3 + 4).", "3 plus 4."),
        ("<|im_start|>assistant\n3 plus 4. The answer is 7.<|im_end|>", "3 plus 4."),
        ("Answer: 3 plus 4. The answer is 7.", "3 plus 4."),
        ('{"rationale": "3 plus 4.", "answer": 7}', "3 plus 4."),
        ('{"answer": 7, "explanation": "3 plus 4."}', "3 plus 4."),
        ("3 plus 4.\n####7", "3 plus 4."),
        ("3 plus 4. The answer is <b>7</b>", "3 plus 4."),
        ("3 plus 4. The answer is \\boxed{7 \\text{ apples}}", "3 plus 4."),
        ('```json\n{"answer": "(3 + 4)", "explanation": "3 plus\\n4."}\n```', "3 plus\n4."),
        ("3 plus 4. The answer is 7.\n\nSo the answer is (3 + 4).", "3 plus 4."),
    ],
)
def test_thoughts_echoes_headings_and_json_leave_the_reasoning(text, rationale):
    found = parse_teacher_output("svamp", text)
    assert (found.rationale, value_of(found.label)) == (rationale, 7)


@pytest.mark.parametrize(
    "text",
    ["<think>The answer is 7", "The answer is 7 or 8.", "The answer is 5. The answer is (8 - 2)."],
)
def test_thoughts_without_end_and_two_answers_give_no_label(text):
    assert parse_teacher_output("svamp", text).label is None


def test_an_echo_is_the_question_that_was_asked_or_no_answer():
    text = "Q: Al has 3 and 4 figs?\nA: 3 plus 4. The answer is (3 + 4)."
    own, other = "Al has 3 and 4 figs?", "Bo has 9 pens?"
    assert parse_teacher_output("svamp", text, question=own) == ("3 plus 4.", "(3 + 4)")
    assert parse_teacher_output("svamp", text, question=other) == (None, None)
    text = "Premise: Mo sits.\nHypothesis: Mo runs.\nAnswer: contradiction"
    assert (
        parse_teacher_output("anli1", text, question="Mo sits.</s>Mo runs.").label == NLI_LABELS[2]
    )


@pytest.mark.parametrize(("written", "value"), NUMBERS.items())
def test_a_number_is_read_as_it_is_meant_or_not_at_all(written, value):
    assert value_of(parse_teacher_output("svamp", f"a. The answer is {written}.").label) == value


@pytest.mark.parametrize(("written", "expected"), LABELS.items())
def test_an_nli_label_is_read_or_counted_for_what_it_is(written, expected):
    assert result_of(read_teacher("anli1", f"a. So the answer is {written}.")) == expected


@pytest.mark.parametrize(("written", "expected"), CHOSEN.items())
@pytest.mark.parametrize("decorated", ["{}", "**{}**", '"{}"', "{}.", "{}.</s>", "\\boxed{{{}}}"])
def test_a_choice_is_one_of_the_choices_or_counted_for_what_it_is(written, expected, decorated):
    text = f"a. So the answer is {decorated.format(written)}"
    assert result_of(read_teacher("cqa", text, CHOICES)) == expected


def test_a_choice_called_like_a_count_is_a_choice():
    text = "a. So the answer is (b) outside."
    assert parse_teacher_output("cqa", text, ("ambiguous", "outside")).label == "outside"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a. Result: 7. Then 8 more come.", Problem.UNPARSED),
        ("a. Result: 7\n\nThen 8 more come.", Problem.UNPARSED),
        ("a. Result: 7\nResult: 15", Problem.AMBIGUOUS),
        ("a.\nResult: 7\n\nBo has 8 figs. The answer is 8.", Problem.UNPARSED),
        ("a. Result: 7. Bo has 8 figs. The answer is 8.", Problem.AMBIGUOUS),
        ("a. Result: some.\n\nBo has 8 figs. The answer is 8.", Problem.UNPARSED),
        ("a. Result: 7.\n\nSo the answer is 7.", "7"),
        ("a. Result: 7. The answer is 3 + 4.", "3 + 4"),
        ("As a result: 7.", Problem.UNPARSED),
        ("Step 1 result: 7.\nThe answer is 8.", "8"),
        ("a. Answer -7", Problem.UNPARSED),
        ("a. The answer is 7. 5. Then 8 more come.", Problem.UNPARSED),
        ("a. The answer is 7 + 1 = 8 = 9.\n\nLu. The answer is 99.", Problem.UNPARSED),
        ("a. Pecans. 7 were eaten.", Problem.UNPARSED),
        ("a. The answer - which is hard - takes time. The answer is 7.", "7"),
    ],
)
def test_a_result_of_a_step_and_what_follows_an_unread_answer_are_none(text, expected):
    assert result_of(read_teacher("svamp", text)) == expected


rationales = st.sampled_from(
    [
        "3 and 4 make 7.",
        "Step 1: add.\nStep 2: 10 - 3.",
        "It is **so**:\n- 5 apples",
        "12:30 is noon",
    ]
)
leads = st.sampled_from(["", "<think>12 or 5</think>\n", "Answer: ", "\n", "Sure! ", "A: "])
tails = st.sampled_from(
    [
        "",
        ".",
        " because 3 + 4 = 7.",
        "!",
        ". Then 8 more.",
        "\n\nThen 8 more.",
        "\n",
        "  \n\nBye",
        ".</s>",
        "\u2028",
    ]
)
decorations = st.sampled_from(["{}", "**{}**", "*{}*", "`{}`", '"{}"', "“{}”", "$\\boxed{{{}}}$"])


@st.composite
def teacher_texts(draw, written):
    """Compose a teacher's text around one way to write a label."""
    label = draw(decorations).format(written)
    announced = draw(st.sampled_from(ANNOUNCED)).format(label)
    more = draw(st.sampled_from(ANNOUNCED)).format(draw(st.sampled_from(["99", "neutral", "(a)"])))
    invented = draw(st.sampled_from(["", *INVENTED])).format(more)
    return f"{draw(leads)}{draw(rationales)} {announced}{draw(tails)}{invented}"


@given(st.data(), st.sampled_from(list(NUMBERS.items())))
def test_no_composition_gives_a_number_that_was_not_meant(data, number):
    written, value = number
    text = data.draw(teacher_texts(written))
    reading = read_teacher("svamp", text)
    assert "".join(reading.segments) == text
    found = value_of(reading.output.label)
    assert found is None or same_value(found, value)
    assert "99" not in (reading.output.rationale or "")


@given(st.data(), st.sampled_from(list(LABELS.items())))
def test_no_composition_gives_an_nli_label_that_was_not_meant(data, label):
    written, expected = label
    text = data.draw(teacher_texts(written))
    reading = read_teacher("anli1", text)
    assert "".join(reading.segments) == text
    assert reading.output.label in (None, expected)


@given(st.data(), st.sampled_from(list(CHOSEN.items())))
def test_no_composition_gives_a_choice_that_was_not_meant(data, choice):
    written, expected = choice
    text = data.draw(teacher_texts(written))
    reading = read_teacher("cqa", text, CHOICES)
    assert "".join(reading.segments) == text
    assert reading.output.label in (None, expected)
