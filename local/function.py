"""`python -m local.function --source … --target …`: functions-framework, with a clock that runs faster.

Starts a function as `python -m functions_framework` does, with the same arguments and the same server, but replaces the
function `_now` of its main.py, from which its wiring takes the time. Which clock: see `local.time_scale`.
"""

import argparse
import os
import sys

from functions_framework import create_app
from functions_framework._http import create_server

from local.errors import StackError
from local.time_scale import ScaledClock


def main() -> int:
    """Serves until told to stop; 1 when there is no such clock, or the function has none to be replaced."""
    parser = argparse.ArgumentParser(prog="python -m local.function")
    for name in ("source", "target", "signature-type", "host"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    try:
        clock = ScaledClock.of(os.environ)
        app = create_app(arguments.target, arguments.source, arguments.signature_type)  # type: ignore[no-untyped-call]  # published without types
        set_clock(clock)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    create_server(app, debug=False).run(arguments.host, arguments.port)  # type: ignore[no-untyped-call]  # as above
    return 0


def set_clock(clock: ScaledClock) -> None:
    """Gives the main.py that functions-framework has loaded another clock; StackError when it has no `_now`."""
    loaded = sys.modules["main"]  # so it calls the file, wherever that lies
    if not callable(getattr(loaded, "_now", None)):
        raise StackError(f"{loaded.__file__} has no function _now, so its time can't run faster.")
    vars(loaded)["_now"] = clock.now


if __name__ == "__main__":
    sys.exit(main())
