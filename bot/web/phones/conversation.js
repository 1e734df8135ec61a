// One phone: what was said on it, what is being sent from it, and how it scrolls.

import { bubbleOf, make } from "./bubble.js";
import { PHOTO_BYTES_MAX, PHOTOS_MAX, Refused, TEXT_LENGTH_MAX, post } from "./wire.js";

const NEAR_PX = 96; // nearer to the end than this, somebody is following the conversation
const MARGIN_PX = 12;
const HAND_MS = 1000; // a scroll this soon after a wheel, a finger or a key is somebody's own
const SCROLL_KEYS = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);
const TOGETHER_MS = 3000; // messages this close to one another are read from the first one on
const TYPING_MS = 10000; // a bot that has not answered by then is not shown as writing any more
const NOTICE_MS = 7000;

const HELLO_ID = "hello"; // the first start of a phone: the same from every page, so it is one

export class Conversation {
  /** `acts`: zoom(file), present(file, button), follow(address, link, phone), changed(). */
  constructor(section, words, acts) {
    this.name = section.dataset.phone;
    this.section = section;
    this.words = words;
    this.unread = 0;
    this.spoken = false; // whether anything was sent since the page was opened
    const screen = section.querySelector(".screen");
    screen.append(document.getElementById("conversation").content.cloneNode(true));
    this.talk = screen.querySelector(".talk");
    this.list = screen.querySelector(".messages");
    this.newer = screen.querySelector(".newer");
    this.notice = screen.querySelector(".notice");
    this.words_box = screen.querySelector("textarea");
    this.sheet = screen.querySelector(".sheet");
    this.talk.setAttribute("aria-label", section.querySelector("h2").firstChild.textContent);
    this.shown = new Map(); // message number -> item
    this.sending = new Map(); // client id -> item
    this.queue = Promise.resolve();
    this.following = true; // whether new messages may move what is in view
    this.from = null; // the first message of those that came together: its top stays in view
    this.handAt = -HAND_MS;
    this.acts = {
      ...acts,
      tap: (button) => this.send({ tap: button.action }, button.label),
      follow: (address, link) => acts.follow(address, link, this),
    };
    this.changed = acts.changed;
    this.#wire(screen);
  }

  /** Show a message of the server, once; one sent from here takes the place of its shadow. */
  add(message, { quiet = false } = {}) {
    if (this.shown.has(message.id)) return;
    const shadow = this.sending.get(message.client_id);
    this.sending.delete(message.client_id);
    for (const image of shadow?.querySelectorAll("img") ?? []) URL.revokeObjectURL(image.src);
    if (message.from === "bot") this.#typing(false);
    if (message.kind === "start" || (message.kind === "tap" && !message.text)) {
      shadow?.remove();
      this.shown.set(message.id, null);
      return;
    }
    const item = bubbleOf(message, this.words, this.acts);
    const sawAll = this.#left() < 2;
    this.shown.set(message.id, item);
    this.#place(item, message.id, shadow);
    if (quiet) return;
    if (message.from === "bot") this.#expect(item, sawAll);
    if (this.following) this.#bring();
    else if (message.from === "bot") this.newer.hidden = !this.#beginsBelow();
    if (message.from === "bot" && !this.isInView()) {
      this.unread += 1;
      this.changed();
    }
  }

  /** From now on what is said is read aloud to who listens to the page; the past is not. */
  readAloud() {
    this.talk.setAttribute("aria-live", "polite");
  }

  /** Greet the bot when nothing was ever said here. */
  greet() {
    if (this.shown.size === 0 && !this.spoken) this.send({ start: "" }, null, HELLO_ID);
  }

  /** Send text, a tap, a start or photos; `label` is what its bubble says until the server's. */
  send(said, label, id = newId()) {
    this.spoken = true;
    const message = { id, language: this.words.lang, ...said };
    const item = label === null ? null : this.#shadow(message, label);
    // One after the other: what was typed first arrives first.
    this.queue = this.queue.then(() => this.#post(message, item));
    return this.queue;
  }

  /** Send pictures as one message, or say why not. */
  sendPhotos(files, caption = "") {
    const photos = [...files];
    if (photos.length === 0) return null;
    const code =
      photos.length > PHOTOS_MAX
        ? "too_many"
        : photos.some((photo) => photo.size > PHOTO_BYTES_MAX)
          ? "too_large"
          : photos.some((photo) => photo.type && !photo.type.startsWith("image/"))
            ? "not_a_picture"
            : null;
    if (code) return this.tell(code);
    return this.send({ photos, ...(caption && { caption }) }, caption);
  }

  /** Say something about this phone itself, for a while. */
  tell(code) {
    this.notice.textContent = this.words[code] ?? this.words.refused;
    this.notice.hidden = false;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => (this.notice.hidden = true), NOTICE_MS);
    return null;
  }

