// The answer on the screen: its colour, its sign, its words, and what it asks.

import { count } from "./net.js";
import { $, button, say, sound, state } from "./page.js";

const SHOWN_MS = 1_800;
/** A party is asked how many they are, an order whether all are here: long enough to look up and press. */
const SHOWN_MORE_MS = 8_000;

/** A shape for each light, so that nobody has to tell colours apart. */
const SIGNS = {
  green: "M18 54 41 76 82 28",
  green_flagged: "M18 54 41 76 82 28",
  green_striped: "M18 54 41 76 82 28",
  blue: "M30 22v56M70 22v56",
  yellow: "M12 24h76v52H12zM26 66c0-16 24-16 24 0M38 37a7 7 0 1 0 0 14 7 7 0 0 0 0-14M60 42h17M60 54h17M60 66h10",
  orange: "M50 12 92 84H8zM50 41v11M50 67v.1",
  red: "M22 22l56 56M78 22 22 78",
  red_alert: "M33 8h34l25 25v34L67 92H33L8 67V33zM50 28v28M50 72v.1",
  grey: "M20 50h60M56 26l24 24-24 24",
  white: "M34 36c0-22 34-22 34 0 0 14-17 14-17 28M51 82v.1",
};

let hideTimer = 0;

/** Show an answer; `again` goes on with the same ticket when somebody presses what is asked. */
export function show(answer, asked = {}, again) {
  clearTimeout(hideTimer);
  state.showing = answer;
  document.body.dataset.light = answer.light;
  document.body.dataset.verdict = answer.verdict;
  $("sign").setAttribute("d", SIGNS[answer.light] ?? SIGNS.white);
  $("title").textContent = answer.title;
  $("who").textContent = answer.who.join(" ");
  $("lines").replaceChildren(...answer.lines.map((line) => {
    const made = document.createElement("p");
    made.textContent = line;
    return made;
  }));
  $("do").textContent = answer.do;
  $("asks").replaceChildren();
  if (answer.verdict === "id_check_required" && answer.ticket) askPaper(answer, again);
  else if (!answer.passes) button($("asks"), "page.next", hide, null, "next");
  for (const { label, ...party } of answer.more ?? []) askParty(answer, again, label, party);
  if (answer.rest && state.online) askRest(answer.rest, again);
  if (answer.lost) askOnceMore(answer.lost, again);
  $("verdict").hidden = false;
  // Run again even when the same light follows itself: the eye must see that something happened.
  $("verdict").getAnimations().forEach((one) => one.cancel());
  $("verdict").animate([{ transform: "scale(1.03)", filter: "brightness(1.5)" }, { transform: "none", filter: "none" }], { duration: 220, easing: "ease-out" });
  sound.play(answer.light);
  count((answer.moves ?? 0) * (asked.party?.persons ?? 1));
  if (answer.passes) hideTimer = setTimeout(hide, answer.more || answer.rest ? SHOWN_MORE_MS : SHOWN_MS);
  state.telegram?.send("web_app_trigger_haptic_feedback", { type: "notification", notification_type: answer.passes ? "success" : "error" });
}

/** Offer to let in more of a party. */
function askParty({ ticket, here }, again, label, party) {
  button($("asks"), null, () => {
    hide();
    again({ ticket, here, party });
  }, label, "more");
}

/** Offer to let in the other tickets of the order. */
function askRest({ label, ...rest }, again) {
  button($("asks"), null, () => {
    hide();
    again({ ...rest, rest: true });
  }, label, "more");
}

/** Ask again what was not answered, under the same name: what was done then is told, not done twice. */
function askOnceMore(lost, again) {
  button($("asks"), "page.ask_again", () => {
    hide();
    again(lost);
  }, null, "more");
}

function askPaper({ ticket, here, asked_ms: askedMs }, again) {
  const looked = (seen) => {
    hide();
    again({ ticket, here, paper: { seen, asked_ms: askedMs } });
  };
  button($("asks"), "page.seen", () => looked(true), null, "yes");
  button($("asks"), "page.refuse", () => looked(false), null, "no");
}

export function hide() {
  clearTimeout(hideTimer);
  state.showing = null;
  delete document.body.dataset.light;
  delete document.body.dataset.verdict;
  $("verdict").hidden = true;
}

/** Several tickets in one photo: green only if every one is. */
export function showMany(answers, again) {
  if (answers.length === 1) return show(answers[0], {}, again);
  const passed = answers.filter((one) => one.passes).length;
  const worst = answers.find((one) => !one.passes) ?? answers[0];
  show({
    ...worst, ticket: undefined, more: undefined, rest: undefined, passes: passed === answers.length,
    moves: answers.reduce((sum, one) => sum + (one.moves ?? 0), 0),
    title: sameTitle(answers) ?? say("page.several", { n: answers.length }), who: [],
    lines: answers.map((one, rank) => `${rank + 1}. ${one.title}${one.who.length ? ` · ${one.who.join(" ")}` : ""}`),
    do: state.words.patterns.total.replace("{admitted}", passed).replace("{codes}", answers.length),
  }, {});
}

/** All of them let in say so in the words of one; else somebody must read the lines. */
function sameTitle(answers) {
  const [{ title }] = answers;
  return answers.every((one) => one.passes && one.title === title) ? title : null;
}
