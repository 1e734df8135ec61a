// One scan: asked of the server under a name of its own, judged here when there is no network.

import { show, showMany } from "./answer.js";
import { setOnline, showNet } from "./net.js";
import { door, state } from "./page.js";
import { newId, Refused, server, Unreachable } from "./server.js";
import { blank, told, toldHere } from "./telling.js";

const TRIES_MAX = 3;
const QUEUE_MAX = 20;

/** Take a text from the camera, a hand-held scanner, Telegram's scanner or fingers. */
export function take(raw, { typed, id = newId() }) {
  if (!state.session || !raw.trim()) return;
  if (state.queue.length < QUEUE_MAX) state.queue.push({ id, raw, typed });
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

/** Go on with the same ticket: its holder's paper was looked at, or more of its party are here. */
export function again({ raw, typed }, more) {
  state.queue.push({ id: newId(), raw, typed, ...more });
  work();
}

async function scan(asked) {
  document.body.classList.add("checking");
  try {
    const goOn = (more) => again(asked, more);
    if (asked.rest) showMany(await restLetIn(asked), goOn);
    else show(await judged(await named(asked)), asked, goOn);
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return door("page.closed", "page.closed_do");
    console.error("scan", error);
    show(told("error"), asked);
  } finally {
    document.body.classList.remove("checking");
  }
}

/** A ticket that a lost answer may have let in brings the names that it had there. */
async function named(asked) {
  if (asked.ticket) return asked;
  const lost = await state.offline?.lostNames(asked.raw).catch((error) => console.warn(error));
  return { ...asked, lost: lost ?? [] };
}

async function judged(asked) {
  if (state.online && !asked.here && !await passedHere(asked)) {
    try {
      return await askServer(asked);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      setOnline(false);
    }
  }
  return judgedHere(asked);
}

/** Tell whether this device let the ticket pass, and the server does not know yet. */
async function passedHere({ raw }) {
  const { offline } = state;
  return offline?.ready && await offline.store.waiting() > 0 && await offline.passedHere(raw);
}

/** Let the rest of an order in: the server alone knows who they are, so there is no other way. */
async function restLetIn({ id, ticket, digests }) {
  for (let tried = 1; ; tried += 1) {
    try {
      const { answers } = await server.rest({ id, ticket });
      await state.offline?.store.forgetLost(id).catch((error) => console.warn(error));
      await rememberAll(answers);
      return answers;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (tried < TRIES_MAX) continue;
      setOnline(false);
      await state.offline?.keepLost(id, digests).catch((error) => console.warn(error));
      const lost = { id, ticket, digests, rest: true };
      return [{ ...blank("page.no_network", state.offline ? "page.rest_unknown" : "page.rest_again"), lost }];
    }
  }
}

/** Ask under the same name until there is an answer: the server gives it once, and repeats it. */
async function askServer(asked) {
  const fields = { id: asked.id, raw: asked.raw, typed: asked.typed, lost: asked.lost };
  for (let tried = 1; ; tried += 1) {
    try {
      const answer = await ask(asked, fields);
      if (answer.passes) await remember(asked).catch((error) => console.warn(error));
      return answer;
    } catch (error) {
      const last = state.offline?.ready || tried >= TRIES_MAX;
      if (!(error instanceof Unreachable) || last) throw error;
    }
  }
}

/** Keep whom the server let in, of several asked for together. */
export async function rememberAll(answers) {
  for (const one of answers) if (one.passes) await state.offline?.rememberDigest(one.digest).catch((error) => console.warn(error));
}

async function remember({ raw, party }) {
  for (let person = 0; person < (party?.persons ?? 1); person += 1) await state.offline?.remember(raw);
}

function ask(asked, fields) {
  if (asked.paper) return server.paper({ id: asked.id, ticket: asked.ticket, ...asked.paper });
  if (asked.party) return server.party({ id: asked.id, ticket: asked.ticket, ...asked.party });
  return server.scan(fields);
}

async function judgedHere(asked) {
  if (!state.offline?.ready) return blank("page.no_network", "page.no_network_do");
  const paper = asked.paper && { check: asked.paper.seen ? "seen" : "refused", asked_ms: asked.paper.asked_ms };
  try {
    return toldHere(await state.offline.judge(asked.id, asked.raw, { typed: asked.typed, paper, party: asked.party, lost: asked.lost }));
  } catch (error) {
    if (error.name !== "QuotaExceededError" && error.name !== "AbortError") throw error;
    return blank("page.not_kept", "page.not_kept_do", "red");
  } finally {
    await showNet();
  }
}
