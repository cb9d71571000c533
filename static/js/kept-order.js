// Asks the worker to keep this page and what it loaded, so that it opens at a venue without a network.

/** `address`: the service worker's. Nothing happens where browsers have none, and no error is worth a word: the page is here. */
export const keepPage = async (address) => {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(address);
    const { active } = await navigator.serviceWorker.ready;
    const own = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
    const files = own.filter(({ origin, pathname }) => origin === location.origin && pathname.startsWith("/static/")).map(({ href }) => href);
    active.postMessage({ keep: location.pathname, files: [...new Set(files)] });
  } catch {
    // without a network at the first visit, or in a private window
  }
};
