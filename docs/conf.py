"""The site of the documentation, as Sphinx makes it: `python -m docs.site`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from nndsl import __version__

project = "nndsl"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
root_doc = "docs/index"
include_patterns = ["docs/**.md", "examples/*/README.md", "README.md", "CONTRIBUTING.md"]
exclude_patterns = [".*", "**/.*", "site", "runs", "nndsl", "tests", "benchmarks", "grammars", "specs"]
suppress_warnings = ["misc.highlighting_failure"]  # the index of diagnostics shows text that is no .nn file
html_theme = "furo"
html_title = f"nndsl {release}"
html_show_copyright = False
html_copy_source = False
myst_heading_anchors = 4
autodoc_member_order = "bysource"
autodoc_typehints = "description"
nitpicky = False
