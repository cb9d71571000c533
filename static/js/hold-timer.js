// Counts down by the server's clock (data-now), so a wrong clock on the buyer's side doesn't matter.
// Warns at two minutes and at one through the page's one live region. Never says more than is true.
// Its words come with the page, in the page's language.
const timer = document.querySelector("[data-expires-at]");
const filled = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);
// Minutes to the second; an offer of hours needs no seconds.
const shown = (seconds) => {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60);
  if (hours >= 48) return filled(timer.dataset.days, { days: Math.floor(hours / 24), hours: hours % 24 });
  return hours ? filled(timer.dataset.hours, { hours, minutes: minutes % 60 }) : `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
};
if (timer) {
  const left = timer.querySelector(".left");
  const live = document.getElementById("live");
  const skew = Date.parse(timer.dataset.now) - Date.now();
  const end = Date.parse(timer.dataset.expiresAt);
  const said = new Set();
  const say = (key) => {
    if (said.has(key)) return;
    said.add(key);
    if (live) live.textContent = timer.dataset[key];
  };
  const tick = () => {
    const seconds = Math.max(0, Math.floor((end - (Date.now() + skew)) / 1000));
    left.textContent = shown(seconds);
    timer.classList.toggle("soon", seconds <= 120);
    if (seconds <= 60) say("one");
    else if (seconds <= 120) say("two");
    if (seconds > 0) setTimeout(tick, 500);
    else say("over");
  };
  tick();
}
