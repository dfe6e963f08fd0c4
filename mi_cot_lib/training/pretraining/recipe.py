"""The recipe of the built-in students: how long they read, and what is hidden from them."""

from dataclasses import dataclass, replace

from mi_cot_lib.student.folder import BUILT_IN_WIDTHS


@dataclass(frozen=True)
class Pretraining:
    """The recipe of the committed students; `nano`'s numbers of steps."""

    # Of text, initial weights, order and corruption.
    seed: int = 0
    texts: int = 120_000
    # On scenes alone, with a verb hidden: that a leaf has one kind, and that kinds exclude one another, is
    # learned by itself in these steps, and beside all else by some students only.
    first_steps: int = 3_000
    # On all texts.
    steps: int = 12_000
    batch_size: int = 32
    # After 200 steps; falls to 0 over the last two fifths.
    learning_rate: float = 1e-3
    # Times that rate, for the embeddings: each is of a word that comes seldom.
    embedding_rate: float = 30.0
    # Share of tokens hidden by span corruption (T5: 0.15), in batches that are of no other kind.
    corruption: float = 0.3
    # Share of batches of texts that are to be written out whole: copying is what a student of arithmetic
    # stories needs most and what span corruption teaches least.
    copied: float = 0.15
    # Share of batches, of scenes, in which a verb is hidden, "is", "is not" or "may be" (salient spans: Guu
    # et al. 2020, section 3.4), or one of them put in its place (replaced tokens: Clark et al. 2020).
    # So one has to know whether what is said is so; span corruption alone had not taught that in 8,000 steps.
    hidden: float = 0.3
    # Share of batches of texts that break off a word or three before a sentence ends: what is said there
    # follows from what was said before and from what is known.
    broken_off: float = 0.4
    # Sums of floats depend on it.
    threads: int = 1

    def for_student(self, name: str) -> "Pretraining":
        """Return the recipe of a built-in student: one of half the width takes twice as many steps.

        In as many steps a narrower one learns the rule less firmly, and forgets it beside rationales.
        """
        longer = BUILT_IN_WIDTHS["nano"] / BUILT_IN_WIDTHS[name]
        return replace(
            self, first_steps=round(longer * self.first_steps), steps=round(longer * self.steps)
        )
