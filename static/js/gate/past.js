// The last scans on this phone, each with its verdict, and undo with a reason.
import { timeText } from "./moments.js";
import { form, part, say } from "./screens.js";

const MOST = 50;

const item = (scan, [word, glyph, colour], zone) => {
  const row = document.createElement("li");
  const mark = document.createElement("span");
  mark.className = `verdict ${colour} mark`;
  mark.textContent = glyph;
  mark.setAttribute("aria-hidden", "true");
  const words = document.createElement("span");
  const first = document.createElement("span");
  first.textContent = [word, scan.ticket?.attendee].filter(Boolean).join(" · ");
  first.classList.toggle("undone", scan.undone);
  const second = document.createElement("span");
  second.className = "small soft";
  second.textContent = [timeText(scan.scanned_at, zone), scan.ticket?.type, scan.undone && "undone", scan.said && scan.said !== scan.verdict && `server: ${scan.said.replace("_", " ")}`].filter(Boolean).join(" · ");
  words.append(first, second);
  row.append(mark, words);
  return row;
};

const button = (word, scan, act) => {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = word;
  made.setAttribute("aria-label", `${word} ${scan.ticket?.attendee || "this scan"}`);
  made.addEventListener("click", () => act(scan));
  return made;
};

/** Newest first; `acts`: what can be done with those who were let in, by the word on the button. */
export const drawPast = (scans, wordsOf, zone, acts) => {
  const list = part("past");
  list.replaceChildren();
  for (const scan of scans.slice(-MOST).reverse()) {
    const row = item(scan, wordsOf(scan), zone);
    if (scan.let_in && !scan.undone) {
      row.append(...Object.entries(acts).map(([word, act]) => button(word, scan, act)));
    }
    list.append(row);
  }
  if (scans.length === 0) list.append(Object.assign(document.createElement("li"), { textContent: "Nothing scanned yet." }));
};

/** Asks for the reason. */
export const askWhy = (scan) => {
  const dialog = document.getElementById("undo");
  part("undo-what").textContent = [scan.ticket?.attendee, scan.ticket?.type].filter(Boolean).join(" · ") || "This scan";
  form("undo").reset();
  say(part("undo-trouble"), "");
  dialog.showModal();
};

/** The scan taken back on the phone, and queued for the server behind the scan itself. */
export const undo = async ({ scan, reason, store, clock, movements }) => {
  const undone = { ...scan, undone: true, undo_known_from: null };
  const body = { nonce: scan.nonce, reason, undone_at: new Date().toISOString(), skew_ms: clock.skewMs };
  movements.add(undone);
  await store.change(["scans", "queue"], ({ scans, queue }) => {
    scans.put(undone);
    queue.add({ kind: "undo", nonce: crypto.randomUUID(), held: false, body });
  });
  return undone;
};
