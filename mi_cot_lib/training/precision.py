"""Which precision pays on this machine."""

import torch

from mi_cot_lib.training.record import cpuinfo_line

# x86's dot-product and tile instructions, and ARM's; without them bfloat16 is slower than float32.
_BF16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}


def has_fast_bf16() -> bool:
    """Tell whether this machine multiplies bfloat16 matrices in hardware: its GPU, else its CPU."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    flags = cpuinfo_line("flags") or cpuinfo_line("Features") or ""
    return not _BF16_FLAGS.isdisjoint(flags.split())
