// What every part of the page has in hand: its state, its places, and the screen before it is open.

import { Sound } from "./sound.js";

export const $ = (id) => document.getElementById(id);

/**
 * `session` is null until the terminal is open; `offline` where this browser can keep anything;
 * `queue` holds what was scanned while an answer was awaited; `kept` tells that the page itself
 * opens again without network.
 */
export const state = {
  session: null, words: null, online: true, showing: null, counts: null, kept: false,
  offline: null, telegram: null, camera: null, queue: [], busy: false,
};

export const sound = new Sound();

export const say = (key, facts) => state.words.say(key, facts);

export function door(title, words = null, place = "") {
  document.body.dataset.screen = "door";
  $("door-title").textContent = say(title);
  $("door-words").textContent = words ? say(words) : "";
  $("door-place").textContent = place;
  $("door-buttons").replaceChildren();
}

export function button(parent, key, act, label = null, kind = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = label ?? say(key);
  made.addEventListener("click", act);
  parent.append(made);
  return made;
}

/** Show where the terminal stands. */
export function settle(session) {
  state.session = session;
  state.words.zone = session.zone;
  $("gate-name").textContent = session.gates.find((one) => one.id === session.gate)?.name ?? "";
  $("event-name").textContent = session.event;
}
