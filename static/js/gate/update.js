// The service worker keeps the page; a newer page waits until the steward takes it, never in the middle of a shift.
const LOOK_EVERY_MS = 30 * 60_000;

/** Registers the worker; `ready(take)` when a newer page is there. */
export const keepPage = async (address, ready) => {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register(address).catch(() => null); // no network at the first visit
  if (!registration) return;
  let taken = false;
  const take = () => {
    taken = true;
    registration.waiting?.postMessage("use-now");
  };
  const look = () => registration.waiting && navigator.serviceWorker.controller && ready(take);
  navigator.serviceWorker.addEventListener("controllerchange", () => taken && location.reload());
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  setInterval(() => registration.update().catch(() => {}), LOOK_EVERY_MS);
  look();
};
