// What the page asks of the server, with a limit on how long a person waits for it.

const PATIENCE_MS = 3_000;
const PATIENCE_LONG_MS = 60_000;

/** The server did not answer, or not like itself: the network is gone, or it is down. */
export class Unreachable extends Error {}

/** The server answered no; `code` says why. */
export class Refused extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

async function ask(path, options, patienceMs = PATIENCE_MS) {
  let answer;
  try {
    answer = await fetch(`/gate/${path}`, {
      credentials: "same-origin", cache: "no-store", redirect: "error",
      signal: AbortSignal.timeout(patienceMs), ...options,
    });
    if (answer.ok) return options.binary ? await answer.arrayBuffer() : await answer.json();
  } catch (error) {
    throw new Unreachable(String(error));
  }
  if (answer.status >= 500 || answer.status === 429) throw new Unreachable(`status ${answer.status}`);
  let code = "refused";
  try {
    code = (await answer.json()).error ?? code;
  } catch {
    // A captive portal answers pages: that is no answer of ours.
    throw new Unreachable(`status ${answer.status}, not ours`);
  }
  throw new Refused(answer.status, code);
}

const post = (path, body, patienceMs) => ask(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
}, patienceMs);

export const server = {
  session: () => ask("session", {}),
  look: (token) => post("look", { token }, PATIENCE_LONG_MS),
  open: (token) => post("open", { token }, PATIENCE_LONG_MS),
  enter: (fields) => post("enter", fields, PATIENCE_LONG_MS),
  scan: (fields) => post("scan", fields),
  paper: (fields) => post("paper", fields),
  party: (fields) => post("party", fields),
  rest: (fields) => post("rest", fields),
  counts: () => ask("counts", {}),
  pack: () => ask("pack", { binary: true }, PATIENCE_LONG_MS),
  entries: (entries) => post("entries", { entries }, PATIENCE_LONG_MS),
  place: (gate) => post("place", { gate }),
  leave: () => post("leave", {}),
  photo: (id, body, lost) => ask(`photo?${new URLSearchParams([["id", id], ...lost.map((one) => ["lost", one])])}`, {
    method: "POST", headers: { "Content-Type": body.type || "application/octet-stream" }, body,
  }, PATIENCE_LONG_MS),
};

/** A name for a request that nobody else gives; also where `crypto.randomUUID` is not offered. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return dashed(Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join(""));
}

/** Write 32 hexadecimal digits as a request's name. */
export const dashed = (digits) => digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
