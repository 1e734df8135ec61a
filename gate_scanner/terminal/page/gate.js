// The terminal's page: one screen, one answer at a time, always ready for the next person.

import { Camera } from "./camera.js";
import { canWorkOffline, Offline } from "./offline.js";
import { newId, Refused, server, Unreachable } from "./server.js";
import { Sound } from "./sound.js";
import { takeInitData, TelegramApp } from "./telegram.js";
import { loadWords } from "./words.js";

const SHOWN_MS = 1_800;
/** A party is asked how many they are: long enough to look up and press. */
const SHOWN_MORE_MS = 8_000;
const COUNTS_MS = 5_000;
const PROBE_MS = 3_000;
const PACK_MS = 10 * 60_000;
const TRIES_MAX = 3;

/** A hand-held scanner types a code in a tenth of a second; fingers are slower between two keys. */
const KEY_GAP_MS = 60;
const SCANNED_LENGTH_MIN = 6;

/** A shape for each light, so that nobody has to tell colours apart. */
const SIGNS = {
  green: "M18 54 41 76 82 28",
  green_flagged: "M18 54 41 76 82 28",
  green_striped: "M18 54 41 76 82 28",
  blue: "M30 22v56M70 22v56",
  yellow: "M12 24h76v52H12zM26 66c0-16 24-16 24 0M38 37a7 7 0 1 0 0 14 7 7 0 0 0 0-14M60 42h17M60 54h17M60 66h10",
  orange: "M50 12 92 84H8zM50 38v22M50 72v.1",
  red: "M22 22l56 56M78 22 22 78",
  red_alert: "M33 8h34l25 25v34L67 92H33L8 67V33zM50 28v28M50 72v.1",
  grey: "M20 50h60M56 26l24 24-24 24",
  white: "M34 36c0-22 34-22 34 0 0 14-17 14-17 28M51 82v.1",
};

const $ = (id) => document.getElementById(id);
const state = { session: null, words: null, online: true, showing: null, busy: false, queue: [], counts: null };
const sound = new Sound();
const camera = new Camera($("video"), (text) => take(text, { typed: false }));
let telegram = null;
let offline = null;
let hideTimer = 0;

// ---- Opening -------------------------------------------------------------------------------------

