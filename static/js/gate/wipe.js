// What a phone forgets when it may not work the gate any more: everything of the gate, at once. Its owner's own
// tickets, kept by the order pages' worker, stay.
export const SAID = "gate.goodbye";

/** Empties memory, shell and settings, and lets the service worker go. */
export const wipe = async (store, sentence) => {
  for (const key of Object.keys(localStorage)) if (key.startsWith("gate.")) localStorage.removeItem(key);
  await store.erase();
  for (const name of await caches.keys()) if (name.startsWith("gate-")) await caches.delete(name);
  const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  for (const worker of workers) if (worker.scope.startsWith(new URL("/gate/", location.href).href)) await worker.unregister();
  sessionStorage.setItem(SAID, sentence); // a word for the steward on the empty page
};
