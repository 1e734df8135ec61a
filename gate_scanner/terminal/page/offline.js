// Without network: judged from the sealed pack, written down before it is shown, uploaded later in
// the order it happened.

import { judge, judgeTogether } from "./judge.js";
import { asUnlisted, factsOf, hex, importSealKey, importSigner, openPack, readCode, sha256 } from "./pack.js";
import { dashed, newId, Refused, server } from "./server.js";
import { openStore } from "./store.js";

const UPLOAD_MAX = 50;
const LIGHT_OF_UNLISTED = "orange";
const NONCE_BYTES = 12;

export const canWorkOffline = () => window.isSecureContext && "indexedDB" in window && Boolean(crypto.subtle);

export class Offline {
  pack = null;
  store = null;
  #seal = null;
  #session = null;
  #skewMs = 0;
  #uploading = null;

  static async open() {
    const offline = new Offline();
    offline.store = await openStore();
    return offline;
  }

  now() {
    return Date.now() + this.#skewMs;
  }

  get session() {
    return this.#session;
  }

  /** Take the session of an open terminal: its keys stay in this browser and cannot be taken out. */
  async settle(session) {
    this.#skewMs = session.now_ms - Date.now();
    const seal = await importSealKey(new Uint8Array(session.pack_key));
    const signer = await importSigner(new Uint8Array(session.signer));
    const { pack_key: _, signer: __, ...kept } = session;
    await this.store.put(`keys ${session.terminal}`, { seal, signer });
    await this.store.put("session", { ...kept, skew_ms: this.#skewMs });
    this.#session = kept;
    this.#seal = seal;
    await this.store.forgetOld(this.now());
  }

  /** Take up what this device kept, after a reload without network; null if there is nothing. */
  async recall() {
    const kept = await this.store.get("session");
    if (!kept || kept.expires_ms < Date.now() + kept.skew_ms) return null;
    const keys = await this.store.get(`keys ${kept.terminal}`);
    if (!keys) return null;
    this.#session = kept;
    this.#skewMs = kept.skew_ms;
    this.#seal = keys.seal;
    return kept;
  }

  async openKept() {
    const kept = await this.store.get("pack");
    if (!kept || kept.terminal !== this.#session.terminal) return;
    await this.#open(kept.sealed);
  }

  /** Fetch a new copy and keep it. */
  async refresh() {
    const sealed = await server.pack();
    await this.#open(sealed);
    await this.store.put("pack", { terminal: this.#session.terminal, sealed });
  }

  async #open(sealed) {
    const keys = await this.store.get(`keys ${this.#session.terminal}`);
    this.pack = await openPack(sealed, keys.seal, keys.signer);
  }

  get ready() {
    return this.pack !== null && this.now() < this.pack.header.expires_ms;
  }

  /** Tell whether this device let this very code pass, and the server does not know yet. */
  async passedHere(raw) {
    const code = readCode(raw);
    const kept = code && await this.store.passed(hex(await sha256(code.text)));
    return Boolean(kept?.passages.some((one) => one.known_ms === null && one.id !== null));
  }

  /** Keep that the server let this code pass here. */
  async remember(raw) {
    const code = readCode(raw);
    if (code) await this.rememberDigest(hex(await sha256(code.text)));
  }

  /** Keep that the server let the code of this digest pass here. */
  async rememberDigest(digest) {
    const now = this.now();
    await this.store.remember(digest, this.#passage(null, now, now));
  }

  /**
   * Name what lost answers may have given this code. The server gives such an admission once, to
   * the first scan that brings its name; what was let in here under it is no second one.
   */
  async lostNames(raw) {
    const code = readCode(raw);
    if (!code || !await this.store.get("lost")) return [];
    const digest = hex(await sha256(code.text));
    return Promise.all((await this.store.lost(digest)).map((request) => shareName(request, digest)));
  }

  /** Keep that a request was not answered, and whom it may have let in, if that is known. */
  keepLost(id, digests) {
    return this.store.keepLost(id, this.now(), digests);
  }

  /** Which way the gate leads where this terminal stands, as far as its copy knows. */
  get #way() {
    return this.pack?.header.gates.find((one) => one.id === this.#session.gate)?.direction ?? "in";
  }

  #passage(id, at, known) {
    return { id, at_ms: at, gate: this.#session.gate, way: this.#way, known_ms: known };
  }

  /**
   * Judge a text from the pack. What was let in is on the disk when this resolves. `party` lets in
   * so many `persons` of a ticket of which `after` are in, or nobody.
   */
  async judge(id, raw, { typed = false, paper = null, party = null, lost = [] } = {}) {
    const now = this.now();
    const found = await factsOf(this.pack, raw, {
      gateId: this.#session.gate, now, paper, passed: (digest) => this.store.passed(digest),
      crowd: (since) => this.store.crowd(since),
    });
    if (!found.code && typed && isShort(raw)) return { verdict: "not_a_ticket", shortCode: true, now };
    if (party && found.facts.entries !== party.after) return { verdict: "replay", moved: true, now };
    let judged = party ? judgeTogether(found.facts, party) : judge(found.facts);
    let { verdict } = judged;
    let unlisted = null;
    if (verdict === "unknown" && found.code) {
      // Right check value, not in the copy: sold since. It may not be admitted twice here.
      judged = judge(asUnlisted(found.facts));
      verdict = judged.verdict;
      if (verdict === "offline_unverified") unlisted = this.pack.header.unlisted;
    }
    if (verdict === "offline_unverified" && unlisted !== "refuse") {
      const ids = [id, ...Array.from({ length: (party?.persons ?? 1) - 1 }, newId)];
      const entry = { ...await this.#entry(id, raw, verdict, now, typed, found.code.text), digest: found.digest, lost };
      const passages = ids.map((one) => this.#passage(one, now, null));
      const entries = ids.map((one) => (one === id ? entry : { ...entry, id: one, of: id, lost: [] }));
      if (!await this.store.admit(found.digest, found.kept, passages, entries)) {
        return this.judge(id, raw, { typed, paper, party, lost }); // another tab was quicker
      }
    } else if (verdict !== "id_check_required") {
      await this.store.note(await this.#entry(id, raw, verdict, now, typed, null));
    }
    const light = unlisted === "refuse" ? LIGHT_OF_UNLISTED : null;
    return { verdict, light, unlisted, now, judged, persons: party?.persons ?? 1, ...found };
  }

  async #entry(id, raw, verdict, at, typed, code) {
    const sealed = code === null ? null : await this.#sealed(code);
    return {
      id, terminal: this.#session.terminal, gate: this.#session.gate, verdict, at_ms: at, typed,
      hash: await digestOf(code ?? raw), sealed,
    };
  }

  async #sealed(code) {
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const bytes = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.#seal, new TextEncoder().encode(code));
    return { iv, bytes };
  }

  /** Send what waits, in order, each until the server says it has it. Answers what is left. */
  upload(onSent = () => {}) {
    this.#uploading ??= this.#upload(onSent).finally(() => { this.#uploading = null; });
    return this.#uploading;
  }

  async #upload(onSent) {
    let rank = 0;
    const keys = new Map();
    for (;;) {
      const waiting = await this.store.next(rank, UPLOAD_MAX);
      if (waiting.length === 0) return this.store.waiting();
      rank = waiting[waiting.length - 1].rank;
      const entries = [];
      for (const one of waiting) entries.push(await this.#unsealed(one, keys));
      const { outcomes } = await server.entries(entries);
      // Entries of another event stay for the terminal of that event.
      const taken = new Set(outcomes.filter((one) => one.outcome !== "other_event").map((one) => one.id));
      await this.store.uploaded(waiting.filter((one) => taken.has(one.id)), this.now());
      onSent(await this.store.waiting(), outcomes);
    }
  }

  async #unsealed({ rank: _, digest: __, sealed, ...entry }, keys) {
    if (!sealed) return { ...entry, code: null };
    if (!keys.has(entry.terminal)) keys.set(entry.terminal, await this.store.get(`keys ${entry.terminal}`));
    const bytes = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, keys.get(entry.terminal).seal, sealed.bytes);
    return { ...entry, code: new TextDecoder().decode(bytes) };
  }
}

/** Name one ticket's share of a request for several, as `share_name` of the server does. */
const shareName = async (request, digest) => dashed(hex(await sha256(`${request} ${digest}`)).slice(0, 32));

/** The digest of a code however it is spelt, or of a text that is none. */
const digestOf = async (raw) => hex(await sha256(readCode(raw)?.text ?? raw));

/** A typed code of eight characters: its 35 bits are good only where failures are counted. */
function isShort(raw) {
  return raw.replace(/[^0-9a-z]/gi, "").length === 8;
}

export { newId, Refused };
