"""Learners' answers about losses, bounds and comparisons: right in another way, and wrong with a name."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from scipy import stats

from mi_cot_lib.course import checks
from mi_cot_lib.measure.calibration import expected_calibration_error as kit_ece


def loop_max(logits, mask):
    rows = zip(logits, mask.bool(), strict=True)
    return torch.stack([torch.softmax(row[real], -1).max(0).values for row, real in rows])


def zero_logits(logits, mask):
    return torch.where(mask.bool()[..., None], logits, torch.zeros(())).softmax(-1).max(1).values


def max_first(logits, mask):
    real = torch.where(mask.bool()[..., None], logits, torch.full((), -1e9))
    return real.max(1).values.softmax(-1)


def pools(*sides):
    return [torch.softmax(side, -1).max(1).values for side in sides]


def costs(t, q):
    return t.sum(-1) * torch.log(torch.exp(q).sum(-1)) - torch.einsum("bv,bv->b", t, q)


def written_out(label, rationale):
    return costs(*pools(label, rationale)).mean()


def with_cross_entropy(label, rationale):
    t, q = pools(label, rationale)
    return torch.nn.functional.cross_entropy(q, t)


def normalised(label, rationale):
    t, q = pools(label, rationale)
    return costs(t / t.sum(-1, keepdim=True), q).mean()


def log_of_q(label, rationale):
    t, q = pools(label, rationale)
    return -(t * torch.log(q)).sum() / len(t)


def summed(label, rationale):
    return costs(*pools(label, rationale)).sum()


def minus_infinity(logits, mask):
    return logits.masked_fill(~mask.bool()[..., None], float("-inf")).softmax(-1).amax(1)


def by_outer_product(t, q):
    shares = torch.exp(q) / torch.exp(q).sum(1, keepdim=True)
    return torch.stack([row.sum() * one - row for row, one in zip(t, shares, strict=True)]) / len(t)


def by_autograd(t, q):
    q = q.clone().requires_grad_()
    torch.nn.functional.cross_entropy(q, t).backward()
    return q.grad


def one_hot_sides(tokens, vocabulary):
    t = torch.zeros(1, vocabulary, dtype=torch.float64)
    t[0, :tokens] = 1
    return torch.nn.functional.cross_entropy(t, t).item()


def squared(t, q):
    return ((t - q) ** 2).sum(-1)


def conditional(joint, axis):
    return joint / joint.sum(axis, keepdims=True)


def nine_by_loop(joint):
    total = 0.0
    for z, v in np.ndindex(joint.shape):
        if joint[z, v] > 0:
            total -= joint[z, v] / joint[:, v].sum() * math.log(joint[z, v] / joint[z].sum())
    return total


def equation_8(joint):
    return -float((joint * np.log(np.maximum(conditional(joint, 1), 1e-300))).sum())


def in_bits(joint):
    return nine_by_loop(joint) / math.log(2)


def turned_sign(joint):
    return -nine_by_loop(joint)


def entropy(p):
    return float(stats.entropy(p))


def ba(joint, q):
    return entropy(joint.sum(0)) + float((joint * np.log(q)).sum())


def certain_or_noisy():
    return np.array([[0.9, 0.0], [0.1, 0.0]]), np.array([[0.35, 0.15], [0.15, 0.35]])


def info_nce(scores):
    n = len(scores)
    return math.log(n) - torch.nn.functional.cross_entropy(scores, torch.arange(n))


def ece_by_digitize(confidence, correct, bins):
    edges = np.linspace(0, 1, bins + 1)[1:-1]
    place = np.digitize(confidence, edges)
    held = [place == one for one in np.unique(place)]
    return sum(one.mean() * abs(correct[one].mean() - confidence[one].mean()) for one in held)


def ece_unweighted(confidence, correct, bins):
    place = np.digitize(confidence, np.linspace(0, 1, bins + 1)[1:-1])
    held = [place == one for one in np.unique(place)]
    return np.mean([abs(correct[one].mean() - confidence[one].mean()) for one in held])


def ece_signed(confidence, correct, bins):
    return float(correct.mean() - confidence.mean())


def ece_open_ended(confidence, correct, bins):
    held = [(b / bins <= confidence) & (confidence < (b + 1) / bins) for b in range(bins)]
    gaps = [one.sum() * abs((correct[one] - confidence[one]).mean()) for one in held if one.any()]
    return sum(gaps) / len(confidence)


def floor_by_loop(confidence, bins, draws, generator):
    drawn = [generator.binomial(1, confidence).astype(bool) for _ in range(draws)]
    return np.mean([ece_by_digitize(confidence, one, bins) for one in drawn])


def floor_of_coins(confidence, bins, draws, generator):
    coins = [generator.random(len(confidence)) < 0.5 for _ in range(draws)]
    return float(np.mean([ece_by_digitize(confidence, one, bins) for one in coins]))


def floor_of_averages(confidence, bins, draws, generator, error=ece_by_digitize):
    rights = sum(generator.random(len(confidence)) < confidence for _ in range(draws)) / draws
    return error(confidence, rights, bins)


def binomial(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    return float(stats.binomtest(b, b + c).pvalue) if b + c else 1.0


def one_sided(first, second):
    return binomial(first, second) / 2 if (first != second).any() else 1.0


def two_proportions(first, second):
    a, b, n = first.mean(), second.mean(), len(first)
    pooled = (a + b) / 2
    return float(2 * stats.norm.sf(abs(a - b) / math.sqrt(2 * pooled * (1 - pooled) / n)))


def chi2(first, second):
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    return float(stats.chi2.sf((b - c) ** 2 / (b + c), df=1)) if b + c else 1.0


def interval_by_scipy(first, second):
    found = stats.ttest_rel(first, second).confidence_interval(0.95)
    return found.low, found.high


def spread(first, second, factor, ddof=1):
    d = first - second
    half = factor * d.std(ddof=ddof) / math.sqrt(len(d))
    return d.mean() - half, d.mean() + half


def power_by_distribution(difference, deviation, seeds):
    # P(|T| > t) for T of a noncentral t distribution.
    limit, shift = stats.t.ppf(0.975, seeds - 1), difference / deviation * math.sqrt(seeds)
    return 1 - (stats.nct.cdf(limit, seeds - 1, shift) - stats.nct.cdf(-limit, seeds - 1, shift))


def power_of_normal(difference, deviation, seeds):
    shift = difference / deviation * math.sqrt(seeds)
    return float(stats.norm.sf(1.959964 - shift) + stats.norm.cdf(-1.959964 - shift))


def power_of_one_side(difference, deviation, seeds):
    shift = difference / deviation * math.sqrt(seeds)
    return 1 - stats.nct.cdf(stats.t.ppf(0.95, seeds - 1), seeds - 1, shift)


def turned(examples, seed):
    order = [*range(1, len(examples)), 0]
    return [
        replace(one, rationale=examples[at].rationale)
        for one, at in zip(examples, order, strict=True)
    ]


def shuffled(examples, seed):
    order = np.random.default_rng(seed).permutation(len(examples))
    return [
        replace(one, rationale=examples[at].rationale)
        for one, at in zip(examples, order, strict=True)
    ]


def rows_moved(examples, seed):
    return [*examples[1:], examples[0]]


def teachers_labels_too(examples, seed):
    return [
        replace(one, teacher_label=other.teacher_label)
        for one, other in zip(turned(examples, seed), [*examples[1:], examples[0]], strict=True)
    ]


def with_replacement(examples, seed):
    return [
        replace(one, rationale=examples[0 if at else 1].rationale)
        for at, one in enumerate(examples)
    ]


def with_rationales(made):
    return lambda examples, seed: [replace(one, rationale=made(one.rationale)) for one in examples]


RIGHT = [
    (checks.max_pool, loop_max),
    (checks.released_loss, written_out),
    (checks.released_gradient, by_outer_product),
    (checks.least_loss, one_hot_sides),
    (checks.my_form, squared),
    (checks.equation_9, nine_by_loop),
    (checks.barber_agakov, ba),
    (checks.fooled, certain_or_noisy),
    (checks.infonce, info_nce),
    (checks.ece, ece_by_digitize),
    (checks.noise_floor, floor_by_loop),
    (checks.mcnemar, binomial),
    (checks.paired_interval, interval_by_scipy),
    (checks.power, power_by_distribution),
    (checks.faults, lambda: [18, 2, 13]),
    (checks.control, turned),
]
WRONG = [
    (checks.max_pool, lambda logits, mask: logits.softmax(-1).max(1)[0], "Padding takes part"),
    (checks.max_pool, zero_logits, "before the softmax"),
    (checks.max_pool, max_first, "softmax after it"),
    (checks.max_pool, minus_infinity, "0/0 is not a number"),
    (checks.released_loss, normalised, "made a distribution"),
    (checks.released_loss, log_of_q, "second softmax"),
    (checks.released_loss, summed, "sum over the batch"),
    (checks.released_loss, lambda side, other: written_out(other, side), "exchanged"),
    (checks.released_gradient, lambda t, q: by_outer_product(t, q) * len(t), "divide by B"),
    (checks.released_gradient, by_autograd, "by hand"),
    (checks.released_loss, with_cross_entropy, "torch's cross-entropy"),
    (checks.released_gradient, lambda t, q: q.softmax(-1) - t, "S is missing"),
    (checks.released_gradient, lambda t, q: (q - t) / len(t), "is softmax(q), not q"),
    (checks.released_gradient, lambda t, q: -by_outer_product(t, q), "sign is turned"),
    (checks.released_gradient, lambda t, q: (torch.softmax(q, 1) - t) / t.shape[0], "S is missing"),
    (checks.least_loss, lambda tokens, vocabulary: 0, "second softmax"),
    (checks.least_loss, lambda s, n: s * np.log(n), "constant S·log N alone"),
    (checks.least_loss, lambda tokens, vocabulary: tokens * np.log(vocabulary) - tokens, "Nearly"),
    (checks.least_loss, lambda s, n: np.log(n - s + s * np.e) - s, "S is missing"),
    (checks.my_form, lambda t, q: (t * q).sum(1), "turn the sign"),
    (checks.my_form, lambda t, q: (t - q).sum(1), "both sum to 1"),
    (checks.my_form, lambda t, q: 1e-5 * squared(t, q), "should cost less"),
    (checks.my_form, lambda t, q: (t.argmax(-1) != q.argmax(-1)).float(), "No gradient reaches q"),
    (checks.my_form, lambda t, q: ((t - q.detach()) ** 2).sum(-1), "No gradient reaches q"),
    (checks.my_form, lambda t, q: ((t - q) ** 2).sum(-1).sqrt(), "a square root is at 0"),
    (checks.my_form, lambda t, q: ((t - q) ** 2).sum(-1).detach() + 0 * q.sum(-1), "0 everywhere"),
    (checks.my_form, lambda t, q: ((t - q) ** 2).mean(), "one number an example"),
    (checks.my_form, lambda t, q: (t * (t.log() - q.log())).sum(-1), "not finite"),
    (checks.equation_9, equation_8, "what Equation 8 has"),
    (checks.equation_9, in_bits, "in bits"),
    (checks.equation_9, turned_sign, "sign is turned"),
    (checks.barber_agakov, lambda p, q: ba(p, q) - entropy(p.sum(0)), "H(V) is missing"),
    (checks.barber_agakov, lambda p, q: ba(p.T, q.T), "adds H(Z)"),
    (checks.barber_agakov, lambda joint, q: -ba(joint, q), "sign is turned"),
    (checks.fooled, lambda: certain_or_noisy()[::-1], "the one that the bound prefers"),
    (checks.fooled, lambda: (certain_or_noisy()[1],) * 2, "the same I(Z;V)"),
    (checks.fooled, lambda: (np.eye(2) / 2, certain_or_noisy()[1]), "agree which is larger"),
    (checks.fooled, lambda: (np.eye(2), np.eye(2)), "sum to 1"),
    (checks.fooled, lambda: (certain_or_noisy()[0], np.eye(2) / 2), "same for both"),
    (checks.fooled, lambda: (certain_or_noisy()[1], np.eye(2) / 2), "agree which is larger"),
    (checks.infonce, lambda scores: info_nce(scores) - math.log(len(scores)), "log N is missing"),
    (checks.infonce, lambda scores: info_nce(scores.T), "down the columns"),
    (checks.infonce, lambda scores: -info_nce(scores), "this is the loss"),
    (checks.ece, ece_unweighted, "counts the same"),
    (checks.ece, ece_signed, "cancel"),
    (checks.ece, lambda *given: abs(ece_signed(*given)), "cancel"),
    (checks.ece, ece_open_ended, "in no bin"),
    (checks.noise_floor, floor_of_coins, "probability ½"),
    (checks.noise_floor, lambda *given: 0, "not 0 on a finite set"),
    (checks.noise_floor, floor_of_averages, "averaged before"),
    (checks.noise_floor, partial(floor_of_averages, error=kit_ece), "averaged before"),
    (
        checks.noise_floor,
        lambda c, b, d, g: float(np.percentile([floor_by_loop(c, b, 1, g) for _ in range(d)], 95)),
        "95%",
    ),
    (checks.mcnemar, two_proportions, "different questions"),
    (checks.mcnemar, one_sided, "one-sided"),
    (checks.mcnemar, chi2, "approximation"),
    (checks.paired_interval, lambda a, b: spread(a, b, 1.96), "a spread that is known"),
    (checks.paired_interval, lambda a, b: spread(a, b, stats.t.isf(0.025, len(a) - 1), 0), "ddof"),
    (checks.paired_interval, lambda a, b: interval_by_scipy(b, a), "sign is turned"),
    (checks.power, power_of_normal, "as known"),
    (checks.power, power_of_one_side, "one-sided"),
    (checks.power, lambda d, s, n: power_by_distribution(d, s * math.sqrt(n), n), "√n is missing"),
    (checks.power, lambda d, s, n: 1 - power_by_distribution(d, s, n), "chance to miss"),
    (checks.faults, lambda: {2, 18}, "1 more"),
    (checks.faults, lambda: {2, 3, 13, 18}, "Line 3 is right"),
    (checks.faults, lambda: {14, 2}, "Line 14 is right"),
    (checks.faults, lambda: {2, 10, 13, 18}, "Line 10 is right: the weights sum to 1"),
    (checks.faults, lambda: {12, 19, 21}, "There is no line 21"),
    (checks.faults, lambda: set(range(1, 20)), "Line 19 is right: the best of many looks"),
    (checks.control, shuffled, "kept their own"),
    (checks.control, rows_moved, "changed places"),
    (checks.control, teachers_labels_too, "or the teacher's"),
    (checks.control, with_replacement, "Some rationales are missing"),
    (checks.control, with_rationales(lambda text: ""), "The rationales are gone"),
    (checks.control, with_rationales(lambda text: " ".join(sorted(text.split()))), "another order"),
    (checks.control, lambda examples, seed: examples, "Nothing has changed"),
]
