// The web chat's HTTP protocol (docs/webchat.md): a session, messages out, one stream in.

const FIRST_WAIT_MS = 700;
const WAIT_MAX_MS = 8000;
const ATTEMPTS_MAX = 4;

export const PHOTO_BYTES_MAX = 20 * 1024 * 1024;
export const PHOTOS_MAX = 10;
export const TEXT_LENGTH_MAX = 10000;

/** A message that the server will never take; `code` is its word for why. */
export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Make or find this visitor's session. Answers true when it is a new one. */
export async function openSession() {
  const answer = await fetch("/webchat/session", { method: "POST" });
  if (!answer.ok) throw await refusal(answer);
  // The time of day is told as at the events' place, as the bot tells it.
  document.documentElement.dataset.zone = (await answer.json()).zone;
  return answer.status === 201;
}

/** Have the three conversations go on in this language. */
export async function speak(language) {
  const answer = await fetch("/webchat/language", { method: "POST", ...jsonOf({ language }) });
  if (!answer.ok) throw await refusal(answer);
}

/** Everything said so far, in order. */
export async function history() {
  const all = [];
  for (let since = 0; ; ) {
    const answer = await fetch(`/webchat/messages?since=${since}`);
    if (!answer.ok) throw await refusal(answer);
    const { messages, last } = await answer.json();
    if (messages.length === 0) return { messages: all, last };
    all.push(...messages);
    since = last;
  }
}

/**
 * Send one message, again after a failure of the network: its id makes that harmless.
 * Throws Refused for what the server will never take, any other error for what may be retried.
 */
export async function post(phone, message) {
  for (let attempt = 1, wait = FIRST_WAIT_MS; ; attempt += 1, wait = Math.min(wait * 2, WAIT_MAX_MS)) {
    try {
      const answer = await fetch(`/webchat/phones/${phone}/messages`, {
        method: "POST",
        ...(message.photos ? { body: formOf(message) } : jsonOf(message)),
      });
      if (answer.ok) return (await answer.json()).message;
      const fault = await refusal(answer);
      if (answer.status < 500 && answer.status !== 408) throw fault;
      throw new Error(fault.code);
    } catch (fault) {
      if (fault instanceof Refused || attempt === ATTEMPTS_MAX) throw fault;
      await pause(wait);
    }
  }
}

/**
 * Listen for what is said from a number on, for ever. `said` gets each message, `line` hears
 * whether the line is up, `lost` is called when the server does not know this visitor any more.
 */
export function listen(since, { said, line, lost }) {
  let last = since;
  const open = () => {
    const source = new EventSource(`/webchat/stream?since=${last}`);
    source.onopen = () => line(true);
    source.addEventListener("message", (event) => {
      last = Number(event.lastEventId);
      said(JSON.parse(event.data));
    });
    source.onerror = async () => {
      line(false);
      if (source.readyState !== EventSource.CLOSED) return; // the browser comes back by itself
      source.close();
      await pause(FIRST_WAIT_MS * 2);
      try {
        if (await openSession()) return lost();
      } catch {
        // The server is away: opening the stream fails as well, and we are here again.
      }
      open();
    };
  };
  open();
}

function jsonOf(message) {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(message) };
}

function formOf({ photos, ...fields }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const photo of photos) form.append("photo", photo, photo.name || "photo");
  return form;
}

async function refusal(answer) {
  try {
    return new Refused((await answer.json()).error);
  } catch {
    return new Refused("refused");
  }
}
