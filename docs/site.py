"""Builds the site of the documentation: `python -m docs.site`, which needs `pip install 'nndsl[docs]'`."""

import argparse
import shutil
from pathlib import Path

DOCS = Path(__file__).parent


def build(folder: Path) -> int:
    """Write the site, with every warning an error; Sphinx' exit code."""
    from sphinx.cmd.build import build_main

    code = build_main(["-W", "--keep-going", "-q", "-c", str(DOCS), "-d", str(folder / ".doctrees"), str(DOCS.parent), str(folder)])
    shutil.rmtree(folder / ".doctrees", ignore_errors=True)
    return code


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the site of the documentation.")
    parser.add_argument("-o", "--output", type=Path, default=Path("site"), help="its folder (default: site)")
    folder = parser.parse_args().output
    code = build(folder)
    if code == 0:
        print(folder / "docs" / "index.html")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
