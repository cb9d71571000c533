// Counts down by the server's clock (data-now), so a wrong clock on the buyer's side doesn't matter.
// Warns at two minutes and at one through the page's one live region. Never says more than is true.
const timer = document.querySelector("[data-expires-at]");
// Minutes to the second; an offer of hours needs no seconds.
const shown = (seconds) => {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} days ${hours % 24} h`;
  return hours ? `${hours} h ${minutes % 60} min` : `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
};
if (timer) {
  const left = timer.querySelector(".left");
  const live = document.getElementById("live");
  const skew = Date.parse(timer.dataset.now) - Date.now();
  const end = Date.parse(timer.dataset.expiresAt);
  const said = new Set();
  const say = (key, text) => {
    if (said.has(key)) return;
    said.add(key);
    if (live) live.textContent = text;
  };
  const tick = () => {
    const seconds = Math.max(0, Math.floor((end - (Date.now() + skew)) / 1000));
    left.textContent = shown(seconds);
    timer.classList.toggle("soon", seconds <= 120);
    if (seconds <= 60) say("one", "Less than one minute left for these tickets. You can ask for more time.");
    else if (seconds <= 120) say("two", "Less than two minutes left for these tickets. You can ask for more time.");
    if (seconds > 0) setTimeout(tick, 500);
    else say("end", "The time for these tickets is over. What you typed is kept.");
  };
  tick();
}
