// The order's page where codes change every 30 seconds: each is drawn here, from its ticket's secret and the
// clock, so that it goes on without a network. Without this script the page shows the code of its own moment.
import { STEP_SECONDS, suffixOf } from "./gate/rotating.js";
import { keepPage } from "./kept-order.js";

const CLOCK = "order-clock"; // {rendered, skew}: what this phone's clock lacks, as of the last page the server made
const SHAPE = { ecc: "medium", encoding: "alphanumeric", version: 6, mask: 3, border: 4 }; // as registrations/ticket_pdf/qr.py
const SVG = "http://www.w3.org/2000/svg";
const live = JSON.parse(document.getElementById("live-codes").textContent);

/** ms to add to this phone's clock. A page that was kept says nothing new of the time: the earlier word stands. */
const skewOf = ({ now_ms: rendered }) => {
  const known = JSON.parse(localStorage.getItem(CLOCK) ?? "null");
  if (known && known.rendered >= rendered) return known.skew; // of this page, or of another order's that is newer
  const skew = rendered - Date.now();
  localStorage.setItem(CLOCK, JSON.stringify({ rendered, skew }));
  return skew;
};

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));

/** The dark modules as one path, a run of them at a time. */
const pathOf = (rows) => {
  let path = "";
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) {
      const start = x;
      while (row[x]) x += 1;
      if (x > start) path += `M${start} ${y}h${x - start}v1h-${x - start}z`;
    }
  });
  return path;
};

const draw = (box, rows) => {
  const picture = box.querySelector("svg");
  picture.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
  const ground = document.createElementNS(SVG, "path");
  ground.setAttribute("fill", "#fff");
  ground.setAttribute("d", `M0 0h${rows.length}v${rows.length}H0z`);
  const dark = document.createElementNS(SVG, "path");
  dark.setAttribute("d", pathOf(rows));
  picture.replaceChildren(ground, dark);
};

const start = async () => {
  const { encodeQR } = await import(live.writer);
  const skew = skewOf(live);
  const boxes = [...document.querySelectorAll("[data-live]")].map((box) => ({ box, ...live.codes[box.dataset.live] }));
  let drawn = -1;

  const tick = async () => {
    const seconds = (Date.now() + skew) / 1000;
    const step = Math.floor(seconds / STEP_SECONDS);
    const left = STEP_SECONDS - Math.floor(seconds % STEP_SECONDS);
    for (const { box, code, secret } of boxes) {
      if (step !== drawn) draw(box, encodeQR(`${code}.${await suffixOf(bytesOf(secret), step)}`, "raw", SHAPE));
      box.querySelector("meter").value = left;
      box.querySelector("[data-for=left]").textContent = String(left);
    }
    if (step !== drawn) document.documentElement.dataset.step = String(step);
    drawn = step;
  };
  await tick();
  document.body.classList.add("live");
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick); // a page that slept shows no old code
};

if (live.writer) await start();
keepPage(live.worker);
