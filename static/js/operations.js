// The tab's icon and title say that something fires, also when the tab is not in front.
const part = document.getElementById("live-part");
const title = document.title;
function tell() {
  const firing = Number(part.querySelector("[data-firing]")?.dataset.firing ?? 0);
  document.querySelector('link[rel="icon"]').href = firing ? part.dataset.iconFiring : part.dataset.icon;
  document.title = firing ? `(${firing}) ${title}` : title;
}
if (part) {
  tell();
  part.addEventListener("htmx:afterSwap", tell);
}
