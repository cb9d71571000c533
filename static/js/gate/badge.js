// Badges printed from the gate: on a computer out of a frame that nobody sees, on a phone the PDF opens beside the scanner.
import { Away } from "./server.js";

const CHOSEN = "gate.badges";
const NAMES = { a6: "A6, 105 × 148 mm", "62x100": "Label, 100 × 62 mm", "54x86": "Card, 86 × 54 mm" };

/** {size, atEntry}: size "" where none are printed. */
export const badgesChosen = () => ({ size: "", atEntry: false, ...JSON.parse(localStorage.getItem(CHOSEN) ?? "{}") });

export const chooseBadges = ({ badge = "", print }) => localStorage.setItem(CHOSEN, JSON.stringify({ size: badge, atEntry: print === "on" }));

/** The form's part about badges, as it was left. */
export const drawBadges = (group, sizes) => {
  const { size, atEntry } = badgesChosen();
  const list = group.querySelector("select");
  const options = sizes.map((name) => new Option(NAMES[name] ?? name, name, false, name === size));
  list.replaceChildren(list.options[0], ...options);
  group.querySelector("[name=print]").checked = atEntry;
  group.hidden = sizes.length === 0;
};

const onPhone = () => matchMedia("(pointer: coarse)").matches;

/** Browsers print what a frame shows; the frame stays until the next badge, since printing goes on after the call. */
const fromFrame = (url) => {
  document.getElementById("badge-frame")?.remove();
  const frame = Object.assign(document.createElement("iframe"), { id: "badge-frame", className: "quiet", title: "Badge", src: url });
  frame.tabIndex = -1;
  frame.addEventListener("load", () => frame.contentWindow.print());
  document.body.append(frame);
};

/** Prints the badge of a scan's ticket. Returns a sentence for the steward. `bySteward`: a button was pressed, so a tab may open. */
export const printBadge = async ({ ticket }, server, bySteward) => {
  const tab = bySteward && onPhone() ? window.open("", "_blank") : null; // only while the press is fresh
  try {
    const { url } = await server.post("badges/", { serial: ticket.serial, size: badgesChosen().size });
    if (tab) tab.location = url;
    else fromFrame(url);
    return "Badge sent to the printer.";
  } catch (error) {
    tab?.close();
    return error instanceof Away ? "No network: the badge can't be printed now." : error.message;
  }
};
