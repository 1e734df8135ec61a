// The page: three phones, one line to the server, and what goes from one phone to another.

import { Conversation, pictureAt } from "./conversation.js";
import { history, listen, openSession, speak } from "./wire.js";

const BANNER_AFTER_MS = 1500; // a line that is back sooner was never missed
const START = /^#(seller|scanner|organiser)=([A-Za-z0-9_-]{1,64})$/;
const PHONE_OF = { seller: "buyer", scanner: "gate", organiser: "organiser" };

const words = await (await fetch(`/phones/words.${document.documentElement.lang}.json`)).json();
const banner = document.querySelector(".banner");
const row = document.querySelector(".phones");
const zoom = document.querySelector(".zoom");
const tabs = new Map(
  [...document.querySelectorAll("[data-tab]")].map((tab) => [tab.dataset.tab, tab]),
);

const phones = new Map(
  [...document.querySelectorAll(".phone")].map((section) => [
    section.dataset.phone,
    new Conversation(section, words, { zoom: zoomed, present, follow, changed: showUnread }),
  ]),
);

// ---- from one phone to another ----

async function present(file, button) {
  const gate = phones.get("gate");
  button.disabled = true;
  try {
    gate.sendPhotos([await pictureAt(file.url)]);
    button.textContent = `${words.presented} ✓`;
    bringIntoView("gate");
  } catch {
    phones.get("buyer").tell("not_sent");
  }
  setTimeout(() => {
    button.disabled = false;
    button.textContent = words.present;
  }, 2500);
}

/** Follow an address that is ours inside the page; answers false for anybody else's. */
function follow(address, link, phone) {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin) return false;
  if (openDeepLink(url.hash)) return true;
  if (!url.pathname.startsWith("/sandbox/")) return false;
  phone.openSheet(url.href);
  return true;
}

/** A deep link opens a conversation on the phone it is meant for. */
function openDeepLink(hash) {
  const found = START.exec(hash);
  if (!found) return false;
  const name = PHONE_OF[found[1]];
  phones.get(name).send({ start: found[2] }, null);
  bringIntoView(name);
  return true;
}

function takeFragment() {
  if (!openDeepLink(location.hash)) return;
  window.history.replaceState(null, "", location.pathname + location.search);
}

function zoomed(file) {
  zoom.querySelector("img").src = file.url;
  zoom.showModal();
}

// ---- tabs and what was not read ----

function bringIntoView(name) {
  phones.get(name).section.scrollIntoView({ inline: "center", block: "nearest" });
}

function showUnread() {
  let total = 0;
  for (const [name, phone] of phones) {
    if (phone.isInView()) phone.unread = 0;
    total += phone.unread;
    tabs.get(name).querySelector(".dot").hidden = phone.unread === 0;
    tabs.get(name).setAttribute("aria-pressed", String(phone.isInView()));
  }
  document.title = total ? `(${total}) ${words.title}` : words.title;
}

for (const [name, tab] of tabs) tab.addEventListener("click", () => bringIntoView(name));
row.addEventListener("scroll", () => requestAnimationFrame(showUnread), { passive: true });
window.addEventListener("resize", showUnread);
document.addEventListener("visibilitychange", showUnread);
zoom.addEventListener("click", () => zoom.close());
window.addEventListener("hashchange", takeFragment);
window.addEventListener("message", (event) => {
  if (event.origin !== location.origin || event.data?.guichet !== "back") return;
  for (const phone of phones.values()) phone.closeSheet();
});
// A picture dropped beside the phones must not replace the page.
for (const kind of ["dragover", "drop"]) {
  window.addEventListener(kind, (event) => event.preventDefault());
}

// ---- the line ----

let bannerTimer;
function line(up) {
  clearTimeout(bannerTimer);
  if (up) banner.hidden = true;
  else bannerTimer = setTimeout(() => (banner.hidden = false), BANNER_AFTER_MS);
}

async function begin() {
  await openSession();
  // Who chose the page's language means the conversations' too; once, or a reload would undo theirs.
  const chosen = new URL(location.href);
  if (chosen.searchParams.has("lang") && sessionStorage.getItem("spoken") !== words.lang) {
    await speak(words.lang);
    sessionStorage.setItem("spoken", words.lang);
  }
  const { messages, last } = await history();
  for (const message of messages) phones.get(message.phone).add(message, { quiet: true });
  for (const phone of phones.values()) {
    phone.toEnd();
    phone.readAloud();
  }
  listen(last, {
    said: (message) => phones.get(message.phone).add(message),
    line,
    lost: () => location.reload(),
  });
  takeFragment();
  for (const phone of phones.values()) phone.greet();
  showUnread();
  document.body.classList.add("ready");
}

async function beginUntilItWorks() {
  for (;;) {
    try {
      await begin();
      return;
    } catch (fault) {
      if (fault.code === "full") banner.textContent = words.full;
      banner.hidden = false;
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
  }
}

await beginUntilItWorks();
