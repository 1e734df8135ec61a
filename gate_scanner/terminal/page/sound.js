// What a light sounds and feels like: known without looking, each unlike the others.

const TONES = {
  green: [[660, 0.09], [990, 0.16]],
  green_flagged: [[660, 0.09], [990, 0.16]],
  green_striped: [[660, 0.09], [990, 0.09], [990, 0.09]],
  blue: [[520, 0.1], [520, 0.1]],
  yellow: [[740, 0.12], [620, 0.12], [740, 0.12]],
  grey: [[440, 0.12]],
  white: [[330, 0.18]],
  orange: [[392, 0.16], [311, 0.22]],
  red: [[196, 0.3], [156, 0.45]],
  red_alert: [[880, 0.12], [220, 0.16], [880, 0.12], [220, 0.16], [880, 0.12], [220, 0.3]],
};
const PULSES = {
  green: [60], green_flagged: [60], green_striped: [60, 40, 60], blue: [80, 60, 80], grey: [60],
  yellow: [120, 60, 120], white: [150], orange: [150, 80, 150], red: [400], red_alert: [300, 80, 300, 80, 500],
};
const GAP_S = 0.03;

export class Sound {
  on = true;
  #context = null;

  /** Browsers let a page sound only after somebody touched it. */
  wake() {
    this.#context ??= "AudioContext" in window ? new AudioContext() : null;
    this.#context?.resume();
  }

  play(light) {
    navigator.vibrate?.(PULSES[light] ?? [100]);
    if (!this.on || this.#context?.state !== "running") return;
    let at = this.#context.currentTime;
    for (const [pitch, length] of TONES[light] ?? TONES.white) {
      const [voice, volume] = [this.#context.createOscillator(), this.#context.createGain()];
      voice.type = pitch < 400 ? "square" : "sine";
      voice.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.5, at + 0.01);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + length);
      voice.connect(volume).connect(this.#context.destination);
      voice.start(at);
      voice.stop(at + length);
      at += length + GAP_S;
    }
  }
}
