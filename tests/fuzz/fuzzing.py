"""What the fuzzers have in common: their seeds, and libFuzzer's command line."""

import hashlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # published without types

TOKENS = Path(__file__).with_name("tokens.dict")


def fuzz(check: Callable[[bytes], None], seeds: Iterable[bytes]) -> None:
    """Run libFuzzer with the program's own arguments; does not return.

    The first argument is the folder of the corpus: the seeds are put there, and libFuzzer adds what it finds. A crash
    is an exception of `check`, or an input that takes longer than `-timeout` seconds.
    """
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):  # the program's name and one argument
        sys.exit("usage: python -m tests.fuzz.fuzz_… CORPUS_FOLDER [libFuzzer's flags]")
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    # In this order the caller's flags win.
    atheris.Setup(
        [sys.argv[0], f"-dict={TOKENS}", "-timeout=10", "-rss_limit_mb=1024", "-max_len=16384", *sys.argv[1:]], check
    )
    atheris.Fuzz()
