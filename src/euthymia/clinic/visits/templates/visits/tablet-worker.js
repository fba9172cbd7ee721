// Where a page cannot be shown because the server is not reached, a page of our own says so and what is not sent. It
// keeps that page and what draws it, and nothing of the clinic's.
const NAME = "euthymia-{{ name }}", PAGE = "{% url 'visits:offline' %}";

const fill = async () => {
  const cache = await caches.open(NAME), page = await fetch(PAGE, { cache: "reload" });
  if (!page.ok) throw new Error(`${PAGE}: ${page.status}`);
  const parts = [...(await page.clone().text()).matchAll(/(?:href|src)="(\/static\/[^"#]+)/g)].map((found) => found[1]);
  await cache.put(PAGE, page);
  await cache.addAll([...new Set(parts)]);
};

self.addEventListener("install", (event) => event.waitUntil(fill().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== NAME) await caches.delete(name);
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
  else if (new URL(request.url).pathname.startsWith("/static/")) event.respondWith(fetch(request).catch(() => caches.match(request)));
});
