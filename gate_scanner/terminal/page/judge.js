// The judge of the gate for a terminal without network: the same rows in the same order as
// boxoffice/admission.py. Every case of boxoffice/truth_table.py is tried on it in a real browser.
// Times are ms since 1970 UTC; days are ISO texts, which compare as days do.

export const REPLAY_MS = 5_000;
export const ID_QUESTION_MS = 5 * 60_000;

export function ageOn(birth, day) {
  const [birthYear, dayYear] = [Number(birth.slice(0, 4)), Number(day.slice(0, 4))];
  return dayYear - birthYear - (day.slice(5) < birth.slice(5) ? 1 : 0);
}

const goingIn = (f) => f.direction === "in";
const outside = (f) => goingIn(f) && !(f.valid_from_ms <= f.now_ms && f.now_ms < f.valid_until_ms);
const onItsDay = (f) => f.first_day <= f.today && f.today <= f.last_day;
const spent = (f, entry, passes, most) => f.entry === entry && goingIn(f) && passes >= most;
const paperHolds = (f) =>
  f.id_check === "seen" && f.id_asked_ms !== null && f.now_ms - f.id_asked_ms <= ID_QUESTION_MS;

function replayed(f) {
  if (f.same_hand_ms === null) return false;
  const since = f.now_ms - f.same_hand_ms;
  return since >= 0 && since <= REPLAY_MS;
}

export const PRECEDENCE = [
  // Staff first: nobody else learns anything from this gate.
  ["staff_not_allowed", (f) => !f.staff_allowed],
  ["unreadable", (f) => f.reading === "unreadable"],
  ["not_a_ticket", (f) => f.reading === "not_ours"],
  ["gate_closed", (f) => !f.gate_open],
  // Authenticity.
  ["forged", (f) => f.reading === "forged"],
  ["test_ticket", (f) => f.reading === "other_mode"],
  ["unknown", (f) => f.ticket === "unknown"],
  ["test_ticket", (f) => !f.mode_is_ours],
  // State: what became of the event and of the ticket.
  ["wrong_event", (f) => !f.event_is_ours],
  ["event_cancelled", (f) => f.event === "cancelled"],
  ["event_postponed", (f) => f.event === "postponed"],
  ["revoked", (f) => f.ticket === "revoked"],
  ["cancelled", (f) => f.ticket === "cancelled"],
  ["refunded", (f) => f.ticket === "refunded"],
  ["charged_back", (f) => f.ticket === "charged_back"],
  ["blocked", (f) => f.ticket === "blocked"],
  ["unpaid", (f) => f.ticket === "unpaid"],
  ["payment_under_review", (f) => f.ticket === "under_review"],
  ["too_early", (f) => outside(f) && onItsDay(f) && f.now_ms < f.valid_from_ms],
  ["too_late", (f) => outside(f) && onItsDay(f) && f.now_ms >= f.valid_until_ms],
  ["wrong_day", (f) => outside(f) && !onItsDay(f)],
  ["wrong_gate", (f) => !f.gate_admits_kind],
  ["underage", (f) => f.birth_date !== null && goingIn(f) && ageOn(f.birth_date, f.event_day) < f.age_min],
  // History: the first scan wins.
  ["replay", replayed],
  ["already_used", (f) => spent(f, "once", f.entries, 1)],
  ["already_inside", (f) => spent(f, "reentry", f.inside ? 1 : 0, 1)],
  ["not_inside", (f) => f.direction === "out" && !f.inside],
  ["day_already_used", (f) => spent(f, "daily", f.entries_today, 1)],
  ["party_exhausted", (f) => spent(f, "party", f.entries, f.party_size)],
  ["venue_full", (f) => goingIn(f) && f.occupancy_max !== null && f.occupancy >= f.occupancy_max],
  // The paper is asked for last.
  ["holder_mismatch", (f) => f.nominative && goingIn(f) && f.id_check === "refused"],
  ["id_check_required", (f) => f.nominative && goingIn(f) && !paperHolds(f)],
];

/**
 * Judge a scan that several persons of one ticket pass with: each of them must. A button that lets
 * more of a party in is no finger that tapped twice, and who let the first in here saw the paper of
 * the person named.
 */
export function judgeTogether(facts, { persons }) {
  let judged = null;
  for (let more = 0; more < persons; more += 1) {
    judged = judge({
      ...facts, id_check: "seen", id_asked_ms: facts.same_hand_ms, same_hand_ms: null,
      entries: facts.entries + more, occupancy: facts.occupancy + more,
    });
    if (judged.verdict !== "offline_unverified") return judged;
  }
  return judged;
}

export function judge(facts) {
  for (const [verdict, holds] of PRECEDENCE) {
    if (holds(facts)) {
      const passage = verdict === "not_inside" ? "exit" : null;
      return { verdict, passage, number: facts.entries, party_size: facts.party_size };
    }
  }
  const verdict = facts.from_pack ? "offline_unverified" : "admitted";
  if (facts.direction === "out") {
    return { verdict, passage: "exit", number: facts.entries, party_size: facts.party_size };
  }
  const passage = facts.entry === "reentry" && facts.entries > 0 ? "reentry" : "entry";
  return { verdict, passage, number: facts.entries + 1, party_size: facts.party_size };
}
