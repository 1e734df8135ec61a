// The network, the counts and the copy for the time without network.

import { $, door, say, state } from "./page.js";
import { Refused, server, Unreachable } from "./server.js";

const COUNTS_MS = 5_000;
const PROBE_MS = 3_000;
const PACK_MS = 10 * 60_000;

export function setOnline(online) {
  if (state.online === online) return;
  state.online = online;
  showNet();
}

export async function showNet() {
  const waiting = state.offline ? await state.offline.store.waiting() : 0;
  document.body.classList.toggle("offline", !state.online);
  document.body.classList.toggle("waiting", waiting > 0);
  $("net-words").textContent = say(state.online ? "page.online" : "page.offline");
  $("net-waiting").textContent = waiting ? `↑ ${waiting}` : "";
  $("net-waiting").title = waiting ? say("page.waiting", { n: waiting }) : "";
  const pack = state.offline?.pack?.header;
  let said = "page.pack_none";
  if (pack && !state.offline.ready) said = "page.pack_old";
  else if (pack) said = state.kept ? "page.pack_ready" : "page.pack_while_open";
  $("settings-pack").textContent = say(said, { n: pack?.tickets, at: pack?.issued_ms });
  $("settings-waiting").textContent = waiting ? say("page.waiting", { n: waiting }) : say("page.sent");
}

export function count(persons) {
  if (!state.counts) return;
  state.counts.inside += persons;
  showCounts();
}

function showCounts() {
  const plain = new Intl.NumberFormat(state.words.language);
  $("inside").textContent = plain.format(state.counts.inside);
  $("counts").title = `${say("page.here")} : ${plain.format(state.counts.here)}`;
}

/** Ask the counts: it is also how the page learns that the network is there or is gone. */
export async function tick() {
  try {
    const counts = await server.counts();
    setOnline(true);
    const waits = state.offline && await state.offline.store.waiting() > 0;
    if (waits) await state.offline.upload(showNet);
    // Who waits to be told of is not in the first number: shown, it would look as if people had left.
    state.counts = waits ? await server.counts() : counts;
    showCounts();
  } catch (error) {
    if (error instanceof Unreachable) setOnline(false);
    else if (error instanceof Refused && error.status === 401) return door("page.closed", "page.closed_do");
    else console.error("tick", error);
  }
  await showNet();
  setTimeout(tick, state.online ? COUNTS_MS : PROBE_MS);
}

export async function refreshPack() {
  if (!state.offline) return;
  try {
    if (state.online) await state.offline.refresh();
  } catch (error) {
    console.warn("copy", error.message);
  }
  await showNet();
  setTimeout(refreshPack, state.offline.ready ? PACK_MS : PROBE_MS);
}
