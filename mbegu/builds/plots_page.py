"""Writes the page into which `dvc plots` puts its charts, with Vega inside: DVC's own loads Vega from a CDN.

    python -m mbegu.builds.plots_page .dvc/plots.html

`make setup` and `mbegu new` call it; `.dvc/config` names the page.
"""

import sys
from pathlib import Path

PAGE = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>DVC Plot</title>
{refresh_tag}
<script>(() => {
BUNDLE
})();</script>
<style>
  body { font-family: system-ui, sans-serif; margin: 1rem; }
  img { max-width: 100%; }
</style>
</head>
<body>
<div id="plots">{plot_divs}</div>
</body>
</html>
"""


def write(path: Path) -> None:
    """Writes the page, of 0.9 MB."""
    import vl_convert

    bundle = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its stub has no default
    path.write_text(PAGE.replace("BUNDLE", bundle.replace("</script", "<\\/script")), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
