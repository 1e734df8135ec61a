// Behind the third key: which gate, what is kept, the sound, and closing the terminal.

import { show } from "./answer.js";
import { setOnline, showNet } from "./net.js";
import { $, button, door, say, settle, sound, state } from "./page.js";
import { server, Unreachable } from "./server.js";
import { told } from "./telling.js";

for (const id of ["more", "net"]) $(id).addEventListener("click", openSettings);
$("sound").addEventListener("change", () => {
  sound.on = $("sound").checked;
  sound.wake();
});

async function openSettings() {
  await showNet();
  $("settings-event").textContent = state.session.event;
  $("settings-staff").textContent = `${state.session.staff} · ${say(`role.${state.session.role}`)}`;
  $("gates").replaceChildren();
  for (const gate of state.session.gates) {
    const made = button($("gates"), null, () => changeGate(gate.id), gate.name, gate.id === state.session.gate ? "on" : "");
    made.disabled = !state.online;
  }
  $("leave").disabled = !state.online;
  $("settings-offline").hidden = state.online;
  $("settings").showModal();
}

async function changeGate(gate) {
  $("settings").close("");
  try {
    const session = await server.place(gate);
    if (state.offline) await state.offline.settle(session);
    settle(session);
  } catch (error) {
    if (error instanceof Unreachable) setOnline(false);
    else show(told("staff_not_allowed"));
  }
}

$("settings").addEventListener("close", async () => {
  if ($("settings").returnValue !== "leave") return;
  try {
    // Nothing that was let in is left behind: it is sent before the terminal closes.
    if (state.offline && await state.offline.upload(showNet) > 0) return;
    await server.leave();
    await state.offline?.store.forget("session");
    await state.offline?.store.forget("pack");
    state.camera.stop();
    state.session = null;
    door("page.closed", "page.closed_do");
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    setOnline(false);
    $("note").hidden = false;
    $("note").textContent = say("page.leave_waiting");
  }
});
