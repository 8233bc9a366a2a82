"""In a real JupyterLab: the first lesson runs to the end, its slider moves its picture, a text box answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbconvert.preprocessors import ClearOutputPreprocessor
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, TimeoutError, expect, sync_playwright

import lessons

LESSON = "00_welcome"
TEXT_BOX = """
from udm_lessons import show

show.text_box(lambda text: print("You typed " + text.upper() + "."), "letters", "olv")
"""
MINUTE = 60_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"autoStartDefaultKernel": True, "windowingMode": "none"},
}
# Everything a cell shows except the knobs themselves.
SHOWN = """cell => {
    const shown = cell.querySelector('.jp-Cell-outputWrapper').cloneNode(true);
    shown.querySelectorAll('.widget-slider, .widget-readout').forEach(knob => knob.remove());
    return shown.innerHTML;
}"""
# Opened, its kernel connected and at rest.
READY = """async () => {
    const app = window.jupyterapp;
    await app?.restored;
    const session = app?.shell.currentWidget?.context?.sessionContext;
    await session?.ready;
    const kernel = session?.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
QUIET = """() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
    .every(prompt => !prompt.textContent.includes('*'))"""
FINISHED = """() => {
    const cells = [...document.querySelectorAll('.jp-CodeCell')];
    const written = cells.filter(cell => cell.querySelector('.cm-content').textContent.trim());
    const prompts = written.map(cell => cell.querySelector('.jp-InputPrompt').textContent);
    return prompts.length > 0 && prompts.every(prompt => /\\[\\d+\\]/.test(prompt));
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason=f"none of {', '.join(BROWSERS)} is on PATH"),
]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Address in a JupyterLab server with settings of its own; {} stands for the lesson's name or "box"."""
    course, settings, runtime = (tmp_path / name for name in ("course", "settings", "runtime"))
    course.mkdir()
    notebook = nbformat.read(lessons.ROOT / "solutions" / f"{LESSON}.ipynb", as_version=4)
    notebook.metadata.pop("widgets", None)
    notebook, _ = ClearOutputPreprocessor().preprocess(notebook, {})
    nbformat.write(notebook, course / f"{LESSON}.ipynb")
    box = new_notebook(cells=[new_code_cell(TEXT_BOX)], metadata=notebook.metadata)
    nbformat.write(box, course / "box.ipynb")
    for name, values in SETTINGS.items():
        path = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    environment = lessons.kernel_environment(lessons.ROOT, tmp_path) | {
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
    }
    options = ("--no-browser", "--allow-root", "--expose-app-in-browser")
    place = ("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={course}")
    log = tmp_path / "server.log"
    with log.open("w") as stream:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, *place],
            env=environment,
            cwd=course,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        # The server writes this file when it listens.
        deadline = time.monotonic() + 60
        while not (found := list(runtime.glob("jpserver-*.json"))):
            running = server.poll() is None and time.monotonic() < deadline
            assert running, log.read_text()[-3000:]
            time.sleep(0.2)
        told = json.loads(found[0].read_text())
        yield f"{told['url']}lab/tree/{{}}.ipynb?token={told['token']}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A page of its own browser; what it showed last stays in ``tmp_path``."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        yield page
        page.screenshot(path=tmp_path / "last.png")
        browser.close()


def command(page: Page, name: str, **arguments: object) -> None:
    """Let JupyterLab carry out one of its commands, as an entry of its menus does."""
    execute = "([name, arguments]) => window.jupyterapp.commands.execute(name, arguments)"
    page.evaluate(execute, [name, arguments])


def run_all(page: Page, shown: str) -> None:
    """Run the notebook to its end, until it shows this.

    While its kernel connection settles, JupyterLab drops what is asked for (the prompts go back to
    empty), and shows what stands in the place of widgets. So it is asked again then.
    """
    for _ in range(10):
        page.wait_for_function(READY)
        command(page, "notebook:run-all-cells")
        page.wait_for_timeout(1000)
        page.wait_for_function(QUIET, timeout=5 * MINUTE)
        if page.evaluate(FINISHED) and comes(page, shown):
            return
    raise AssertionError(f"Running all cells left cells that did not run, or shows no {shown}")


def comes(page: Page, selector: str) -> bool:
    """Whether this is on the page within 10 seconds."""
    try:
        page.locator(selector).first.wait_for(timeout=MINUTE / 6)
    except TimeoutError:
        return False
    return True


def photograph(page: Page, name: str) -> None:
    """Save the whole notebook as a picture where the variable UDM_SCREENSHOTS names a folder."""
    folder = os.environ.get("UDM_SCREENSHOTS")
    if not folder:
        return
    height = page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
    page.set_viewport_size({"width": 1280, "height": min(height + 150, 12_000)})
    for theme in ("Light", "Dark"):
        command(page, "apputils:change-theme", theme=f"JupyterLab {theme}")
        expect(page.locator(f"body[data-jp-theme-name='JupyterLab {theme}']")).to_be_attached()
        page.locator("#jupyterlab-splash").wait_for(state="detached")
        page.screenshot(path=Path(folder) / f"{name}_{theme.lower()}.png")
    page.set_viewport_size({"width": 1280, "height": 900})


def test_lesson_runs_and_its_slider_works(address: str, page: Page) -> None:
    page.set_default_timeout(MINUTE)
    page.goto(address.format(LESSON))
    idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']")
    idle.wait_for()
    run_all(page, shown=".widget-slider")
    idle.wait_for()

    cell = page.locator(".jp-CodeCell", has=page.locator(".widget-slider")).first
    slider = cell.locator(".noUi-handle").first
    slider.scroll_into_view_if_needed()
    before = cell.evaluate(SHOWN)
    photograph(page, LESSON)
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function(
        f"([cell, before]) => ({SHOWN})(cell) !== before", arg=[cell.element_handle(), before]
    )
    idle.wait_for()
    expect(page.locator("[data-mime-type='application/vnd.jupyter.error']")).to_have_count(0)
    expect(page.locator("[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)


def test_a_text_box_answers_when_enter_is_pressed(address: str, page: Page) -> None:
    page.set_default_timeout(MINUTE)
    page.goto(address.format("box"))
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()
    run_all(page, shown=".widget-text input")

    expect(page.get_by_text("You typed OLV.", exact=True)).to_have_count(1)
    box = page.locator(".widget-text input")
    box.fill("ana")
    page.wait_for_timeout(500)
    expect(page.get_by_text("You typed OLV.", exact=True)).to_have_count(1)
    box.press("Enter")
    expect(page.get_by_text("You typed ANA.", exact=True)).to_have_count(1)
    expect(page.get_by_text("You typed OLV.", exact=True)).to_have_count(0)
    expect(page.get_by_text("Error displaying widget")).to_have_count(0)
