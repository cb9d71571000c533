// Keeps pages of orders and of tickets handed on whose codes change, and the files they need: the newest is asked for first, and the
// kept one shown when nobody answers. What belongs to an event that is over is thrown away.
const PAGES = "order-pages";
const FILES = "order-files";
const PAGE = /^\/(orders\/[^/]+|transfers)\/[^/]+\/$/;
const KEEP_UNTIL = "X-Keep-Until";
const WAIT_MS = 4000;

const keep = async (address, response) => {
  if (!response.ok || response.redirected || !response.headers.has(KEEP_UNTIL)) return;
  await (await caches.open(PAGES)).put(address, response.clone());
};

const throwAway = async () => {
  const pages = await caches.open(PAGES);
  for (const request of await pages.keys()) {
    const kept = await pages.match(request);
    if (Date.parse(kept.headers.get(KEEP_UNTIL)) < Date.now()) await pages.delete(request);
  }
  if ((await pages.keys()).length === 0) await caches.delete(FILES);
};

const asked = async (request, address) => {
  const response = await fetch(request);
  await keep(address, response);
  return response;
};

const page = async (request, address) => {
  const kept = await (await caches.open(PAGES)).match(address);
  if (!kept) return asked(request, address);
  const silence = new Promise((resolve) => setTimeout(resolve, WAIT_MS, kept));
  return Promise.race([asked(request, address).catch(() => kept), silence]);
};

const file = async (request) => (await (await caches.open(FILES)).match(request.url)) ?? fetch(request);

const keepAll = async ({ keep: address, files }) => {
  const [pages, there] = [await caches.open(PAGES), await caches.open(FILES)];
  if (!(await pages.match(address))) await keep(address, await fetch(address));
  if (!(await pages.match(address))) return;
  const old = (await there.keys()).filter(({ url }) => !files.includes(url));
  await Promise.all(files.map(async (url) => (await there.match(url)) ?? there.add(url)));
  if ((await pages.keys()).length === 1) await Promise.all(old.map((request) => there.delete(request)));
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(throwAway().then(() => self.clients.claim())));
self.addEventListener("message", (event) => event.data?.keep && event.waitUntil(throwAway().then(() => keepAll(event.data))));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && PAGE.test(pathname)) event.respondWith(page(request, pathname));
  else if (pathname.startsWith("/static/")) event.respondWith(file(request));
});
