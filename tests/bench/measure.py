"""How the benchmarks measure: ours and the baseline in turns, in the same run, and a ratio of the two."""

import statistics
import threading
import time
from collections.abc import Callable

ROUNDS = 5


def report(name: str, ours: float, baseline: float, unit: str, *, ratio: float | None = None) -> None:
    """Print one line of results; the ratio is ours over the baseline's unless it is given."""
    value = ours / baseline if ratio is None else ratio
    print(f"BENCH {name} ratio={value:.2f} ours={ours:.4g} baseline={baseline:.4g} unit={unit}", flush=True)  # noqa: T201


def in_turns(
    name: str, ours: Callable[[], float], baseline: Callable[[], float], unit: str, rounds: int = ROUNDS
) -> None:
    """Measure both in turns, once unmeasured, and report the medians and the median of the rounds' ratios."""
    ours()
    baseline()
    pairs = [(ours(), baseline()) for _ in range(rounds)]
    medians = [statistics.median(values) for values in zip(*pairs, strict=True)]
    report(name, medians[0], medians[1], unit, ratio=statistics.median(our / base for our, base in pairs))


def rate(work: Callable[[], object], threads: int, total: int) -> float:
    """Give the times per second that several threads together do some work `total` times. An error of one is raised."""
    errors: list[BaseException] = []

    def repeat() -> None:
        try:
            for _ in range(total // threads):
                work()
        except BaseException as error:  # noqa: BLE001  # raised again by the caller's thread
            errors.append(error)

    workers = [threading.Thread(target=repeat) for _ in range(threads)]
    begun_at = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - begun_at
    if errors:
        raise errors[0]
    return total // threads * threads / took
