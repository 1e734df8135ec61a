// What the page says of a ticket that it judged itself, in the words of the gate.

import { say, state } from "./page.js";

/** Say what the pack's judge answered, in the words of the gate. */
export function toldHere(found) {
  const { words } = state;
  if (found.moved) return { ...told("replay"), do: words.say("party.moved") };
  if (found.shortCode) return blank("page.short_offline", "page.short_offline_do");
  if (found.unlisted === "refuse") {
    return { ...told(found.verdict, found), title: words.say("page.unlisted_refused"), do: words.say("page.unlisted_refused_do"), light: "orange", passes: false, moves: 0 };
  }
  const answer = told(found.verdict, found);
  if (found.unlisted === "admit") answer.lines.push(words.say("page.unlisted_admitted"));
  if (found.verdict === "wrong_event") answer.do = words.say("page.wrong_event_do");
  if (found.verdict === "id_check_required") Object.assign(answer, { ticket: true, here: true, asked_ms: found.now });
  if (answer.passes) Object.assign(answer, companions(found));
  return answer;
}

/** Offer to let in one more of a party, or all that remain, as the server does. */
function companions({ judged, persons, unlisted }) {
  const left = judged.passage === "exit" || unlisted ? 0 : judged.party_size - judged.number;
  const counts = left > 0 ? [...new Set([1, left])] : [];
  const more = counts.map((one) => ({ label: say("party.more", { n: one }), persons: one, after: judged.number }));
  return {
    ...(persons > 1 ? { do: `${say("do.party", { n: persons })} ${say("do.offline_party")}` } : {}),
    ...(more.length ? { here: true, more } : {}),
  };
}

export function told(verdict, found = {}) {
  const { words } = state;
  const { ticket } = found;
  const who = ticket
    ? [ticket.holder ? words.say("kind.holder", { kind: ticket.sort.kind, holder: ticket.holder }) : ticket.sort.kind]
    : [];
  const leaves = verdict === "offline_unverified" && found.judged?.passage === "exit";
  const said = saidOf(verdict, found.facts);
  return {
    verdict, light: words.lights[verdict], passes: verdict === "offline_unverified", moves: moves(verdict, leaves),
    title: words.say(leaves ? "title.exit" : `title.${said}`), do: words.say(leaves ? "do.exit" : whatToDo(said, found.facts)),
    who, lines: happened(verdict, found),
  };
}

/** Where the gate leads out nobody comes in, and a ticket of one person is no party. */
function saidOf(verdict, facts) {
  if (verdict === "replay" && facts?.direction === "out") return "replay.out";
  return verdict === "party_exhausted" && facts?.party_size === 1 ? "already_used" : verdict;
}

/** A party comes with the one whose name is on its ticket. */
function whatToDo(said, facts) {
  return said === "id_check_required" && facts?.party_size > 1 ? "do.id_check_party" : `do.${said}`;
}

/** By how much each person changes the number inside. */
function moves(verdict, leaves) {
  if (verdict !== "offline_unverified") return 0;
  return leaves ? -1 : 1;
}

/** After these, the last entry is told. */
const LAST_TOLD = ["already_inside", "day_already_used", "party_exhausted"];

function happened(verdict, found) {
  const { ticket, mine, facts, judged } = found;
  const { words } = state;
  const lines = [];
  if (judged?.party_size > 1 && ["offline_unverified", "party_exhausted"].includes(verdict)) {
    lines.push(words.say("story.party", { number: judged.number, size: judged.party_size }));
  }
  if (verdict === "already_used" || verdict === "replay" || LAST_TOLD.includes(verdict)) {
    const several = LAST_TOLD.includes(verdict);
    if (mine) return [...lines, words.say(several ? "page.last_here" : "page.earlier_here", { at: mine.at_ms })];
    if (!ticket) return lines;
    const at = { at: ticket.scanned_ms, gate: ticket.gate?.name ?? "–" };
    return [...lines, words.say(several ? "page.last" : "page.earlier", at)];
  }
  if (lines.length) return lines;
  if (!ticket) return [];
  const [first, last] = [ticket.sort.first_day, ticket.sort.last_day];
  switch (verdict) {
    case "too_early": return [words.say("story.too_early", { start: ticket.sort.valid_from_ms })];
    case "too_late": return [words.say("story.too_late", { end: ticket.sort.valid_until_ms })];
    case "wrong_day": {
      const days = { day: words.day(first), first: words.day(first), last: words.day(last), today: words.day(facts.today) };
      const pattern = first === last ? "story.wrong_day" : "story.wrong_days";
      return [words.patterns[pattern].replace(/\{(\w+):\w+\}/g, (_, name) => days[name])];
    }
    case "wrong_gate": {
      const right = state.offline.pack.header.gates
        .filter((one) => one.status === "open" && (one.kinds.length === 0 || one.kinds.includes(ticket.sort.kind_id)));
      return right.length ? [words.say("story.wrong_gate", { gates: right.slice(0, 3).map((one) => one.name).join(", ") })] : [];
    }
    default: return [];
  }
}

/** A file that is no picture: what it is, and what to send. */
export function notAnImage() {
  return { ...told("unreadable"), lines: [say("fault.not_an_image")], do: say("do.not_an_image") };
}

export function blank(title, words, light = "white") {
  return { verdict: "error", light, passes: false, title: say(title), do: say(words), who: [], lines: [] };
}
