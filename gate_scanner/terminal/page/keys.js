// Hand-held scanners, fingers, photos, the torch and Telegram's scanner: all that brings a code in.

import { hide, show, showMany } from "./answer.js";
import { setOnline } from "./net.js";
import { $, door, say, state } from "./page.js";
import { again, rememberAll, take } from "./scanning.js";
import { newId, Refused, server } from "./server.js";
import { blank, notAnImage, told } from "./telling.js";

/** A hand-held scanner types a code in a tenth of a second; fingers are slower between two keys. */
const KEY_GAP_MS = 60;
const SCANNED_LENGTH_MIN = 6;

let typed = "";
let lastKey = 0;

const asksPaper = () => state.showing?.verdict === "id_check_required";

window.addEventListener("keydown", (event) => {
  if (!state.session || event.ctrlKey || event.metaKey || event.altKey || $("typing").open) return;
  const now = performance.now();
  if (now - lastKey > KEY_GAP_MS * 5) typed = "";
  lastKey = now;
  if (event.key === "Enter" || event.key === "Tab") {
    if (typed.length >= SCANNED_LENGTH_MIN) {
      event.preventDefault();
      take(typed, { typed: typed.replace(/[^0-9a-z]/gi, "").length === 8 });
    } else if (state.showing && !asksPaper()) hide();
    typed = "";
  } else if (event.key === "Escape") hide();
  else if (event.key.length === 1) typed += event.key;
});

$("verdict").addEventListener("click", (event) => {
  if (!event.target.closest("button") && !asksPaper()) hide();
});

$("type").addEventListener("click", () => {
  $("typed").value = "";
  $("typed-hint").textContent = say(state.online ? "page.typed_hint" : "page.short_offline_do");
  $("typing").showModal();
});
$("typing-cancel").addEventListener("click", () => $("typing").close(""));
$("typing").addEventListener("close", () => {
  if ($("typing").returnValue === "check") take($("typed").value, { typed: true });
  $("typing").returnValue = "";
});

$("photo").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", async () => {
  const [file] = $("file").files;
  $("file").value = "";
  if (!file) return;
  document.body.classList.add("checking");
  try {
    await takePhoto(file);
  } finally {
    document.body.classList.remove("checking");
  }
});

/** Whom a lost answer let in is counted once, whether the photo is read here or each is scanned. */
async function takePhoto(file) {
  if (file.type && !file.type.startsWith("image/")) return show(notAnImage());
  const id = newId();
  if (state.online) {
    try {
      const lost = await state.offline?.store.lost().catch((error) => console.warn(error));
      const { answers } = await server.photo(id, file, lost ?? []);
      await rememberAll(answers);
      return showMany(answers, (more) => again({ raw: "", typed: false }, more));
    } catch (error) {
      if (error instanceof Refused) return refused(error);
      setOnline(false);
      await state.offline?.keepLost(id).catch((unkept) => console.warn(unkept));
    }
  }
  const texts = window.isSecureContext ? await state.camera.readPhoto(file).catch(() => []) : [];
  if (!texts.length) return show(state.offline?.ready ? told("unreadable") : blank("page.no_network", "page.no_network_do"));
  for (const text of new Set(texts)) take(text, { typed: false });
}

/** Say why the server took no photo: it is none, or this terminal is closed. */
function refused({ status }) {
  if (status === 401) return door("page.closed", "page.closed_do");
  return show(status === 415 ? notAnImage() : told("error"));
}

$("torch").addEventListener("click", () => state.camera.torch($("torch").classList.toggle("on")));
$("native").addEventListener("click", () => {
  state.telegram.scan(say("page.ready"), (text) => take(text, { typed: false }));
});
