// The document beside the form: zoom, turn and pages without a reload, and the splitter.

const ZOOMS = [50, 75, 100, 125, 150, 200, 300];
const SHARP_FROM = 150;

const viewer = document.querySelector("[data-viewer]");
if (viewer) dressViewer(viewer);
const splitter = document.querySelector("[data-splitter]");
if (splitter) dressSplitter(splitter);

function dressViewer(viewer) {
  const sheets = viewer.querySelector(".viewer__sheets");
  const pictures = [...sheets.querySelectorAll("img")];

  viewer.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const tool = event.target.closest("[data-zooms], [data-turns], [data-page-step]");
    if (!tool) return;
    event.preventDefault();
    if (tool.dataset.zooms) zoom(nextZoom(tool.dataset.zooms));
    else if (tool.dataset.pageStep) show(pageNow() + Number(tool.dataset.pageStep));
    else turn((Number(viewer.dataset.turn) + 90) % 360);
  });

  function nextZoom(way) {
    const place = ZOOMS.indexOf(Number(viewer.dataset.zoom));
    if (way === "fit") return 100;
    return ZOOMS[Math.max(0, Math.min(ZOOMS.length - 1, place + (way === "in" ? 1 : -1)))];
  }

  function zoom(percent) {
    const middle = (sheets.scrollTop + sheets.clientHeight / 2) / sheets.scrollHeight;
    viewer.dataset.zoom = percent;
    viewer.querySelector("[data-zoom-now]").textContent = `${percent} %`;
    sheets.scrollTop = middle * sheets.scrollHeight - sheets.clientHeight / 2;
    if (percent >= SHARP_FROM) redraw();
  }

  function turn(degrees) {
    viewer.dataset.turn = degrees;
    redraw();
  }

  function redraw() {
    const width = Number(viewer.dataset.zoom) >= SHARP_FROM ? 1920 : 1280;
    for (const picture of pictures) {
      const address = new URL(picture.src);
      address.searchParams.set("width", width);
      address.searchParams.set("turn", viewer.dataset.turn);
      if (picture.src !== address.href) picture.src = address.href;
    }
  }

  function pageNow() {
    const middle = sheets.scrollTop + sheets.clientHeight / 3;
    return 1 + pictures.findLastIndex((picture) => picture.offsetTop <= middle);
  }

  function show(page) {
    const picture = pictures[Math.max(1, Math.min(pictures.length, page)) - 1];
    sheets.scrollTo({ top: picture.offsetTop - 12 });
  }

  const now = viewer.querySelector("[data-page-now]");
  if (now) sheets.addEventListener("scroll", () => (now.textContent = Math.max(1, pageNow())), { passive: true });
}

function dressSplitter(splitter) {
  const item = splitter.parentElement;
  const [least, most] = [Number(splitter.ariaValueMin), Number(splitter.ariaValueMax)];
  splitter.hidden = false;
  set(Number(remembered()) || Number(splitter.ariaValueNow));

  splitter.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -2, ArrowRight: 2, Home: -100, End: 100 }[event.key];
    if (!step) return;
    event.preventDefault();
    set(Number(splitter.ariaValueNow) + step);
  });
  splitter.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    splitter.setPointerCapture(event.pointerId);
  });
  splitter.addEventListener("pointermove", (event) => {
    if (!splitter.hasPointerCapture(event.pointerId)) return;
    const box = item.getBoundingClientRect();
    set(((event.clientX - box.left) / box.width) * 100);
  });

  function set(percent) {
    const whole = Math.round(Math.max(least, Math.min(most, percent)));
    splitter.ariaValueNow = whole;
    item.style.setProperty("--viewer", `${whole}%`);
    try {
      localStorage.setItem("viewer-width", whole);
    } catch {
      // Private windows may refuse; the width then lasts as long as the page.
    }
  }

  function remembered() {
    try {
      return localStorage.getItem("viewer-width");
    } catch {
      return null;
    }
  }
}
