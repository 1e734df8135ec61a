// Telegram's side of a Mini App, without its script from another host: the events that its apps
// exchange with a page (core.telegram.org/bots/webapps and core.telegram.org/api/web-events).

const WEB = "https://web.telegram.org";

/** Read Telegram's signed word out of the address; null outside Telegram. */
export function takeInitData() {
  const fields = new URLSearchParams(location.hash.slice(1));
  return fields.get("tgWebAppData");
}

export class TelegramApp {
  #listeners = new Map();

  constructor() {
    const receive = (type, data) => this.#listeners.get(type)?.(data ?? {});
    window.Telegram ??= {};
    window.Telegram.WebView = { receiveEvent: receive };
    window.TelegramGameProxy = { receiveEvent: receive };
    window.addEventListener("message", (event) => {
      if (event.origin !== WEB || event.source !== window.parent) return;
      try {
        const { eventType, eventData } = JSON.parse(event.data);
        receive(eventType, eventData);
      } catch {
        // Not an event of Telegram's: other messages may pass here, and none concerns us.
      }
    });
  }

  get isPhone() {
    return "TelegramWebviewProxy" in window;
  }

  on(type, listener) {
    this.#listeners.set(type, listener);
  }

  send(type, data = {}) {
    if (window.TelegramWebviewProxy) window.TelegramWebviewProxy.postEvent(type, JSON.stringify(data));
    else if (window.external && "notify" in window.external) {
      window.external.notify(JSON.stringify({ eventType: type, eventData: data }));
    } else if (window.parent !== window) {
      window.parent.postMessage(JSON.stringify({ eventType: type, eventData: data }), WEB);
    }
  }

  ready() {
    this.send("web_app_ready");
    this.send("web_app_expand");
    this.send("web_app_setup_closing_behavior", { need_confirmation: true });
  }

  /** Open the app's own scanner; `onText` gets what it reads and the scanner closes. */
  scan(text, onText) {
    this.on("qr_text_received", ({ data }) => {
      this.send("web_app_close_scan_qr_popup");
      onText(String(data));
    });
    this.send("web_app_open_scan_qr_popup", { text });
  }
}
