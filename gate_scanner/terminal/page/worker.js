// Keeps the page itself, so that a closed tab opens again without network. Version {{version}}.
const CACHE = "guichet-gate {{version}}";
const OURS = "guichet-gate ";
const FILES = [
  "/gate", "/gate/gate.css", "/gate/gate.js", "/gate/judge.js", "/gate/pack.js", "/gate/store.js",
  "/gate/words.js", "/gate/page.js", "/gate/scanning.js", "/gate/answer.js", "/gate/telling.js",
  "/gate/net.js", "/gate/keys.js", "/gate/settings.js", "/gate/sound.js", "/gate/camera.js", "/gate/reader.js", "/gate/telegram.js",
  "/gate/server.js", "/gate/offline.js", "/gate/zxing_reader.js", "/gate/zxing_reader.wasm",
  "/gate/words.fr.json", "/gate/words.en.json", "/gate/icon.svg", "/gate/gate.webmanifest",
  "/gate/Inter-Regular.ttf", "/gate/Inter-Bold.ttf",
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE)
    .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" }))))
    .then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => names.filter((name) => name.startsWith(OURS) && name !== CACHE))
    .then((old) => Promise.all(old.map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET" || !FILES.includes(path)) return;
  // All files of one version together: a new page never runs with an old script.
  event.respondWith(caches.open(CACHE)
    .then((cache) => cache.match(path))
    .then((kept) => kept ?? fetch(request)));
});
