"""A reader with a fault: proves that the fuzzers find one."""

from tests.fuzz.fuzzing import fuzz


def check(data: bytes) -> None:
    if b"--xYzZY--" in data:
        raise ValueError("a fault to be found")


if __name__ == "__main__":
    fuzz(check, [b"--xYzZY\r\n"])
