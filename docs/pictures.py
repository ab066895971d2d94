"""Takes pictures of the app's pages over a project that is built, for docs/app.md and docs/pages.md.

    python docs/pictures.py --project . --out docs/shown/app

Needs chromium and the development requirements. It writes nothing into the project: nobody decides anything on the way.
"""

import argparse
import itertools
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

PATIENCE = 240_000  # milliseconds for a page; a model answers on the way
WIDTHS, THEMES = (390, 1400), ("light", "dark")


@contextmanager
def served(project: Path) -> Iterator[str]:
    """The address of `mbegu app` over a project."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mbegu", "app", "--project", str(project), "--port", str(port), "--max_new_tokens", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if "Ctrl-C" not in process.stdout.readline():
            sys.exit("The app did not start; what it said stands above.")
        yield f"http://127.0.0.1:{port}/"
        process.terminate()


def ask(page: Any) -> None:
    """The first example question to the base and the newest model."""
    page.locator(".gallery-item").first.click()
    page.get_by_label("base", exact=True).check()
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator(".answer").nth(1).wait_for()
    page.get_by_role("button", name="Stop", exact=True).wait_for()
    page.wait_for_function(
        "() => { const now = document.querySelector('.answers')?.textContent, before = window.before; "
        "window.before = now; return now && now === before; }",
        polling=15_000,
    )


def blind(page: Any) -> None:
    """Two answers of models whose names are not told."""
    page.get_by_label("Your name").fill("Achieng")
    page.get_by_role("button", name="Show two answers").click()
    page.get_by_role("button", name="Left is better").wait_for()
    page.get_by_text("questions are left").locator("visible=true").first.wait_for()


def compare(page: Any) -> None:
    """One of the questions whose answers changed most."""
    page.locator(".questions label").nth(3).click()
    page.get_by_text("Nearest training rows").locator("visible=true").first.wait_for()


def review(page: Any) -> None:
    """The first draft, if any waits."""
    page.get_by_label("Reviewer").fill("Achieng")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_timeout(5000)


def trace(row: str) -> Callable[[Any], None]:
    """The way of a row."""

    def run(page: Any) -> None:
        page.get_by_label("Row: its id").fill(row)
        page.get_by_role("button", name="Trace", exact=True).click()
        page.locator("svg.graph").wait_for()

    return run


def data(page: Any) -> None:
    """The newest version's rows."""
    page.wait_for_timeout(5000)


LOOKS: dict[str, tuple[int, str]] = {
    "Ask": (1400, "light"), "Blind": (390, "dark"), "Compare": (1400, "light"), "Review": (390, "light"), "Trace": (390, "dark"),
    "Data": (1400, "dark"),
}  # fmt: skip


def take(browser: Any, address: str, name: str, show: Callable[[Any], None], look: tuple[int, str], out: Path) -> None:
    """A picture of one page in a browser of that width and theme."""
    width, theme = look
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.get_by_role("tab", name=name, exact=True).click()
    show(page)
    page.wait_for_timeout(1000)
    path = out / f"{name.lower()}-{width}-{theme}.png"
    page.screenshot(path=path, full_page=name != "Data")  # of which there are many rows
    page.context.close()
    Image.open(path).convert("RGB").quantize(64).save(path, optimize=True)  # a third of the bytes
    print(f"{name} {width} {theme}", flush=True)


def main() -> None:
    """Reads the options, takes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path, default=Path(), help="Folder of a project that is built; . by default.")
    parser.add_argument("--out", type=Path, default=Path("docs/shown/app"), help="Folder of the pictures.")
    parser.add_argument("--row", required=True, help="Id of the row that Trace follows.")
    parser.add_argument("--only", choices=LOOKS, action="append", help="A page; repeat. All of them by default.")
    parser.add_argument("--all", action="store_true", help="Each page at both widths, light and dark; else one of each.")
    options = parser.parse_args()
    pages = {"Ask": ask, "Blind": blind, "Compare": compare, "Review": review, "Trace": trace(options.row), "Data": data}
    options.out.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with served(options.project) as address, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name in options.only or pages:
            for look in itertools.product(WIDTHS, THEMES) if options.all else [LOOKS[name]]:
                take(browser, address, name, pages[name], look, options.out)
        browser.close()


if __name__ == "__main__":
    main()
