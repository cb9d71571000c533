// What a phone forgets when it may not work the gate any more: everything, at once.
export const SAID = "gate.goodbye";

/** Empties memory, shell and settings, and lets the service worker go. */
export const wipe = async (store, sentence) => {
  localStorage.clear();
  await store.erase();
  for (const name of await caches.keys()) await caches.delete(name);
  for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) await worker.unregister();
  sessionStorage.setItem(SAID, sentence); // a word for the steward on the empty page
};
