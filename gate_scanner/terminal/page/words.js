// The gate's own sentences, from the same catalogues as the chat's, filled in here.

const TIMES = {
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  time: { hour: "2-digit", minute: "2-digit" },
  day: { weekday: "long", day: "numeric", month: "long" },
  short: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
};

export class Words {
  constructor({ language, words, lights }) {
    this.language = language;
    this.lights = lights;
    this.patterns = words;
    this.zone = undefined;
  }

  /** Say a sentence; a fact with a style (`{at:time}`) is a moment in ms. */
  say(key, facts = {}) {
    const pattern = this.#pattern(key, facts.n);
    if (pattern === undefined) throw new Error(`no words for ${key}`);
    return pattern.replace(/\{(\w+)(?::(\w+))?\}/g, (_, name, style) => {
      const fact = facts[name];
      if (fact === undefined) throw new Error(`${key} needs ${name}`);
      return style ? this.moment(fact, style) : this.#plain(fact);
    });
  }

  /** Choose among the forms of a sentence that counts; both our languages have two. */
  #pattern(key, number) {
    const forms = this.patterns[key];
    if (!Array.isArray(forms)) return forms;
    return forms[new Intl.PluralRules(this.language).select(number) === "one" ? 0 : 1];
  }

  moment(ms, style) {
    return new Intl.DateTimeFormat(this.language, { ...TIMES[style], timeZone: this.zone }).format(ms);
  }

  /** An ISO day as people say it. */
  day(iso) {
    return new Intl.DateTimeFormat(this.language, { ...TIMES.day, timeZone: "UTC" })
      .format(Date.parse(`${iso}T12:00:00Z`));
  }

  fill(root) {
    for (const place of root.querySelectorAll("[data-word]")) place.textContent = this.say(place.dataset.word);
  }

  #plain(fact) {
    return typeof fact === "number" ? new Intl.NumberFormat(this.language).format(fact) : String(fact);
  }
}

export async function loadWords(language) {
  const answer = await fetch(`/gate/words.${language}.json`);
  if (!answer.ok) throw new Error(`no words in ${language}`);
  return new Words(await answer.json());
}
