"""Phones at a gate: real browsers with a memory of their own, and a camera that sees a real ticket's page."""

import contextlib
import json
import os
import shutil
import signal
from pathlib import Path

import pypdfium2
import zxingcpp
from PIL import Image, ImageFilter
from playwright.sync_api import Error

from tests.journeys.conftest import ARGUMENTS

SIZE = (1280, 720)
ROOM = (96, 92, 88)
FRAMES_A_SECOND = 4
CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
OPEN = """
from events.models import Event
from scanning import devices
from scanning.gates import add_gate, gates_of
event = Event.objects.get(slug="fault")
gates = [gates_of(event=event)[0], add_gate(event=event, name="Back door")]
gate = gates[{gate}]
print(devices.make(event=event, gates=gates if {both} else [gate], name="Phone", now=now, made_by=None).code)
"""
SELL = """
import json
from events.models import Event
from registrations import codes
from tests import cast
event = Event.objects.get(slug="fault")
orders = [cast.ordered(event.ticket_types.get(), min(10, {count} - sold)) for sold in range(0, {count}, 10)]
print(json.dumps([[codes.code_of(ticket) for ticket in order.tickets.order_by("id")] for order in orders]))
"""
# Without the pointer: a verdict that stands lies over the button, and the steward would wait for its end each time.
TYPED = """text => {
  const field = document.getElementById("typed");
  if (field.form.hidden) document.querySelector("[data-does=type]").click();
  field.value = text;
  field.form.requestSubmit();
}"""

# Keys as fast as a hand scanner types them, or as slowly as a person, however busy this machine is: they begin in the page itself.
KEYS = """async ([text, end, gap]) => {
  const press = (key) => {
    const field = document.activeElement ?? document.body;
    const goesOn = field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    if (goesOn && key.length === 1 && field.matches("input, textarea")) field.value += key;
  };
  for (const key of [...text, ...(end ? [end] : [])]) {
    press(key);
    if (gap) await new Promise((resolve) => setTimeout(resolve, gap));
  }
}"""


def keyed(page, text, *, end="Enter", gap_ms=0):
    """What a hand scanner types, or with a gap a person."""
    page.evaluate(KEYS, [text, end, gap_ms])


def sold(stage, count):
    """Codes of new tickets."""
    return [code for order in json.loads(stage.python(SELL.format(count=count))) for code in order]


def link_for(stage, *, gate=0, both=False):
    """A one-time link that opens a device at the first or second gate."""
    return f"http://127.0.0.1:{stage.port}/gate/open/{stage.python(OPEN.format(gate=gate, both=both))}/"