async function open() {
  state.words = await loadWords(document.documentElement.lang);
  state.words.fill(document);
  const hash = new URLSearchParams(location.hash.slice(1));
  const [token, initData] = [hash.get("t"), takeInitData()];
  // The token leaves the address at once: no history, no screenshot, no shared link keeps it.
  history.replaceState(null, "", location.pathname + location.search);
  if (canWorkOffline()) offline = await Offline.open();
  if (initData) {
    telegram = new TelegramApp();
    telegram.ready();
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
    const kept = await offline?.recall();
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

function door(title, words = null, place = "") {
  document.body.dataset.screen = "door";
  $("door-title").textContent = state.words.say(title);
  $("door-words").textContent = words ? state.words.say(words) : "";
  $("door-place").textContent = place;
  $("door-buttons").replaceChildren();
}

function button(parent, key, act, label = null, kind = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = label ?? state.words.say(key);
  made.addEventListener("click", act);
  parent.append(made);
  return made;
}

async function begin(session, { kept = false } = {}) {
  if (session.language !== state.words.language) {
    state.words = await loadWords(session.language).catch(() => state.words);
    document.documentElement.lang = state.words.language;
    state.words.fill(document);
  }
  if (offline && !kept) await offline.settle(session);
  settle(session);
  document.body.dataset.screen = "terminal";
  if (telegram?.isPhone) $("native").hidden = false;
  sayNote(await camera.start());
  $("torch").hidden = !camera.hasTorch;
  keepAwake();
  if (offline) {
    await offline.openKept().catch((error) => console.warn("kept copy", error.message));
    navigator.serviceWorker?.register("/gate/worker.js", { scope: "/gate" })
      .catch((error) => console.warn("service worker", error.message));
  }
  await showNet();
  tick();
  refreshPack();
  document.body.classList.add("ready");
}

function settle(session) {
  state.session = session;
  state.words.zone = session.zone;
  $("gate-name").textContent = session.gates.find((one) => one.id === session.gate)?.name ?? "";
  $("event-name").textContent = session.event;
}

function sayNote(why) {
  document.body.dataset.camera = why ?? "on";
  $("idle-words").textContent = state.words.say(why ? "page.ready_hand" : "page.ready_do");
  $("note").hidden = !why;
  if (why) $("note").textContent = state.words.say(`page.why_${why}`);
}

async function keepAwake() {
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // Low battery or not shown: asked again when the page is looked at.
  }
}

// ---- One scan ------------------------------------------------------------------------------------

/** Take a text from the camera, a hand-held scanner, Telegram's scanner or fingers. */
export function take(raw, { typed }) {
  if (!state.session || !raw.trim()) return;
  if (state.queue.length < 20) state.queue.push({ id: newId(), raw, typed });
  work();
}

async function work() {
  if (state.busy) return;
  state.busy = true;
  try {
    while (state.queue.length) await scan(state.queue.shift());
  } finally {
    state.busy = false;
  }
}

async function scan(asked) {
  document.body.classList.add("checking");
  try {
    show(await judged(asked), asked);
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return door("page.closed", "page.closed_do");
    console.error("scan", error);
    show(told("error"), asked);
  } finally {
    document.body.classList.remove("checking");
  }
}

async function judged(asked) {
  const hereBefore = offline?.ready && await offline.store.waiting() > 0 && await offline.passedHere(asked.raw);
  if (state.online && !hereBefore) {
    try {
      return await askServer(asked);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      setOnline(false);
    }
  }
  return judgedHere(asked);
}

/** Ask under the same name until there is an answer: the server gives it once, and repeats it. */
async function askServer(asked) {
  const fields = { id: asked.id, raw: asked.raw, typed: asked.typed };
  for (let tried = 1; ; tried += 1) {
    try {
      const answer = await ask(asked, fields);
      if (answer.passes && offline) await offline.remember(asked.raw).catch((error) => console.warn(error));
      return answer;
    } catch (error) {
      const last = offline?.ready || tried >= TRIES_MAX;
      if (!(error instanceof Unreachable) || last) throw error;
    }
  }
}

function ask(asked, fields) {
  if (asked.paper) return server.paper({ id: asked.id, ticket: asked.ticket, ...asked.paper });
  if (asked.party) return server.party({ id: asked.id, ticket: asked.ticket, ...asked.party });
  return server.scan(fields);
}

async function judgedHere(asked) {
  if (!offline?.ready) return blank("page.no_network", "page.no_network_do");
  const paper = asked.paper && { check: asked.paper.seen ? "seen" : "refused", asked_ms: asked.paper.asked_ms };
  try {
    return toldHere(await offline.judge(asked.id, asked.raw, { typed: asked.typed, paper }), asked);
  } catch (error) {
    if (error.name !== "QuotaExceededError" && error.name !== "AbortError") throw error;
    return blank("page.not_kept", "page.not_kept_do", "red");
  } finally {
    await showNet();
  }
}

/** Say what the pack's judge answered, in the words of the gate. */
function toldHere(found, asked) {
  const { words } = state;
  if (found.shortCode) return blank("page.short_offline", "page.short_offline_do");
  if (found.unlisted === "refuse") {
    return { ...told(found.verdict, found), title: words.say("page.unlisted_refused"), do: words.say("page.unlisted_refused_do"), light: "orange", passes: false };
  }
  const answer = told(found.verdict, found);
  if (found.unlisted === "admit") answer.lines.push(words.say("page.unlisted_admitted"));
  if (found.verdict === "wrong_event") answer.do = words.say("page.wrong_event_do");
  if (found.verdict === "id_check_required") Object.assign(answer, { ticket: asked.id, asked_ms: found.now });
  return answer;
}

function told(verdict, found = {}) {
  const { words } = state;
  const { ticket } = found;
  const who = ticket
    ? [ticket.holder ? words.say("kind.holder", { kind: ticket.sort.kind, holder: ticket.holder }) : ticket.sort.kind]
    : [];
  const leaves = verdict === "offline_unverified" && found.judged?.passage === "exit";
  return {
    verdict, light: words.lights[verdict], passes: verdict === "offline_unverified",
    title: words.say(leaves ? "title.exit" : `title.${verdict}`), do: words.say(leaves ? "do.exit" : `do.${verdict}`),
    who, lines: happened(verdict, found),
  };
}

/** After these, the last entry is told. */
const LAST_TOLD = ["already_inside", "day_already_used", "party_exhausted"];

function happened(verdict, found) {
  const { ticket, mine, facts, judged } = found;
  const { words } = state;
  const lines = [];
  if (judged?.party_size > 1 && ["offline_unverified", "party_exhausted"].includes(verdict)) {
    lines.push(words.say("story.party", { number: judged.number, size: judged.party_size }));
  }
  if (verdict === "already_used" || verdict === "replay" || LAST_TOLD.includes(verdict)) {
    const several = LAST_TOLD.includes(verdict);
    if (mine) return [...lines, words.say(several ? "page.last_here" : "page.earlier_here", { at: mine.at_ms })];
    if (!ticket) return lines;
    const at = { at: ticket.scanned_ms, gate: ticket.gate?.name ?? "–" };
    return [...lines, words.say(several ? "page.last" : "page.earlier", at)];
  }
  if (lines.length) return lines;
  if (!ticket) return [];
  const [first, last] = [ticket.sort.first_day, ticket.sort.last_day];
  switch (verdict) {
    case "too_early": return [words.say("story.too_early", { start: ticket.sort.valid_from_ms })];
    case "too_late": return [words.say("story.too_late", { end: ticket.sort.valid_until_ms })];
    case "wrong_day": {
      const days = { day: words.day(first), first: words.day(first), last: words.day(last), today: words.day(facts.today) };
      const pattern = first === last ? "story.wrong_day" : "story.wrong_days";
      return [words.patterns[pattern].replace(/\{(\w+):\w+\}/g, (_, name) => days[name])];
    }
    case "wrong_gate": {
      const right = offline.pack.header.gates
        .filter((one) => one.status === "open" && (one.kinds.length === 0 || one.kinds.includes(ticket.sort.kind_id)));
      return right.length ? [words.say("story.wrong_gate", { gates: right.slice(0, 3).map((one) => one.name).join(", ") })] : [];
    }
    default: return [];
  }
}

function blank(title, words, light = "white") {
  return { verdict: "error", light, passes: false, title: state.words.say(title), do: state.words.say(words), who: [], lines: [] };
}

// ---- The answer on the screen --------------------------------------------------------------------

function show(answer, asked) {
  clearTimeout(hideTimer);
  state.showing = answer;
  document.body.dataset.light = answer.light;
  document.body.dataset.verdict = answer.verdict;
  $("sign").setAttribute("d", SIGNS[answer.light] ?? SIGNS.white);
  $("title").textContent = answer.title;
  $("who").textContent = answer.who.join(" ");
  $("lines").replaceChildren(...answer.lines.map((line) => {
    const made = document.createElement("p");
    made.textContent = line;
    return made;
  }));
  $("do").textContent = answer.do;
  $("asks").replaceChildren();
  if (answer.verdict === "id_check_required" && answer.ticket) askPaper(answer, asked);
  else if (!answer.passes) button($("asks"), "page.next", hide, null, "next");
  for (const { label, ...party } of answer.more ?? []) askParty(answer, asked, label, party);
  $("verdict").hidden = false;
  // Run again even when the same light follows itself: the eye must see that something happened.
  $("verdict").getAnimations().forEach((one) => one.cancel());
  $("verdict").animate([{ transform: "scale(1.03)", filter: "brightness(1.5)" }, { transform: "none", filter: "none" }], { duration: 220, easing: "ease-out" });
  sound.play(answer.light);
  if (answer.passes) {
    count(asked.party?.persons ?? 1);
    hideTimer = setTimeout(hide, answer.more ? SHOWN_MORE_MS : SHOWN_MS);
  }
  telegram?.send("web_app_trigger_haptic_feedback", { type: "notification", notification_type: answer.passes ? "success" : "error" });
}

/** Offer to let in more of a party. */
function askParty(answer, asked, label, party) {
  button($("asks"), null, () => {
    hide();
    state.queue.push({ id: newId(), raw: asked.raw, typed: asked.typed, ticket: answer.ticket, party });
    work();
  }, label, "more");
}

function askPaper(answer, asked) {
  const say = (seen) => {
    const paper = { seen, asked_ms: answer.asked_ms };
    hide();
    state.queue.push({ id: newId(), raw: asked.raw, typed: asked.typed, ticket: answer.ticket, paper });
    work();
  };
  button($("asks"), "page.seen", () => say(true), null, "yes");
  button($("asks"), "page.refuse", () => say(false), null, "no");
}

function hide() {
  clearTimeout(hideTimer);
  state.showing = null;
  delete document.body.dataset.light;
  delete document.body.dataset.verdict;
  $("verdict").hidden = true;
}

// ---- The network, the counts and the copy --------------------------------------------------------

function setOnline(online) {
  if (state.online === online) return;
  state.online = online;
  showNet();
}

async function showNet() {
  const waiting = offline ? await offline.store.waiting() : 0;
  document.body.classList.toggle("offline", !state.online);
  document.body.classList.toggle("waiting", waiting > 0);
  $("net-words").textContent = state.words.say(state.online ? "page.online" : "page.offline");
  $("net-waiting").textContent = waiting ? `↑ ${waiting}` : "";
  $("net-waiting").title = waiting ? state.words.say("page.waiting", { n: waiting }) : "";
  const pack = offline?.pack?.header;
  let said = "page.pack_none";
  if (pack) said = offline.ready ? "page.pack_ready" : "page.pack_old";
  $("settings-pack").textContent = state.words.say(said, { n: pack?.tickets, at: pack?.issued_ms });
  $("settings-waiting").textContent = waiting ? state.words.say("page.waiting", { n: waiting }) : state.words.say("page.sent");
}

function count(persons) {
  if (!state.counts) return;
  state.counts.inside += persons;
  showCounts();
}

function showCounts() {
  const plain = new Intl.NumberFormat(state.words.language);
  $("inside").textContent = plain.format(state.counts.inside);
  $("counts").title = `${state.words.say("page.here")} : ${plain.format(state.counts.here)}`;
}

/** Ask the counts: it is also how the page learns that the network is there or is gone. */
async function tick() {
  try {
    state.counts = await server.counts();
    showCounts();
    setOnline(true);
    if (offline && await offline.store.waiting() > 0) await offline.upload(showNet);
  } catch (error) {
    if (error instanceof Unreachable) setOnline(false);
    else if (error instanceof Refused && error.status === 401) return door("page.closed", "page.closed_do");
    else console.error("tick", error);
  }
  await showNet();
  setTimeout(tick, state.online ? COUNTS_MS : PROBE_MS);
}

async function refreshPack() {
  if (!offline) return;
  try {
    if (state.online) await offline.refresh();
  } catch (error) {
    console.warn("copy", error.message);
  }
  await showNet();
  setTimeout(refreshPack, offline.ready ? PACK_MS : PROBE_MS);
}

// ---- Fingers, keys and files ---------------------------------------------------------------------

let typed = "";
let lastKey = 0;

const asksPaper = () => state.showing?.verdict === "id_check_required";

window.addEventListener("keydown", (event) => {
  if (!state.session || event.ctrlKey || event.metaKey || event.altKey || $("typing").open) return;
  const now = performance.now();
  if (now - lastKey > KEY_GAP_MS * 5) typed = "";
  lastKey = now;
  if (event.key === "Enter" || event.key === "Tab") {
    if (typed.length >= SCANNED_LENGTH_MIN) {
      event.preventDefault();
      take(typed, { typed: typed.replace(/[^0-9a-z]/gi, "").length === 8 });
    } else if (state.showing && !asksPaper()) hide();
    typed = "";
  } else if (event.key === "Escape") hide();
  else if (event.key.length === 1) typed += event.key;
});

$("verdict").addEventListener("click", (event) => {
  if (!event.target.closest("button") && !asksPaper()) hide();
});

$("type").addEventListener("click", () => {
  $("typed").value = "";
  $("typing").showModal();
});
$("typing-cancel").addEventListener("click", () => $("typing").close(""));
$("typing").addEventListener("close", () => {
  if ($("typing").returnValue === "check") take($("typed").value, { typed: true });
  $("typing").returnValue = "";
});

$("photo").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", async () => {
  const [file] = $("file").files;
  $("file").value = "";
  if (!file) return;
  document.body.classList.add("checking");
  try {
    await takePhoto(file);
  } finally {
    document.body.classList.remove("checking");
  }
});

