// Keeps the scanner's page, modules and decoder, so that the gate opens without a network.
// A new version waits until no page uses the old one, or until the steward takes it.
const { version, page, addresses } = {{ kept|safe }};
const PREFIX = "gate-shell-";
const CACHE = PREFIX + version;
const kept = new Set(addresses.map((address) => new URL(address, self.location).pathname));

const fill = async () => {
  const cache = await caches.open(CACHE);
  await cache.addAll(addresses.map((address) => new Request(address, { cache: address === page ? "reload" : "default" })));
};

const dropOlder = async () => {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
};

const answer = async (request, address) => {
  const cache = await caches.open(CACHE);
  return (await cache.match(address, { ignoreVary: true })) ?? fetch(request);
};

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(dropOlder()));
self.addEventListener("message", (event) => event.data === "use-now" && self.skipWaiting());
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && pathname === page) event.respondWith(answer(request, page));
  else if (kept.has(pathname)) event.respondWith(answer(request, pathname));
});
