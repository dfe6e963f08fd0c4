"""What a disk refuses is said in words that name the file, whichever library noticed it."""

import errno
import os

import pytest
import safetensors.torch
import torch

from mi_cot_lib.errors import describe_os_error, written_to

FULL = os.strerror(errno.ENOSPC)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, FULL), "no room to write: No space left on device; make room"),
        (OSError(errno.ENOSPC, FULL, "/a/b"), "no room to write /a/b: No space"),
        (OSError(errno.EDQUOT, "Quota exceeded", "/a/b"), "no room to write /a/b: Quota exceeded"),
        (OSError(errno.EACCES, "Permission denied", "/a"), "read or write /a: Permission denied"),
        (OSError("only words"), "cannot read or write: only words"),
        (OSError(), "cannot read or write: OSError"),
    ],
)
def test_what_the_system_refuses_is_said_in_words(error, said):
    assert said in describe_os_error(error)
    assert "None" not in describe_os_error(error)


@pytest.mark.parametrize(
    ("error", "number", "name"),
    [
        (OSError(errno.ENOSPC, FULL), errno.ENOSPC, "there"),
        (OSError(errno.EACCES, "no", "elsewhere"), errno.EACCES, "elsewhere"),
        # As the tokenisers' writer and torch's say it.
        (Exception(f"{FULL} (os error 28)"), errno.ENOSPC, "there"),
        (RuntimeError("basic_ios::clear: iostream error"), errno.ENOSPC, "there"),
        (RuntimeError("[enforce fail at inline_container.cc:672] ."), errno.ENOSPC, "there"),
    ],
)
def test_every_writers_words_become_a_named_error_of_the_system(error, number, name):
    with pytest.raises(OSError) as raised, written_to("there"):
        raise error
    assert (raised.value.errno, raised.value.filename) == (number, name)


def test_weights_that_find_no_folder_are_named(tmp_path):
    path = tmp_path / "missing/model.safetensors"
    with pytest.raises(FileNotFoundError) as raised, written_to(path):
        safetensors.torch.save_file({"a": torch.zeros(1)}, path)
    assert raised.value.filename == str(path)


@pytest.mark.parametrize("error", [RuntimeError("CUDA out of memory"), OSError("only words")])
def test_what_is_not_of_a_disk_goes_on_as_it_is(error):
    with pytest.raises(type(error)) as raised, written_to("there"):
        raise error
    assert raised.value is error
