"""`python -m benchmarks [NAME...]`: each in a process of its own, so that none inherits what another has loaded."""

import argparse
import json
import subprocess
import sys

NAMES = ("startup", "linear", "edit", "compile", "train", "stream", "adversarial", "layout", "memory", "settings", "serve")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or several of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--small", action="store_true", help="tiny sizes, to see that everything runs; the figures mean nothing")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]}; there are {', '.join(NAMES)}")
    flags = [flag for flag in ("--json", "--small") if getattr(options, flag[2:])]
    worst = 0
    found: list[object] = []
    for name in options.names or NAMES:
        command = [sys.executable, "-m", f"benchmarks.{name}", *flags]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE if options.json else None, text=True)
        worst = max(worst, abs(done.returncode))
        found += json.loads(done.stdout) if options.json else []
    if options.json:
        print(json.dumps(found, indent=2))
    return worst


if __name__ == "__main__":
    sys.exit(main())
