"""`python -m tests.screenshots [folder]`: pictures of the pages in each state, light and dark,
on a phone and on a desk. Fails when a page is wider than its window or complains."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests import scenes
from tests.browser import ChromiumMissing, chromium, tab
from tests.scenes import Scene
from tests.upstream import FakeUpstream

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
SCHEMES, WIDTHS = ("light", "dark"), (390, 1440)
README_WIDTH, README_COLOURS, README_MAX = 1280, 64, 150_000
LIST = "/admin/brains/modelpreset/"


@dataclass(frozen=True)
class View:
    """A page to look at: by its address, or by the link in the preset list that opens it;
    `then` is what is done there first. One that is `to_complain` shows a failure."""

    name: str
    path: str
    link: str = ""
    is_signed_in: bool = True
    then: Callable[[Page], None] | None = None
    to_complain: bool = False


@dataclass(frozen=True)
class Look:
    """How a page is looked at, and the file that the picture goes to."""

    scheme: str
    width: int
    file: str


STATUS = "/"
ADMIN = (
    View("admin-home", "/admin/"),
    View("admin-list", LIST),
    View("form", LIST, link="Budget"),
    View("form-inheriting", LIST, link="Hybrid"),
    View("confirm", LIST, link="Activate Performance"),
    View("canary-start", LIST, link="Canary… Performance"),
    View("history", "/admin/brains/activation/"),
    View("roll-back", "/admin/brains/activation/1/roll-back/"),
    View("compare", "/admin/brains/activation/compare/?a=1&b=3"),
    View("compare-refused", "/admin/brains/activation/compare/?a=1&b=99"),
    View("explain", f"{LIST}explain/"),
    View("compare-presets", f"{LIST}compare/?first=1&second=2"),
    View("schedule", "/admin/brains/schedule/add/"),
    View("keys", "/admin/gateway/apikey/"),
    View("staff-key", "/admin/brains/staffkey/add/"),
    View("calls", "/admin/gateway/callrecord/"),
    View("usage", "/admin/gateway/hourlyusage/"),
    View("personal-data", "/admin/cognition/person/"),
    View("login", "/admin/login/", is_signed_in=False),
)
GOOD = (View("status-good", STATUS), *ADMIN)
CANARY = (
    View("status-canary", STATUS),
    View("list-canary", LIST),
    View("canary", f"{LIST}canary/"),
)
TRIAL = (View("status-trial", STATUS), View("list-trial", LIST))
ROOM = "/playground/"
TALK = (
    View("playground-empty", f"{ROOM}?preset=performance"),
    View("playground", ROOM, then=scenes.go_on),
    View("playground-compared", ROOM, then=scenes.compare),
    View("form-preferred", LIST, link="Budget"),
)
BROKEN = View("playground-broken", ROOM, then=scenes.break_down, to_complain=True)
VISITOR = View("status-visitor", STATUS, is_signed_in=False)
Opening = Callable[[Browser, FakeUpstream], AbstractContextManager[Scene]]
ALBUM: Sequence[tuple[Opening, Sequence[View]]] = (
    (scenes.good, (*GOOD, VISITOR)),
    (scenes.canary, CANARY),
    (scenes.trial, TRIAL),
    (scenes.attention, (View("status-attention", STATUS),)),
    (scenes.talk, TALK),
    (
        scenes.degraded,
        (View("status-degraded", STATUS), View("list-degraded", LIST), BROKEN),
    ),
    (scenes.offline, (View("status-offline", STATUS),)),
)
README = {
    "status-good": Look("light", README_WIDTH, "status-light.png"),
    "admin-list": Look("light", README_WIDTH, "admin-list-light.png"),
    "confirm": Look("dark", README_WIDTH, "confirm-dark.png"),
    "playground-compared": Look("light", README_WIDTH, "playground-light.png"),
}


def main(folder: Path) -> int:
    """Take all pictures; return 1 when something is to be mended."""
    folder.mkdir(parents=True, exist_ok=True)
    complaints: list[str] = []
    with chromium() as browser, FakeUpstream() as upstream:
        for opening, views in ALBUM:
            with opening(browser, upstream) as scene:
                for view in views:
                    complaints += _pictured(browser, scene, view, folder)
    print("\n".join(complaints), file=sys.stderr)
    print(f"{len(list(folder.glob('*.png')))} pictures are in {folder}.")
    return 1 if complaints else 0


def _pictured(
    browser: Browser, scene: Scene, view: View, folder: Path
) -> Iterator[str]:
    """Take the pictures of one page, and yield what is to be mended."""
    for look in _looks(view.name):
        file = folder / look.file
        cookies = scene.signed_in if view.is_signed_in else None
        with tab(browser, look.scheme, look.width, cookies) as opened:
            opened.visit(scene.server.url + view.path)
            if view.link:
                opened.page.get_by_role("link", name=view.link, exact=True).click()
                opened.page.wait_for_load_state("load")
            if view.then:
                view.then(opened.page)
            opened.page.screenshot(path=file, full_page=True)
            if not view.to_complain:
                yield from opened.complaints
            if wider := opened.sideways():
                yield f"{look.file}: {wider} pixels wider than its window"
    if view.name in README:
        yield from _made_small(folder / README[view.name].file)


def _made_small(file: Path) -> Iterator[str]:
    """Keep only so many colours as a page has; complain of a picture still too large."""
    with Image.open(file) as picture:
        palette = picture.convert("RGB").quantize(README_COLOURS)
    palette.save(file, optimize=True)
    if (size := file.stat().st_size) > README_MAX:
        yield f"{file.name} has {size} bytes, and README's pictures {README_MAX} at most"


def _looks(name: str) -> Iterator[Look]:
    if name in README:  # first: what is done in one look is seen in the next
        yield README[name]
    for scheme, width in product(SCHEMES, WIDTHS):
        yield Look(scheme, width, f"{name}-{scheme}-{width}.png")


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER))
    except ChromiumMissing as missing:
        sys.exit(str(missing))
