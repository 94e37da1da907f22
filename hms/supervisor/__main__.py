"""`python -m hms.supervisor COMMAND`, which is what `bin/hms` becomes."""

import errno
import sys

from hms.supervisor import bench, manage, native, tests, up
from hms.supervisor.report import Stop, tail

COMMANDS = {"up": up.main, "manage": manage.main, "verify": manage.verify, "test": tests.main, "bench": bench.main}


def main() -> int:
    command, *arguments = sys.argv[1:] or [""]
    if command not in COMMANDS:
        print(f"hms: there is no command '{command}'. bin/hms --help lists them.", file=sys.stderr)
        return 2
    try:
        native.prepare(command)
        return COMMANDS[command](arguments)
    except Stop as stop:
        if stop.log:
            print(f"{tail(stop.log)}\nThe whole log: {stop.log}", file=sys.stderr)
        print(f"hms: {stop}", file=sys.stderr)
        return stop.code
    except KeyboardInterrupt:
        return 130
    except OSError as failure:
        if failure.errno in (errno.ENOSPC, errno.EDQUOT):
            print(f"hms: the disk is full ({failure.filename or 'while writing'}).", file=sys.stderr)
            return 1
        raise


if __name__ == "__main__":
    sys.exit(main())
