// The pack: the event's tickets as they were when the network was last there. Its form is told in
// gate_scanner/terminal/pack.py; how a code is read and checked, in boxoffice/codes.py.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE = new RegExp(`^[${ALPHABET}]{29}$`);
const NOTHING_MEANT = /[ \t\r\n\u00a0\u2007\u2009\u202f\u200b\u2060\ufeff\-\u2010\u2011\u2012\u2013\u2014\u2212]/g;
const RAW_LENGTH_MAX = 100;
const SIGNED_LENGTH = 22;
const MODES = { G: "live", D: "demo" };

const NONCE_BYTES = 12;
const SIGNATURE_BYTES = 64;
const RECORD_BYTES = 17;
const HASH_BYTES = 8;
const NOMINATIVE = 128;
const TOO_YOUNG = 64;
const INSIDE = 32;
const FLAGS = NOMINATIVE | TOO_YOUNG | INSIDE;
const NO_GATE = 255;

const EVENT_DAY_TURNS_MS = 6 * 3_600_000;

export class PackRefused extends Error {}

// ---- Codes ---------------------------------------------------------------------------------------

export function readCode(text) {
  if ([...text].length > RAW_LENGTH_MAX) return null;
  const canonical = text
    .replace(NOTHING_MEANT, "")
    .replace(/[a-z]/g, (letter) => letter.toUpperCase())
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1");
  if (!CODE.test(canonical) || !(canonical[0] in MODES)) return null;
  return {
    text: canonical,
    mode: MODES[canonical[0]],
    keyId: canonical[1],
    tag: canonical.slice(2, 6),
    signed: canonical.slice(0, SIGNED_LENGTH),
    check: canonical.slice(SIGNED_LENGTH),
  };
}

const utf8 = new TextEncoder();

export const sha256 = async (text) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(text)));

export const hex = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");

async function authentic(pack, code) {
  for (const [keyId, key] of pack.keys) {
    if (keyId !== code.keyId) continue;
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(code.signed)));
    if (check35(mac) === code.check) return true;
  }
  return false;
}

// The first 35 bits of the signature, seven characters of five bits.
function check35(mac) {
  let number = 0n;
  for (let place = 0; place < 5; place += 1) number = (number << 8n) | BigInt(mac[place]);
  number >>= 5n;
  let text = "";
  for (let shift = 30n; shift >= 0n; shift -= 5n) text += ALPHABET[Number((number >> shift) & 31n)];
  return text;
}

// ---- Opening -------------------------------------------------------------------------------------

export const importSealKey = (bytes) =>
  crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);

export const importSigner = (bytes) =>
  crypto.subtle.importKey("raw", bytes, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);

