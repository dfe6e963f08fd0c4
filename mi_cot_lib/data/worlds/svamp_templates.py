"""The story templates of the arithmetic world: a plan and the words that make a story of it.

`TEMPLATES` serve train, valid and test; `UNSEEN_TEMPLATES` only the split of that name. They ask
for the same operations about other doings, with words that the rest of the world knows.
"""

from dataclasses import dataclass

from mi_cot_lib.data.worlds.svamp_compare_stories import COMPARE, COST, PARTS, SIZES
from mi_cot_lib.data.worlds.svamp_group_stories import GROUPS, PRICE, RATE
from mi_cot_lib.data.worlds.svamp_share_stories import SHARE, TEAMS
from mi_cot_lib.data.worlds.svamp_stories import DAYS, GAIN, GIVE, LOSS, TRADE, Story
from mi_cot_lib.data.worlds.vocabulary import VERBS


@dataclass(frozen=True, slots=True)
class Template:
    """A story plan with the words of one kind of doing.

    Attributes:
        name: Unique over all splits.
        story: The plan.
        words: Fillings of the plan's slots for words.
    """

    name: str
    story: Story
    words: dict[str, str]


def _doing(name: str, story: Story, verb: str, tail: str = "", **words: str) -> Template:
    tail = f" {tail}" if tail else ""
    return Template(name, story, {"verb": verb, "past": VERBS[verb], "tail": tail, **words})


def _trade(name: str, verb: str, tail: str, verb2: str, tail2: str) -> Template:
    tail2 = f" {tail2}" if tail2 else ""
    return _doing(name, TRADE, verb, tail, verb2=verb2, past2=VERBS[verb2], tail2=tail2)


def _parts(name: str, where: str, *kinds: str) -> Template:
    first, second, third = kinds
    return Template(name, PARTS, {"where": where, "k1": first, "k2": second, "k3": third})


def _groups(name: str, unit: str, units: str, where: str) -> Template:
    return Template(name, GROUPS, {"unit": unit, "units": units, "where": where})


def _price(name: str, where: str) -> Template:
    return Template(name, PRICE, {"where": where})


def _cost(name: str, where: str) -> Template:
    return Template(name, COST, {"where": where})


def _sizes(name: str, unit: str, units: str, first: str, second: str) -> Template:
    return Template(name, SIZES, {"unit": unit, "units": units, "k1": first, "k2": second})


def _rate(name: str, verb: str, time: str) -> Template:
    return _doing(name, RATE, verb, time=time, times=f"{time}s")


def _share(name: str, friends: str, where: str, past: str) -> Template:
    return Template(name, SHARE, {"friends": friends, "where": where, "past": past})


def _teams(name: str, unit: str, units: str, where: str, first: str, second: str) -> Template:
    words = {"unit": unit, "units": units, "where": where, "k1": first, "k2": second}
    return Template(name, TEAMS, words)


TEMPLATES = (
    _doing("give_away", LOSS, "give", "to {B}"),
    _doing("sell_out", LOSS, "sell", "at the market"),
    _doing("lose_some", LOSS, "lose", "in the {p}"),
    _doing("use_up", LOSS, "use", "at school"),
    _doing("hand_over", GIVE, "give"),
    _doing("sell_to", GIVE, "sell"),
    _doing("buy_more", GAIN, "buy", "at the shop"),
    _doing("find_more", GAIN, "find", "in the {p}"),
    _doing("get_more", GAIN, "get", "from {B}"),
    _doing("win_more", GAIN, "win", "at school"),
    _trade("buy_and_give", "buy", "", "give", "to {B}"),
    _trade("find_and_lose", "find", "", "lose", "in the {p}"),
    _trade("make_and_sell", "make", "", "sell", "at the market"),
    _doing("sell_on_days", DAYS, "sell"),
    _doing("use_on_days", DAYS, "use"),
    _doing("lose_on_days", DAYS, "lose"),
    _doing("more_than_find", COMPARE, "find", "in the {p}"),
    _doing("more_than_buy", COMPARE, "buy", "at the shop"),
    _doing("more_than_make", COMPARE, "make", "at home"),
    _doing("more_than_win", COMPARE, "win", "at school"),
    _doing("more_each_day", COMPARE, "pick", "each day"),
    _doing("more_each_hour", COMPARE, "wash", "each hour"),
    _cost("cost_shop", "at the shop"),
    _cost("cost_market", "at the market"),
    _sizes("big_boxes", "box", "boxes", "big", "small"),
    _sizes("red_bags", "bag", "bags", "red", "blue"),
    _parts("colours_box", "in the {box}", "red", "blue", "green"),
    _parts("sizes_table", "on the table", "big", "small", "round"),
    _parts("ages_shop", "in the shop", "old", "new", "white"),
    _groups("boxes", "box", "boxes", "in the {p}"),
    _groups("bags", "bag", "bags", "at home"),
    _groups("baskets", "basket", "baskets", "on the table"),
    _groups("drawers", "drawer", "drawers", "in the house"),
    _price("price_market", "at the market"),
    _rate("make_each_day", "make", "day"),
    _rate("paint_each_hour", "paint", "hour"),
    _rate("pick_each_day", "pick", "day"),
    _share("share_friends", "friends", "at home", "ate"),
    _share("share_kids", "kids", "in the {p}", "lost"),
    _share("share_boys", "boys", "at school", "sold"),
    _teams("teams", "team", "teams", "at school", "boys", "girls"),
    _teams("rooms", "room", "rooms", "in the house", "chairs", "tables"),
    _teams("shelves", "shelf", "shelves", "in the shop", "books", "toys"),
)

UNSEEN_TEMPLATES = (
    _doing("send_to", GIVE, "send"),
    _doing("break_some", LOSS, "break", "at home"),
    _doing("collect_more", GAIN, "collect", "in the {p}"),
    _trade("pick_and_send", "pick", "", "send", "to {B}"),
    _doing("break_on_days", DAYS, "break"),
    _doing("more_than_carry", COMPARE, "carry", "to the {p}"),
    _doing("more_each_week", COMPARE, "paint", "each week"),
    _cost("cost_school", "at school"),
    _sizes("new_baskets", "basket", "baskets", "new", "old"),
    _parts("colours_garden", "in the garden", "yellow", "white", "black"),
    _groups("jars", "jar", "jars", "in the kitchen"),
    _rate("carry_each_hour", "carry", "hour"),
    _share("share_girls", "girls", "in the garden", "broke"),
    _teams("farms", "barn", "barns", "at the farm", "cows", "horses"),
)