  /** Open a page of ours inside this phone. */
  openSheet(address) {
    this.from = null; // what comes after paying is read from its own beginning
    this.following = true;
    this.sheet.querySelector("iframe").src = address;
    this.sheet.querySelector("a.out").href = address;
    this.sheet.hidden = false;
    this.section.classList.add("with-sheet");
    this.sheet.querySelector(".close").focus();
  }

  closeSheet() {
    if (this.sheet.hidden) return;
    this.sheet.hidden = true;
    this.section.classList.remove("with-sheet");
    this.sheet.querySelector("iframe").src = "about:blank";
    this.words_box.focus({ preventScroll: true });
  }

  isInView() {
    const box = this.section.getBoundingClientRect();
    const middle = box.left + box.width / 2;
    return !document.hidden && middle > 0 && middle < window.innerWidth;
  }

  toEnd() {
    this.from = null;
    this.following = true;
    this.#bring();
  }

  // ---- inside ----

  async #post(message, item) {
    this.#state(item, this.words.sending);
    try {
      const kept = await post(this.name, message);
      this.#state(item, "");
      this.add(kept);
      if (![...this.shown.keys()].some((number) => number > kept.id)) this.#typing(true);
    } catch (fault) {
      if (fault instanceof Refused) this.tell(fault.code);
      if (!item) return;
      // It is not on its way any more: what is said from now on stands below it.
      item.classList.replace("sending", "failed");
      const retry = make("button", "retry", this.words.retry);
      retry.type = "button";
      retry.addEventListener("click", () => {
        item.classList.replace("failed", "sending");
        this.list.append(item);
        this.queue = this.queue.then(() => this.#post(message, item));
      });
      const state = this.#state(item, `${this.words.not_sent} `);
      if (!(fault instanceof Refused)) state.append(retry);
    }
  }