async function takePhoto(file) {
  if (state.online) {
    try {
      const { answers } = await server.photo(newId(), file);
      return showMany(answers);
    } catch (error) {
      if (error instanceof Refused) return show(error.status === 415 ? told("unreadable") : told("error"));
      setOnline(false);
    }
  }
  const texts = window.isSecureContext ? await camera.readPhoto(file).catch(() => []) : [];
  if (!texts.length) return show(offline?.ready ? told("unreadable") : blank("page.no_network", "page.no_network_do"));
  for (const text of texts) take(text, { typed: false });
}

/** Several tickets in one photo: green only if every one is. */
function showMany(answers) {
  if (answers.length === 1) return show(answers[0], { raw: "", typed: false });
  const passed = answers.filter((one) => one.passes).length;
  const worst = answers.find((one) => !one.passes) ?? answers[0];
  show({
    ...worst, ticket: undefined, passes: passed === answers.length,
    title: state.words.say("page.several", { n: answers.length }), who: [],
    lines: answers.map((one, rank) => `${rank + 1}. ${one.title}${one.who.length ? ` · ${one.who.join(" ")}` : ""}`),
    do: state.words.patterns.total.replace("{admitted}", passed).replace("{codes}", answers.length),
  });
}

$("torch").addEventListener("click", () => camera.torch($("torch").classList.toggle("on")));
$("native").addEventListener("click", () => {
  telegram.scan(state.words.say("page.ready"), (text) => take(text, { typed: false }));
});

