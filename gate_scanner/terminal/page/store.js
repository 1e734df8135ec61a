// What this device keeps: its session, the sealed pack, who it let in, and what still waits to be
// uploaded. Nothing is shown as let in before its transaction is on the disk.

const NAME = "guichet-gate";
const VERSION = 1;

/** How long this device remembers whom it let in: longer than any event. */
const PASSED_KEPT_MS = 5 * 24 * 3_600_000;

/** As many entries as a terminal makes in a week; then it says so, and lets nobody in unwritten. */
export const ENTRIES_MAX = 100_000;

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
  request.onupgradeneeded = () => {
    request.result.createObjectStore("kept");
    request.result.createObjectStore("passed", { keyPath: "digest" });
    request.result.createObjectStore("entries", { keyPath: "rank", autoIncrement: true });
  };
  const db = await done(request);
  db.onversionchange = () => db.close();
  // Asks the browser not to throw our entries away when the disk is full.
  await navigator.storage?.persist?.().catch(() => false);
  return new Store(db);
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

  passed(digest) {
    return done(this.db.transaction("passed").objectStore("passed").get(digest));
  }

  /** Remember a ticket that the server let in here. */
  async remember(digest, atMs, gate) {
    const transaction = this.#write(["passed"]);
    transaction.objectStore("passed").put({ digest, at_ms: atMs, gate });
    await ended(transaction);
  }

  /** Let a ticket in, once: false when it came in before. Resolves when it is on the disk. */
  async admit(digest, gate, entry) {
    const transaction = this.#write(["passed", "entries"]);
    const end = ended(transaction);
    end.catch(() => {}); // told below, once
    const passed = transaction.objectStore("passed");
    const entries = transaction.objectStore("entries");
    const [before, waiting] = await Promise.all([done(passed.get(digest)), done(entries.count())]);
    if (before) {
      await end;
      return false;
    }
    if (waiting >= ENTRIES_MAX) {
      transaction.abort();
      throw new DOMException("too many entries wait", "QuotaExceededError");
    }
    passed.put({ digest, at_ms: entry.at_ms, gate });
    entries.put(entry);
    await end;
    return true;
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

  async uploaded(ranks) {
    const transaction = this.#write(["entries"]);
    for (const rank of ranks) transaction.objectStore("entries").delete(rank);
    await ended(transaction);
  }

  async forgetOld(now) {
    const transaction = this.#write(["passed"]);
    const store = transaction.objectStore("passed");
    const request = store.openCursor();
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return;
      if (cursor.value.at_ms < now - PASSED_KEPT_MS) cursor.delete();
      cursor.continue();
    };
    await ended(transaction);
  }
}
