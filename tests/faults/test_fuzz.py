"""A short run of the fuzzers; `make fuzz` takes its time."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from local.processes import ROOT

SECONDS = 8

pytestmark = pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is only published for Linux on x86-64")


def fuzz(fuzzer: str, folder: Path, *flags: str) -> tuple[int, str, dict[str, bytes]]:
    """Exit code, what libFuzzer says, and the inputs that it left as proof."""
    command = [
        sys.executable,
        "-m",
        f"tests.fuzz.{fuzzer}",
        str(folder / "corpus"),
        f"-artifact_prefix={folder}/",
        *flags,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=120)  # noqa: S603  # constant
    proof = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace"), proof


@pytest.mark.parametrize("fuzzer", ["fuzz_post", "fuzz_mail"])
def test_nothing_that_the_fuzzer_makes_of_real_mail_breaks_its_reader(fuzzer: str, tmp_path: Path) -> None:
    # The same seed makes the same inputs: a failure can be repeated.
    code, said, proof = fuzz(fuzzer, tmp_path, f"-max_total_time={SECONDS}", "-seed=1")

    assert proof == {}, said[-5000:]
    assert code == 0, said[-5000:]
    assert "DONE" in said


def test_an_input_that_breaks_the_reader_is_found_and_shown(tmp_path: Path) -> None:
    code, said, proof = fuzz("fuzz_fault", tmp_path, "-runs=1000000", f"-max_total_time={SECONDS * 5}", "-seed=1")

    assert code != 0
    assert "a fault to be found" in said
    assert [content for content in proof.values() if b"--xYzZY--" in content]