for (const id of ["more", "net"]) $(id).addEventListener("click", openSettings);
$("sound").addEventListener("change", () => {
  sound.on = $("sound").checked;
  sound.wake();
});

async function openSettings() {
  await showNet();
  $("settings-event").textContent = state.session.event;
  $("settings-staff").textContent = `${state.session.staff} · ${state.words.say(`role.${state.session.role}`)}`;
  $("gates").replaceChildren();
  for (const gate of state.session.gates) {
    const made = button($("gates"), null, () => changeGate(gate.id), gate.name, gate.id === state.session.gate ? "on" : "");
    made.disabled = !state.online;
  }
  $("leave").disabled = !state.online;
  $("settings").showModal();
}

async function changeGate(gate) {
  $("settings").close("");
  try {
    const session = await server.place(gate);
    if (offline) await offline.settle(session);
    settle(session);
  } catch (error) {
    if (error instanceof Unreachable) setOnline(false);
    else show(told("staff_not_allowed"));
  }
}

$("settings").addEventListener("close", async () => {
  if ($("settings").returnValue !== "leave") return;
  try {
    // Nothing that was let in is left behind: it is sent before the terminal closes.
    if (offline && await offline.upload(showNet) > 0) return;
    await server.leave();
    await offline?.store.forget("session");
    await offline?.store.forget("pack");
    camera.stop();
    state.session = null;
    door("page.closed", "page.closed_do");
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    setOnline(false);
    $("note").hidden = false;
    $("note").textContent = state.words.say("page.leave_waiting");
  }
});

document.addEventListener("pointerdown", () => sound.wake());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && state.session) keepAwake();
});
window.addEventListener("offline", () => setOnline(false));

open();