def held_up(pdf, number=0):
    """A picture of the ticket's page before a camera: a little askew, a little out of focus, in a dim room."""
    page = pypdfium2.PdfDocument(pdf)[number].render(scale=1.9).to_pil().convert("RGB")
    turned = page.rotate(4, expand=True, fillcolor=ROOM, resample=Image.Resampling.BICUBIC)
    corners = zxingcpp.read_barcodes(turned)[0].position
    middle = (corners.top_left.x + corners.bottom_right.x) // 2, (corners.top_left.y + corners.bottom_right.y) // 2
    view = Image.new("RGB", SIZE, ROOM)
    view.paste(turned, (SIZE[0] // 2 - middle[0], SIZE[1] // 2 - middle[1]))
    return view.filter(ImageFilter.GaussianBlur(0.8))


def empty_hand():
    return Image.new("RGB", SIZE, ROOM)


def film(path, scenes):
    """A Y4M film for the fake camera, which plays it in a circle. scenes: [(picture, seconds), …]."""
    with Path(path).open("wb") as out:
        out.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F{FRAMES_A_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for picture, seconds in scenes:
            light, blue, red = picture.convert("YCbCr").split()
            half = (SIZE[0] // 2, SIZE[1] // 2)
            frame = light.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes()
            out.write((b"FRAME\n" + frame) * round(seconds * FRAMES_A_SECOND))
    return path


def with_camera(browser, seen):
    """A browser of the same kind whose camera sees this film."""
    arguments = [*ARGUMENTS, *CAMERA, f"--use-file-for-fake-video-capture={seen}"]
    return browser.browser_type.launch(executable_path=shutil.which("chromium"), args=arguments)


class Phone:
    """A browser with a memory that outlives it. `browser` lends its kind; `film` is what the camera sees."""

    def __init__(self, browser, memory, *, film=None, **options):
        self.kind, self.memory, self.options = browser.browser_type, Path(memory), options
        self.arguments = [*ARGUMENTS, *(CAMERA if film else []), *([f"--use-file-for-fake-video-capture={film}"] if film else [])]
        self.on()

    def on(self):
        self.context = self.kind.launch_persistent_context(
            self.memory,
            executable_path=shutil.which("chromium"),
            args=self.arguments,
            viewport={"width": 390, "height": 844},
            **self.options,
        )
        self.page = self.context.pages[0]
        self.troubles = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda message: self.troubles.append(message.text) if "Content Security" in message.text else None)

    def off(self):
        self.context.close()

    def dies(self):
        """The power is gone: every process of this browser is killed, nothing is said goodbye to."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(Error):  # Playwright may have seen the end before it is told to close
            self.context.close()

    def processes(self):
        """Ids of this browser's processes, which carry its memory's name on their command line."""
        name = f"--user-data-dir={self.memory}".encode()
        lines = {int(path.parent.name): path for path in Path("/proc").glob("[0-9]*/cmdline")}
        return [pid for pid, path in lines.items() if name in _read(path).split(b"\0")]

    def opens(self, link, steward="Bob", gate=None):
        """The steward follows the link, says who they are, and starts."""
        self.page.goto(link)
        self.page.wait_for_selector("#opening:not([hidden])")
        self.page.fill("#open-name", steward)
        self.page.click("text=Open gate")
        self.page.wait_for_selector("#shift:not([hidden])")
        if gate:
            self.page.check(f"label:has-text('{gate}') input")
        self.page.click("text=Start scanning")
        self.page.wait_for_selector("#scanning:not([hidden])")
        self.copied()
        return self

    def copied(self):
        """Until the copy is there and the shell is kept."""
        self.until("() => /^Copy \\d+ s old$/.test(document.querySelector('[data-sign=age] span').textContent)")
        self.until("() => navigator.serviceWorker.controller !== null")

    def knows(self, tickets):
        """Until the copy has this many."""
        self.until(f"() => Number(document.querySelector('[data-tally=total]').textContent.replace(/\\D/g, '')) >= {tickets}", 60)

    def until(self, true, seconds=30):
        """The page's policy forbids Playwright's own waiting for functions."""
        for _ in range(seconds * 20):
            if self.page.evaluate(true):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"not within {seconds} s: {true}; {self.page.inner_text('#scanning header')}")

    def reads(self, text):
        """A hand scanner reads the code; the verdict that is shown."""
        before = self.shown()
        keyed(self.page, text)
        return self.verdict_after(before)

    def types(self, text):
        """The steward types or pastes it; the verdict that is shown."""
        before = self.shown()
        self.page.evaluate(TYPED, text)
        return self.verdict_after(before)

    def shown(self):
        return self.page.evaluate("() => document.getElementById('verdict').dataset.shown ?? ''")

    def verdict_after(self, before):
        self.until(f"() => (document.getElementById('verdict').dataset.shown ?? '') !== '{before}'")
        return self.page.get_attribute("#verdict", "data-verdict")

    def queue(self):
        return int(self.page.inner_text("[data-sign=queue]").split()[0])

    def uploaded(self):
        self.until("() => document.querySelector('[data-sign=queue] span').textContent === '0 waiting'", 60)


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it ended meanwhile
