// One message as people see it: words, pictures, buttons, and the gate's light.

const LONG_LENGTH = 700; // one's own words beyond this are folded; the bot's never are
const TICKET = "billet-"; // how the files of tickets are called: only these are held up at a gate
const LIGHTS = {
  "🟢": "green",
  "🔴": "red",
  "🟠": "orange",
  "🟡": "yellow",
  "🔵": "blue",
  "⚪": "white",
  "⚫": "grey",
};
const SIGNS = /^(?:🟢|🔴|🟠|🟡|🔵|⚪|⚫|🚨|🚩|🚦|\uFE0F)+/u;
const ADDRESS = /https?:\/\/[^\s<>"'«»]+[^\s<>"'«».,;:!?)\]]/g;

/** Make an element with a class and, if given, its text. */
export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Build the list item of a message. `acts` has tap(button), follow(address), zoom(image), present. */
export function bubbleOf(message, words, acts) {
  const item = make("li", `message ${message.from}`);
  item.dataset.kind = message.kind;
  const light = message.from === "bot" && message.phone === "gate" ? lightOf(message.text) : null;
  const bubble = make("div", "bubble");
  bubble.append(make("span", "unseen", `${message.from === "bot" ? words.bot : words.you}${words.colon}`));
  if (light) {
    bubble.classList.add("verdict", light.colour);
    bubble.classList.toggle("striped", light.striped);
    bubble.append(make("span", "unseen", `${words[`light_${light.colour}`]}${words.colon}`));
  }
  const pictures = message.files.filter((file) => file.shape === "picture");
  if (pictures.length) bubble.append(picturesOf(pictures, message, words, acts));
  for (const file of message.files.filter((one) => one.shape !== "picture")) {
    bubble.append(fileOf(file, words));
  }
  if (message.text) bubble.append(textOf(message, light, words, acts));
  const foot = make("span", "foot");
  foot.append(timeOf(message.at_ms, words.lang), make("span", "state"));
  bubble.append(foot);
  item.append(bubble);
  const buttons = buttonsOf(message, acts);
  if (buttons) item.append(buttons);
  return item;
}

/** The light a gate's answer begins with, and the answer without it; null when there is none. */
export function lightOf(text) {
  const signs = SIGNS.exec(text)?.[0];
  if (!signs) return null;
  const lights = [...signs].filter((sign) => sign in LIGHTS).map((sign) => LIGHTS[sign]);
  const colour = lights[0] ?? (signs.includes("🚨") ? "red" : signs.includes("🚦") ? "mixed" : null);
  if (!colour) return null;
  return {
    colour,
    striped: colour === "green" && lights.includes("white"),
    rest: `${signs.includes("🚩") ? "🚩 " : ""}${text.slice(signs.length).trimStart()}`,
  };
}

function textOf(message, light, words, acts) {
  const text = make("div", "text");
  const [first, ...others] = (light ? light.rest : message.text).split("\n");
  if (light) {
    text.append(linked(first, make("strong", "headline"), acts));
    if (others.length) text.append(linked(others.join("\n"), make("span"), acts));
  } else {
    linked(message.text, text, acts);
  }
  if (message.from === "person" && message.text.length > LONG_LENGTH) {
    text.classList.add("folded");
    const all = make("button", "all", words.show_all);
    all.type = "button";
    all.addEventListener("click", () => {
      text.classList.remove("folded");
      all.remove();
    });
    const both = make("div");
    both.append(text, all);
    return both;
  }
  return text;
}

/** Put text into an element, its web addresses as links. */
function linked(text, element, acts) {
  let from = 0;
  for (const found of text.matchAll(ADDRESS)) {
    element.append(text.slice(from, found.index), anchor(found[0], found[0], "", acts));
    from = found.index + found[0].length;
  }
  element.append(text.slice(from));
  return element;
}

function anchor(address, label, className, acts) {
  const link = make("a", className, label);
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.addEventListener("click", (event) => {
    if (acts.follow(address, link)) event.preventDefault();
  });
  return link;
}

function picturesOf(pictures, message, words, acts) {
  const all = make("div", pictures.length > 1 ? "pictures many" : "pictures");
  for (const file of pictures) {
    // No button around it: in some browsers nothing inside a button can be dragged.
    const isTicket = file.name.startsWith(TICKET);
    const frame = make("div", isTicket || message.from === "person" ? "picture" : "picture poster");
    const image = make("img");
    image.alt = `${words.picture}${words.colon}${file.name}`;
    image.role = "button";
    image.tabIndex = 0;
    image.draggable = true;
    image.dataset.url = file.url;
    image.addEventListener("error", () => frame.replaceWith(make("p", "gone", words.gone)));
    image.addEventListener("dragstart", (event) => {
      event.dataTransfer.setData("application/x-guichet-picture", file.url);
      event.dataTransfer.effectAllowed = "copy";
      document.body.classList.add("dragging");
    });
    image.addEventListener("dragend", () => document.body.classList.remove("dragging"));
    image.src = file.url;
    image.addEventListener("click", () => acts.zoom(file));
    image.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      acts.zoom(file);
    });
    frame.append(image);
    if (isTicket && message.from === "bot" && message.phone === "buyer") {
      const present = make("button", "present", words.present);
      present.type = "button";
      present.addEventListener("click", () => acts.present(file, present));
      frame.append(present);
    }
    all.append(frame);
  }
  return all;
}

function fileOf(file, words) {
  const link = make("a", "file");
  link.href = file.url;
  link.download = file.name;
  const kind = make("span", "kind", file.name.split(".").pop().slice(0, 4).toUpperCase());
  kind.ariaHidden = "true";
  link.append(kind, make("span", "name", file.name));
  const size = Math.max(1, Math.round(file.size_bytes / 1000));
  const unit = words.lang === "fr" ? "ko" : "kB";
  link.append(make("small", "", `${words.keep} · ${size.toLocaleString(words.lang)} ${unit}`));
  return link;
}

function buttonsOf(message, acts) {
  const all = make("div", "buttons");
  for (const button of message.buttons) {
    const wide = button.label.length > 16 || message.buttons.length === 1;
    const shape = wide ? "wide" : button.label.length > 7 ? "half" : "short";
    if (button.url) {
      all.append(anchor(button.url, button.label, `url ${shape}`, acts));
      continue;
    }
    const tap = make("button", shape, button.label);
    tap.type = "button";
    tap.addEventListener("click", () => acts.tap(button));
    all.append(tap);
  }
  return all.childElementCount ? all : null;
}

function timeOf(ms, lang) {
  const time = make("time");
  const date = new Date(ms);
  time.dateTime = date.toISOString();
  time.textContent = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: document.documentElement.dataset.zone }).format(date);
  return time;
}
