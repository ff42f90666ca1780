"""The images of docs/gallery: pages at three widths, and the sheet for the board. python -m browser.gallery."""

from __future__ import annotations

import shutil
import tempfile
from io import BytesIO
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from browser.test_browser import FLAGS
from mmadvisor.desk.cli import run
from tests.pages import gallery

COLOURS = 128  # enough for flat colours and the edges of letters


def stored(image: Image.Image, name: str) -> None:
    """An image with few colours, which keeps the repository small."""
    image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(gallery.FOLDER / name, optimize=True)


def pictured(name: str, browser: Browser, folder: Path) -> None:
    """The images of one example."""
    (patient,) = (path for path in gallery.EXAMPLES if path.stem == name)
    page, sheet = folder / f"{name}.html", folder / f"{name}-board.html"
    assert run(["recommend", str(patient), "-o", str(page)]) == 0
    assert run(["recommend", str(patient), "--board", "-o", str(sheet)]) == 0
    tab = browser.new_page()
    tab.goto(page.as_uri())
    for width, height in gallery.WIDTHS.items():
        tab.set_viewport_size({"width": width, "height": height})
        stored(Image.open(BytesIO(tab.screenshot())), f"{name}-{width}.png")
    tab.goto(sheet.as_uri())
    printed = gallery.FOLDER / f"{name}-board.pdf"
    tab.pdf(path=printed, format="A4", prefer_css_page_size=True, print_background=True)
    tab.close()
    document = pypdfium2.PdfDocument(printed)
    stored(document[0].render(scale=1.5).to_pil(), f"{name}-board.png")
    document.close()


def main() -> None:
    """Write the captures of the terminal, and the images."""
    gallery.main()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name in gallery.PICTURED:
            pictured(name, browser, Path(folder))
        browser.close()


if __name__ == "__main__":
    main()
