// The terminal's page: one screen, one answer at a time, always ready for the next person.

import { Camera } from "./camera.js";
import "./keys.js";
import { refreshPack, setOnline, showNet, tick } from "./net.js";
import { canWorkOffline, Offline } from "./offline.js";
import { $, button, door, say, settle, sound, state } from "./page.js";
import { take } from "./scanning.js";
import { Refused, server } from "./server.js";
import "./settings.js";
import { takeInitData, TelegramApp } from "./telegram.js";
import { loadWords } from "./words.js";

state.camera = new Camera($("video"), (text) => take(text, { typed: false }));

async function open() {
  state.words = await loadWords(document.documentElement.lang);
  state.words.fill(document);
  const hash = new URLSearchParams(location.hash.slice(1));
  const [token, initData] = [hash.get("t"), takeInitData()];
  // The token leaves the address at once: no history, no screenshot, no shared link keeps it.
  history.replaceState(null, "", location.pathname + location.search);
  if (canWorkOffline()) state.offline = await Offline.open();
  if (initData) {
    state.telegram = new TelegramApp();
    state.telegram.ready();
    return enter({ init_data: initData });
  }
  if (token) return offerLink(token);
  return resume();
}

async function resume() {
  try {
    await begin(await server.session());
  } catch (error) {
    if (error instanceof Refused) return door("page.closed", "page.closed_do");
    const kept = await state.offline?.recall();
    if (!kept) return door("page.no_network", "page.no_network_do");
    setOnline(false);
    await begin(kept, { kept: true });
  }
}

async function offerLink(token) {
  try {
    const link = await server.look(token);
    door("page.name", "page.open_at", `${link.gate} · ${link.event}`);
    button($("door-buttons"), "page.open", async () => {
      sound.wake();
      await opening(() => server.open(token));
    });
  } catch (error) {
    if (!(error instanceof Refused)) return door("page.no_network", "page.closed_do");
    // Used before: perhaps by this very device, whose terminal is still open.
    try {
      await begin(await server.session());
    } catch {
      door("page.link_gone", "page.closed_do");
    }
  }
}

async function enter(fields) {
  await opening(async () => {
    const answer = await server.enter(fields);
    if (!answer.places) return answer;
    door("page.choose");
    for (const place of answer.places) {
      const choice = { ...fields, staff: place.staff, gate: place.gate };
      button($("door-buttons"), null, () => enter(choice), place.label);
    }
    return null;
  });
}

async function opening(ask) {
  for (const one of $("door-buttons").children) one.disabled = true;
  try {
    const session = await ask();
    if (session) await begin(session);
  } catch (error) {
    if (!(error instanceof Refused)) return door("page.no_network", "page.closed_do");
    const known = { stranger: ["page.name", "page.stranger"], link_gone: ["page.link_gone", "page.closed_do"] };
    door(...(known[error.code] ?? ["page.closed", "page.closed_do"]));
  }
}

async function begin(session, { kept = false } = {}) {
  if (session.language !== state.words.language) {
    state.words = await loadWords(session.language).catch(() => state.words);
    document.documentElement.lang = state.words.language;
    state.words.fill(document);
  }
  if (state.offline && !kept) await state.offline.settle(session);
  settle(session);
  document.body.dataset.screen = "terminal";
  if (state.telegram?.isPhone) $("native").hidden = false;
  sayNote(await state.camera.start());
  $("torch").hidden = !state.camera.hasTorch;
  keepAwake();
  if (state.offline) {
    await state.offline.openKept().catch((error) => console.warn("kept copy", error.message));
    keepPage().catch((error) => console.warn("service worker", error.message));
  }
  await showNet();
  tick();
  refreshPack();
  document.body.classList.add("ready");
}

/** Keep the page itself, so that a closed tab opens again without network; then say so. */
async function keepPage() {
  await navigator.serviceWorker.register("/gate/worker.js", { scope: "/gate" });
  const { active } = await navigator.serviceWorker.ready;
  if (active.state !== "activated") {
    await new Promise((resolve) => {
      active.addEventListener("statechange", () => active.state === "activated" && resolve());
    });
  }
  state.kept = true;
  await showNet();
}

function sayNote(why) {
  document.body.dataset.camera = why ?? "on";
  $("idle-words").textContent = say(why ? "page.ready_hand" : "page.ready_do");
  $("note").hidden = !why;
  if (why) $("note").textContent = say(`page.why_${why}`);
}

async function keepAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // Low battery or not shown: asked again when the page is looked at.
  }
}

document.addEventListener("pointerdown", () => sound.wake());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && state.session) keepAwake();
});
window.addEventListener("offline", () => setOnline(false));

open();
