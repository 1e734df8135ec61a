// What this device keeps: its session, the sealed pack, who it let in, and what still waits to be
// uploaded. Nothing is shown as let in before its transaction is on the disk.

const NAME = "guichet-gate";
const VERSION = 2;

/** How long this device remembers whom it let in: longer than any event. */
const PASSED_KEPT_MS = 5 * 24 * 3_600_000;

/** As many entries as a terminal makes in a week; then it says so, and lets nobody in unwritten. */
export const ENTRIES_MAX = 100_000;

/** Requests without an answer that are kept, and how long: their tickets are scanned within minutes. */
const LOST_MAX = 20;
const LOST_KEPT_MS = 3_600_000;

/** Passages of one ticket that are kept: a party of fifty, or five nights of coming and going. */
const PASSAGES_MAX = 100;

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const ended = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
});

export async function openStore() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = ({ oldVersion }) => {
    if (oldVersion < 1) {
      request.result.createObjectStore("kept");
      request.result.createObjectStore("passed", { keyPath: "digest" });
      request.result.createObjectStore("entries", { keyPath: "rank", autoIncrement: true });
    } else {
      request.transaction.objectStore("passed").openCursor().onsuccess = ({ target }) => severalPassages(target.result);
    }
  };
  const db = await done(request);
  db.onversionchange = () => db.close();
  // Asks the browser not to throw our entries away when the disk is full.
  await navigator.storage?.persist?.().catch(() => false);
  return new Store(db);
}

/** Once a ticket passed once; since then a device keeps every passage. */
function severalPassages(cursor) {
  if (!cursor) return;
  const { digest, at_ms, gate } = cursor.value;
  cursor.update({ digest, passages: [{ id: null, at_ms, gate, way: "in", known_ms: null }] });
  cursor.continue();
}

class Store {
  constructor(db) {
    this.db = db;
  }

  #write(names) {
    return this.db.transaction(names, "readwrite", { durability: "strict" });
  }

  get(name) {
    return done(this.db.transaction("kept").objectStore("kept").get(name));
  }

  async put(name, value) {
    const transaction = this.#write(["kept"]);
    transaction.objectStore("kept").put(value, name);
    await ended(transaction);
  }

  async forget(name) {
    const transaction = this.#write(["kept"]);
    transaction.objectStore("kept").delete(name);
    await ended(transaction);
  }

  /** Keep that a request was not answered: it may have let these tickets in; without them, any. */
  async keepLost(id, at, digests = null) {
    await this.#changeLost((lost) => [
      ...lost.filter((one) => one.id !== id && one.at > at - LOST_KEPT_MS), { id, at, digests },
    ].slice(-LOST_MAX));
  }

  /** Drop it: the answer came after all. */
  async forgetLost(id) {
    await this.#changeLost((lost) => lost.filter((one) => one.id !== id));
  }

  /** The requests without an answer: all, or those that may have let this ticket in. */
  async lost(digest = null) {
    const kept = await this.get("lost") ?? [];
    return kept.filter((one) => !digest || !one.digests || one.digests.includes(digest)).map((one) => one.id);
  }

  async #changeLost(change) {
    const transaction = this.#write(["kept"]);
    const store = transaction.objectStore("kept");
    const left = change(await done(store.get("lost")) ?? []);
    if (left.length) store.put(left, "lost");
    else store.delete("lost");
    await ended(transaction);
  }

  passed(digest) {
    return done(this.db.transaction("passed").objectStore("passed").get(digest));
  }

  /** Remember a passage that the server allowed here. */
  async remember(digest, passage) {
    const transaction = this.#write(["passed"]);
    const store = transaction.objectStore("passed");
    const before = await done(store.get(digest));
    store.put({ digest, passages: [...before?.passages ?? [], passage].slice(-PASSAGES_MAX) });
    await ended(transaction);
  }

  /**
   * Let a ticket pass, once or for several persons, after as many passages as were judged from:
   * false when there are more by now, made in another tab. Resolves when all of it is on the disk.
   */
  async admit(digest, kept, made, written) {
    const transaction = this.#write(["passed", "entries"]);
    const end = ended(transaction);
    end.catch(() => {}); // told below, once
    const passed = transaction.objectStore("passed");
    const entries = transaction.objectStore("entries");
    const [before, waiting] = await Promise.all([done(passed.get(digest)), done(entries.count())]);
    const passages = before?.passages ?? [];
    if (passages.length !== kept) {
      await end;
      return false;
    }
    if (waiting + written.length > ENTRIES_MAX) {
      transaction.abort();
      throw new DOMException("too many entries wait", "QuotaExceededError");
    }
    passed.put({ digest, passages: [...passages, ...made].slice(-PASSAGES_MAX) });
    for (const entry of written) entries.put(entry);
    await end;
    return true;
  }

  /** How many more people this device let in than out, of what the server did not know by then. */
  async crowd(sinceMs) {
    const kept = await done(this.db.transaction("passed").objectStore("passed").getAll());
    const passages = kept.flatMap((one) => one.passages)
      .filter((one) => one.known_ms === null || one.known_ms >= sinceMs);
    return passages.reduce((sum, one) => sum + (one.way === "in" ? 1 : -1), 0);
  }

  /** Keep a refusal for the journal. */
  async note(entry) {
    const transaction = this.#write(["entries"]);
    transaction.objectStore("entries").put(entry);
    await ended(transaction);
  }

  waiting() {
    return done(this.db.transaction("entries").objectStore("entries").count());
  }

  /** The next entries after a rank, in the order they were made. */
  next(afterRank, count) {
    const range = IDBKeyRange.lowerBound(afterRank, true);
    return done(this.db.transaction("entries").objectStore("entries").getAll(range, count));
  }

  /** Drop what the server has; from now on it knows of these passages. */
  async uploaded(taken, now) {
    const transaction = this.#write(["entries", "passed"]);
    const passed = transaction.objectStore("passed");
    for (const one of taken) {
      transaction.objectStore("entries").delete(one.rank);
      if (!one.digest) continue;
      passed.get(one.digest).onsuccess = ({ target }) => {
        if (!target.result) return;
        const passages = target.result.passages
          .map((passage) => (passage.id === one.id ? { ...passage, known_ms: now } : passage));
        passed.put({ ...target.result, passages });
      };
    }
    await ended(transaction);
  }

  async forgetOld(now) {
    const transaction = this.#write(["passed"]);
    const store = transaction.objectStore("passed");
    const request = store.openCursor();
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return;
      if (cursor.value.passages.every((one) => one.at_ms < now - PASSED_KEPT_MS)) cursor.delete();
      cursor.continue();
    };
    await ended(transaction);
  }
}
