// The scanner's page: its parts put together. What each of them does stands in its own module.
import { stayAwake } from "./awake.js";
import { chooseBadges } from "./badge.js";
import { followBright, toggleBright } from "./bright.js";
import { Desk } from "./desk.js";
import { Gate } from "./gate.js";
import { claim, codeIn } from "./opening.js";
import { announce, form, listen, onSubmit, part, say, show } from "./screens.js";
import { drawDirections, drawShift, shiftFrom } from "./shift.js";
import { sayWithoutWords, wakeSound } from "./sound.js";
import { keepPage } from "./update.js";
import { SAID, wipe } from "./wipe.js";

const shell = JSON.parse(document.getElementById("shell").textContent);
const GOODBYES = {
  device_revoked: "Your supervisor closed this phone. Its tickets and scans are erased.",
  device_ended: "This gate is closed on this phone. Its tickets and scans are erased.",
};
let gate, desk, takeUpdate;

const trouble = (sentence) => {
  say(part("trouble"), sentence);
  if (sentence) part("hint").textContent = sentence;
  announce(sentence);
};

/** Erased, and back at the beginning. */
const leave = async (sentence) => {
  gate.sync.stop();
  await desk.close();
  await wipe(gate.store, sentence);
  location.replace(location.pathname);
};

const hears = {
  changed: () => desk?.draw(),
  setUp: (setup) => desk && !gate.place && gate.shift && openShift(setup), // the gate was taken from this phone
  trouble,
  contradicted: (scan, result) => desk.contradicted(scan, result),
  dismissed: ({ message }) => leave(GOODBYES[message]),
  stranger: () => trouble("The server does not know this phone. Nothing is lost: see your supervisor."),
};

const openOpening = () => {
  const code = codeIn(location.hash);
  const element = form("open");
  if (code) {
    element.elements.code.value = code;
    history.replaceState(null, "", location.pathname); // the code is in the field now, and not in the history
  }
  say(part("trouble"), sessionStorage.getItem(SAID) ?? "");
  sessionStorage.removeItem(SAID);
  show("opening");
};

const openShift = async (setup = gate.setup) => {
  await desk.close();
  drawShift(setup, gate.shift);
  show("shift");
};

const begin = async () => {
  stayAwake();
  await desk.open();
};

onSubmit("open", async ({ code, steward }) => {
  trouble("");
  try {
    const setup = await claim(code, steward.trim(), gate);
    gate.use(setup);
    navigator.storage?.persist?.(); // the copy and the queue are not the browser's to throw away
    gate.sync.start();
    await openShift();
  } catch (error) {
    trouble(error.message);
  }
});

onSubmit("shift", async (fields) => {
  wakeSound();
  chooseBadges(fields);
  await gate.begin(shiftFrom(fields));
  gate.sync.nudge();
  await begin();
});

const closeGate = async () => {
  const depth = await gate.store.depth();
  const waits = depth ? `${depth} scans wait for the network and would be lost. Sync first.` : "All scans are with the server.";
  say(part("closing-say"), `${waits} The phone forgets its tickets and needs a new link.`);
  document.querySelector("[data-does=close-gate-now]").hidden = depth > 0;
  document.getElementById("closing").showModal();
};

const closeGateNow = async () => {
  try {
    await gate.server.post("end/", {});
  } catch (error) {
    if (error.message !== "device_ended") return say(part("closing-say"), "No network. Closing needs one, so that the supervisor sees it.");
  }
  await leave(GOODBYES.device_ended);
};

const openMore = async () => {
  part("who").textContent = `${gate.shift.steward} · ${gate.place.gate.name} · ${gate.setup.event.name}`;
  document.getElementById("more").showModal();
};

listen({
  next: () => desk.next(),
  undo: () => desk.askUndo(),
  badge: () => desk.badge(),
  "let-in": () => desk.decide(true),
  "turn-away": () => desk.decide(false),
  type: () => desk.toggleTyping(),
  find: () => desk.openFind(),
  past: () => desk.openPast(),
  more: openMore,
  light: (button) => desk.view.light(button),
  turn: () => desk.view.turn(),
  shift: () => {
    document.getElementById("more").close();
    return openShift();
  },
  bright: toggleBright,
  sound: () => {
    wakeSound();
    sayWithoutWords("admit");
  },
  sync: () => gate.sync.soon(),
  "close-gate": closeGate,
  "close-gate-now": closeGateNow,
  update: () => takeUpdate?.(),
});

const start = async () => {
  followBright();
  document.addEventListener("pointerdown", wakeSound);
  gate = await Gate.load({ library: shell.ed25519, hears });
  desk = new Desk(gate, shell);
  part("gates").addEventListener("change", () => drawDirections(gate.setup));
  if (!gate.setup) openOpening();
  else if (gate.place) await begin();
  else await openShift();
  if (gate.setup) gate.sync.start();
  keepPage(shell.serviceWorker, (take) => {
    takeUpdate = take;
    document.getElementById("update").hidden = false;
  });
};
start();