export async function openPack(sealed, sealKey, signer) {
  let opened;
  try {
    opened = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: sealed.slice(0, NONCE_BYTES) }, sealKey, sealed.slice(NONCE_BYTES));
  } catch {
    throw new PackRefused("not sealed for this terminal, or damaged");
  }
  const signature = opened.slice(0, SIGNATURE_BYTES);
  const body = opened.slice(SIGNATURE_BYTES);
  const signed = await crypto.subtle.verify(
    { name: "ECDSA", hash: "SHA-256" }, signer, signature, body);
  if (!signed) throw new PackRefused("not signed by this box office");
  const view = new DataView(body);
  const headLength = view.getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, headLength)));
  if (header.version !== 2) throw new PackRefused("of another version: reload the page");
  const keys = await Promise.all(header.keys.map(async ([keyId, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const key = await crypto.subtle.importKey(
      "raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return [keyId, key];
  }));
  delete header.keys;
  const start = 4 + headLength;
  if ((body.byteLength - start) !== header.tickets * RECORD_BYTES) throw new PackRefused("cut short");
  return { header, keys, view: new DataView(body, start), records: new Uint8Array(body, start) };
}

// ---- Searching -----------------------------------------------------------------------------------

function compare(records, at, digest) {
  for (let place = 0; place < HASH_BYTES; place += 1) {
    const difference = records[at + place] - digest[place];
    if (difference) return difference;
  }
  return 0;
}

export function find(pack, digest) {
  let [low, high] = [0, pack.header.tickets - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = middle * RECORD_BYTES;
    const difference = compare(pack.records, at, digest);
    if (difference === 0) return record(pack, at, digest);
    if (difference < 0) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}

function record(pack, at, digest) {
  const state = pack.view.getUint8(at + 10);
  const gate = pack.view.getUint8(at + 11);
  return {
    sort: pack.header.sorts[pack.view.getUint16(at + 8)],
    state: pack.header.states[state & ~FLAGS],
    nominative: (state & NOMINATIVE) !== 0,
    tooYoung: (state & TOO_YOUNG) !== 0,
    inside: (state & INSIDE) !== 0,
    entries: pack.view.getUint8(at + 16),
    gate: gate === NO_GATE ? null : pack.header.gates[gate],
    scanned_ms: pack.view.getUint32(at + 12) * 1000 || null,
    holder: pack.header.holders[hex(digest.slice(0, HASH_BYTES))] ?? null,
  };
}

// ---- The facts of a scan -------------------------------------------------------------------------

const dayFormats = new Map();

export function eventDay(ms, zone) {
  if (!dayFormats.has(zone)) {
    const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
    dayFormats.set(zone, new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", ...parts }));
  }
  const part = Object.fromEntries(
    dayFormats.get(zone).formatToParts(ms).map((one) => [one.type, Number(one.value)]));
  // The wall's own time less six hours, as boxoffice/rules.py counts: not an instant less six hours.
  const wall = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return new Date(wall - EVENT_DAY_TURNS_MS).toISOString().slice(0, 10);
}

const EVENTS = { published: "on", cancelled: "cancelled" };
const holds = (from, until, now) => (from === null || from <= now) && (until === null || now < until);

/**
 * Gather what the judge may know of a raw text. `paper` is what staff said of the holder's;
 * `passed` finds what this device let pass, `crowd` how many it let in and out since the copy.
 */
export async function factsOf(pack, raw, { gateId, now, passed, crowd, paper = null }) {
  const { header } = pack;
  const gate = header.gates.find((one) => one.id === gateId);
  const staff = header.staff;
  const facts = {
    staff_allowed: !staff.revoked && holds(staff.from_ms, staff.until_ms, now)
      && (staff.bound_gate === null || staff.bound_gate === gateId),
    gate_open: Boolean(gate) && gate.status === "open" && holds(gate.opens_ms, gate.closes_ms, now),
    direction: gate?.direction ?? "in", now_ms: now, today: eventDay(now, header.event.zone),
    reading: "not_ours", ticket: "unknown",
    mode_is_ours: header.event.mode === header.mode, event_is_ours: true,
    event: EVENTS[header.event.status] ?? "postponed",
    valid_from_ms: 0, valid_until_ms: 0, first_day: "", last_day: "",
    gate_admits_kind: false, age_min: header.event.age_min, birth_date: null,
    event_day: header.event.day, nominative: false,
    id_check: paper ? paper.check : "not_yet", id_asked_ms: paper ? paper.asked_ms : null,
    entry: "once", party_size: 1, entries: 0, entries_today: 0, inside: false,
    same_hand_ms: null, occupancy: 0, occupancy_max: null, from_pack: true,
  };
  const code = readCode(raw);
  if (!code) return { facts, code: null, ticket: null };
  if (code.mode !== header.mode) return { facts: { ...facts, reading: "other_mode" }, code, ticket: null };
  if (code.tag !== header.event.tag) {
    // Another event's code: this copy has no key to tell a true one from a forged one.
    const other = { reading: "authentic", ticket: "valid", event_is_ours: false };
    return { facts: { ...facts, ...other }, code, ticket: null };
  }
  if (!await authentic(pack, code)) return { facts: { ...facts, reading: "forged" }, code, ticket: null };
  facts.reading = "authentic";
  const digest = hex(await sha256(code.text));
  const ticket = find(pack, await sha256(code.text));
  // What the server knew when it made the copy is in the copy: only what came after counts here.
  const kept = (passed && await passed(digest))?.passages ?? [];
  const mine = kept.filter((one) => one.known_ms === null || one.known_ms >= header.issued_ms);
  if (ticket) Object.assign(facts, listed(ticket, gate, header));
  Object.assign(facts, history(ticket, mine, { facts, gateId, zone: header.event.zone }));
  if (header.occupancy) {
    const since = crowd ? await crowd(header.issued_ms) : 0;
    Object.assign(facts, { occupancy: header.occupancy.inside + since, occupancy_max: header.occupancy.max });
  }
  return { facts, code, ticket, digest, kept: kept.length, mine: mine.at(-1) ?? null };
}

function listed(ticket, gate, header) {
  return {
    ticket: ticket.state,
    valid_from_ms: ticket.sort.valid_from_ms, valid_until_ms: ticket.sort.valid_until_ms,
    first_day: ticket.sort.first_day, last_day: ticket.sort.last_day,
    gate_admits_kind: Boolean(gate) && (gate.kinds.length === 0 || gate.kinds.includes(ticket.sort.kind_id)),
    nominative: ticket.nominative,
    // The copy says whether the holder is old enough, and keeps the birth date to itself.
    birth_date: ticket.tooYoung ? header.event.day : null,
    entry: ticket.sort.entry, party_size: ticket.sort.party_size,
  };
}

/** What happened to a ticket before: in the copy, then on this device. */
function history(ticket, mine, { facts, gateId, zone }) {
  const came = mine.filter((one) => one.way === "in");
  const last = mine.at(-1);
  const scanned = ticket?.scanned_ms ?? null;
  const before = facts.entry === "once" ? Number(scanned !== null) : ticket?.entries ?? 0;
  const isToday = (ms) => eventDay(ms, zone) === facts.today;
  const today = Number(scanned !== null && isToday(scanned)) + came.filter((one) => isToday(one.at_ms)).length;
  const returns = facts.entry === "reentry" && last !== undefined;
  return {
    entries: before + came.length,
    entries_today: Math.min(today, 1),
    inside: returns ? last.way === "in" : Boolean(ticket?.inside) || came.length > 0,
    same_hand_ms: last?.gate === gateId ? last.at_ms : null,
  };
}

/** A right ticket that the copy does not list, taken for valid now: what an organiser may allow. */
export function asUnlisted(facts) {
  return {
    ...facts, ticket: "valid", gate_admits_kind: true, nominative: false,
    valid_from_ms: facts.now_ms, valid_until_ms: facts.now_ms + 1,
    first_day: facts.today, last_day: facts.today,
  };
}
