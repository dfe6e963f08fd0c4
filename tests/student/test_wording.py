"""What a decoder-only student reads and writes: mark under the question, template around, within limits."""

import pytest
from tokenizers import processors

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.wording import EXPLAIN_PREFIX, PREDICT_PREFIX, Wording

QUESTION = "Ann has 3 pens and buys 2 more."
TEMPLATE = (
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}</{{ message.role }}>"
    "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.fixture
def tokeniser():
    return load_student("nano").tokeniser


def prompts(tokeniser, limit=64, prompting="plain", question=QUESTION):
    wording = Wording(tokeniser, decoder_only=True, prompting=prompting)
    return wording.prompts([PREDICT_PREFIX + question, EXPLAIN_PREFIX + question, question], limit)


def test_the_mark_stands_in_a_line_under_the_question(tokeniser):
    texts = [tokeniser.decode(ids).replace(" \n", "\n") for ids in prompts(tokeniser)]
    assert texts == [f"{QUESTION}\npredict:", f"{QUESTION}\nexplain:", QUESTION]


def test_both_tasks_begin_with_all_of_the_question(tokeniser):
    predict, explain, bare = prompts(tokeniser)
    assert predict[: len(bare)] == explain[: len(bare)] == bare


def test_a_chat_template_stands_around_question_and_mark(tokeniser):
    tokeniser.chat_template = TEMPLATE
    whole = tokeniser.decode(prompts(tokeniser, prompting="chat")[0])
    assert "".join(whole.split()) == "".join(f"<user>{QUESTION}predict:</user><assistant>".split())


@pytest.mark.parametrize("prompting", ["plain", "chat"])
def test_a_long_prompt_loses_the_start_of_its_question_and_nothing_else(tokeniser, prompting):
    tokeniser.chat_template = TEMPLATE
    whole, cut = (prompts(tokeniser, limit, prompting)[0] for limit in (64, 40))
    long = f"{'red ' * 60}{QUESTION}"
    from_long = prompts(tokeniser, len(whole), prompting, long)[0]
    before = 0 if prompting == "plain" else len(whole) - len(prompts(tokeniser, 64, "plain")[0])
    assert len(cut) <= 40
    assert len(from_long) == len(whole)
    # The end of the question and all behind it are there.
    assert from_long[-12:] == whole[-12:]
    assert before == 0 or from_long[:3] == whole[:3]
    with pytest.raises(ConfigError, match="leaves no room for a question"):
        prompts(tokeniser, 3, prompting)


@pytest.mark.parametrize(
    "template", [None, "{{ raise_exception('no user') }}", "{% if %}", "as ever"]
)
def test_a_chat_template_that_cannot_be_used_is_refused_in_one_line(tokeniser, template):
    tokeniser.chat_template = template
    with pytest.raises(ConfigError, match="--prompting plain") as error:
        prompts(tokeniser, prompting="chat")
    assert "\n" not in str(error.value)


def test_a_token_that_begins_every_text_is_kept(tokeniser):
    tokeniser.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<unk> $A", special_tokens=[("<unk>", 2)]
    )
    assert [ids[0] for ids in prompts(tokeniser)] == [2, 2, 2]
    assert prompts(tokeniser, 12, question="red " * 40)[0][0] == 2


def test_targets_end_and_are_cut_before_their_end(tokeniser):
    wording = Wording(tokeniser, decoder_only=True)
    whole, cut = (wording.targets(["( 3.0 + 2.0 )"], limit)[0] for limit in (20, 3))
    assert tokeniser.decode(whole, skip_special_tokens=True).strip() == "( 3.0 + 2.0 )"
    assert whole[-1] == cut[-1] == tokeniser.eos_token_id
    assert cut[:2] == whole[:2] and len(cut) == 3


def test_a_template_that_changes_what_a_user_says_is_refused_with_the_other_way(tokeniser):
    tokeniser.chat_template = "{{ messages[0].content | upper }}"
    with pytest.raises(ConfigError, match="does not repeat.*--prompting plain"):
        prompts(tokeniser, prompting="chat")


def test_a_template_that_asks_for_the_date_is_the_same_on_every_day(tokeniser):
    tokeniser.chat_template = "{{ strftime_now('%d %b %Y') }} {{ messages[0].content }}"
    assert Wording(tokeniser, True, "chat").template("predict: ").startswith("26 Jul 2024 ")
