"""How much sampled rationales overlap with the teacher's, where nobody judges them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mi_cot_lib.report.cells.quality import students_by_setting
from mi_cot_lib.report.runs import JudgedSample, Values, over_seeds


def overlap_cells(samples: Sequence[JudgedSample]) -> pd.DataFrame:
    """Average ROUGE-L against the teacher's rationales, one row a setting.

    Returns:
        `setting`, `value` (ROUGE-L F, 0 to 100, mean over seeds), `low`, `high` (95% t interval), `bleu`,
        `cosine` (means over seeds), `items`, `seeds`.
    """
    return pd.DataFrame(
        [
            {
                "setting": setting,
                **over_seeds(sample.rouge for sample in group),
                "bleu": np.mean([sample.bleu for sample in group]),
                "cosine": np.mean([sample.cosine for sample in group]),
                "items": len(group[0].items),
                "seeds": len(group),
            }
            for setting, group in students_by_setting(samples).items()
        ]
    )


def overlap_by_seed(samples: Sequence[JudgedSample]) -> Values:
    """Return the ROUGE-L of each seed, by setting."""
    return {
        setting: {sample.seed: sample.rouge for sample in group}
        for setting, group in students_by_setting(samples).items()
    }
