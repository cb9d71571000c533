// Keeps the screen on while the gate is open; browsers drop the lock whenever the page is hidden.
let lock = null;

const hold = async () => {
  if (document.visibilityState !== "visible" || (lock && !lock.released)) return;
  lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null; // refused when the battery is low
};

export const stayAwake = () => {
  hold();
  document.addEventListener("visibilitychange", hold);
};