  /** A message on its way: shown at once, replaced by the server's. */
  #shadow(message, label) {
    const item = bubbleOf(
      {
        id: 0,
        phone: this.name,
        from: "person",
        kind: message.photos ? "photos" : "text",
        text: label ?? message.text,
        buttons: [],
        files: (message.photos ?? []).map((photo) => ({
          url: URL.createObjectURL(photo),
          name: photo.name ?? "",
          shape: "picture",
        })),
        at_ms: Date.now(),
      },
      this.words,
      this.acts,
    );
    item.classList.add("sending");
    this.sending.set(message.id, item);
    this.handAt = -HAND_MS; // who speaks looks at the end
    this.list.append(item);
    this.toEnd();
    return item;
  }

  #state(item, words) {
    const state = item?.querySelector(".state");
    if (state) state.textContent = words;
    return state;
  }

  /** Put an item where its number belongs; shadows stay at the end. */
  #place(item, number, shadow) {
    item.dataset.number = number;
    const after = [...this.list.children].find((one) => Number(one.dataset.number) > number);
    const firstShadow = this.list.querySelector(".sending, .typing");
    if (shadow) shadow.replaceWith(item);
    if (after) this.list.insertBefore(item, after);
    else if (!shadow) this.list.insertBefore(item, firstShadow);
  }

  /** How far below what is in view the conversation goes. */
  #left() {
    return this.talk.scrollHeight - this.talk.clientHeight - this.talk.scrollTop;
  }

  /** Note where reading begins when the bot says something: at the first of what comes together. */
  #expect(item, sawAll) {
    const now = performance.now();
    if (this.from === null || (sawAll && now - this.fromAt > TOGETHER_MS)) {
      this.from = item;
      this.fromAt = now;
    }
  }

  /** Follow the conversation to its end, but never past the first line that was not read. */
  #bring() {
    const end = this.talk.scrollHeight - this.talk.clientHeight;
    const top = this.from === null ? end : this.from.offsetTop - MARGIN_PX;
    this.talk.scrollTop = Math.min(end, Math.max(top, 0));
    this.newer.hidden = !this.#beginsBelow();
  }

  /** Whether a whole message lies below what is in view: the rest of one being read is no news. */
  #beginsBelow() {
    const last = this.list.lastElementChild;
    return last !== null && last.offsetTop > this.talk.scrollTop + this.talk.clientHeight - MARGIN_PX;
  }

  /** Tell somebody's own scrolling from what pictures and keyboards do to the page. */
  #wireScrolling() {
    let held = false; // the bar beside the conversation, between a finger's or a mouse's down and up
    const hand = () => (this.handAt = performance.now());
    this.talk.addEventListener("wheel", hand, { passive: true });
    this.talk.addEventListener("touchmove", hand, { passive: true });
    this.talk.addEventListener("keydown", (event) => SCROLL_KEYS.has(event.key) && hand());
    this.talk.addEventListener("pointerdown", (event) => (held = event.target === this.talk));
    window.addEventListener("pointerup", () => (held = false));
    this.talk.addEventListener("scroll", () => {
      const left = this.#left();
      if (!this.#beginsBelow()) this.newer.hidden = true;
      if (!held && performance.now() - this.handAt > HAND_MS) {
        if (left < 2) this.following = true;
        return;
      }
      this.following = left < NEAR_PX;
      if (this.following) this.from = null;
    });
    // Pictures arrive, the window and a phone's keyboard change the height: keep the place.
    const keep = new ResizeObserver(() => this.following && this.#bring());
    keep.observe(this.talk);
    keep.observe(this.list);
  }

  #typing(on) {
    clearTimeout(this.typingTimer);
    this.list.querySelector(".typing")?.remove();
    if (!on) return;
    const item = make("li", "message bot typing");
    const bubble = make("div", "bubble");
    bubble.append(make("span", "unseen", `${this.words.bot} ${this.words.typing}`));
    for (let dot = 0; dot < 3; dot += 1) bubble.append(make("i"));
    item.append(bubble);
    this.list.append(item);
    if (this.following) this.#bring();
    this.typingTimer = setTimeout(() => this.#typing(false), TYPING_MS);
  }

  #wire(screen) {
    const box = this.words_box;
    const grow = () => {
      box.style.height = "auto";
      box.style.height = `${Math.min(box.scrollHeight, 140)}px`;
    };
    const submit = () => {
      const text = box.value;
      if (!text.trim()) return;
      if ([...text].length > TEXT_LENGTH_MAX) {
        this.tell("too_long");
        return;
      }
      box.value = "";
      grow();
      this.send({ text }, text);
    };
    box.addEventListener("input", grow);
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    });
    screen.querySelector(".composer").addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
      box.focus();
    });
    const picker = screen.querySelector("input[type=file]");
    picker.addEventListener("change", () => {
      const files = [...picker.files];
      picker.value = "";
      this.sendPhotos(files);
    });
    box.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (files.length === 0) return;
      event.preventDefault();
      this.sendPhotos(files);
    });
    this.newer.addEventListener("click", () => this.toEnd());
    screen.querySelector(".sheet .close").addEventListener("click", () => this.closeSheet());
    this.sheet.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.closeSheet();
    });
    this.#wireScrolling();
    this.#wireDrop(screen);
  }

  #wireDrop(screen) {
    let depth = 0;
    const brings = (event) =>
      event.dataTransfer.types.includes("application/x-guichet-picture") ||
      event.dataTransfer.types.includes("Files");
    screen.addEventListener("dragenter", (event) => {
      if (!brings(event)) return;
      event.preventDefault();
      depth += 1;
      screen.classList.add("over");
    });
    screen.addEventListener("dragover", (event) => {
      if (!brings(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    });
    screen.addEventListener("dragleave", () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) screen.classList.remove("over");
    });
    screen.addEventListener("drop", async (event) => {
      depth = 0;
      screen.classList.remove("over");
      document.body.classList.remove("dragging");
      if (!brings(event)) return;
      event.preventDefault();
      const url = event.dataTransfer.getData("application/x-guichet-picture");
      if (url) this.sendPhotos([await pictureAt(url)]);
      else this.sendPhotos(event.dataTransfer.files);
    });
  }
}

/** The very bytes of a picture in a conversation, as a file to send. */
export async function pictureAt(url) {
  const blob = await (await fetch(url)).blob();
  return new File([blob], "photo", { type: blob.type });
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
