// The gate: the field is always ready for a wedge scanner; each attempt has its own key; a verdict is
// seen, heard and felt. The same code within five seconds is not sent again: a scanner reads twice.
const form = document.getElementById("scan");
const field = document.getElementById("code");
const verdict = document.getElementById("verdict");
const SOUNDS = { admitted: [[880, 0.12]], already_admitted: [[440, 0.12], [440, 0.12]] };
const REFUSED = [[180, 0.35]];
let last = { code: "", at: 0 };

const newNonce = () => { form.elements.nonce.value = crypto.randomUUID?.() ?? String(Math.random()).slice(2); };
const ready = () => { field.value = ""; newNonce(); field.focus(); };

let audio;
const play = (notes) => {
  audio ??= new AudioContext();
  let at = audio.currentTime;
  for (const [pitch, seconds] of notes) {
    const tone = audio.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(audio.destination);
    tone.start(at);
    tone.stop(at + seconds);
    at += seconds + 0.06;
  }
};

form.addEventListener("submit", (event) => {
  const code = field.value.trim();
  const again = code === last.code && Date.now() - last.at < 5000;
  if (code && !again) { last = { code, at: Date.now() }; return; }
  event.preventDefault();
  event.stopImmediatePropagation();
  if (again) {
    document.getElementById("live").textContent = "Just scanned.";
    ready();
  }
}, true);

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.target !== verdict) return;
  const said = verdict.querySelector("[data-verdict]")?.dataset.verdict;
  if (said) {
    try { play(SOUNDS[said] ?? REFUSED); } catch { /* no sound before the first touch */ }
    navigator.vibrate?.(said === "admitted" ? 80 : [120, 60, 120]);
  }
  verdict.scrollIntoView({ block: "start" });
  ready();
});
document.body.addEventListener("htmx:sendError", () => {
  last = { code: "", at: 0 };
  document.getElementById("live").textContent = "No network: not checked. Scan again.";
});
newNonce();
