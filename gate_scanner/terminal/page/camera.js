// The camera: looks without pause, and hands over every text it reads.

const WIDTH_READ = 960;
const WIDTH_PHOTO = 1600;
const PAUSE_MS = 60;

/**
 * A code held still in front of the camera is read once, until it has been gone for so long, and for
 * so many looks: on a slow phone one look may take longer than that.
 */
const SAME_CODE_MS = 2_500;
const SAME_CODE_LOOKS = 2;

export class Camera {
  #video;
  #onText;
  #stream = null;
  #read = null;
  #seen = new Map(); // text -> when and in which look it was seen last
  #looks = 0;
  #running = false;

  constructor(video, onText) {
    this.#video = video;
    this.#onText = onText;
  }

  /** Start looking; answers null, or why it cannot: `insecure`, `denied` or `none`. */
  async start() {
    if (!window.isSecureContext || !navigator.mediaDevices) return "insecure";
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
      });
    } catch (error) {
      return error.name === "NotAllowedError" ? "denied" : "none";
    }
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    this.#read ??= await makeReader();
    this.#running = true;
    this.#look();
    return null;
  }

  /** Read the codes of a photo on this device, when no server can. */
  async readPhoto(file) {
    this.#read ??= await makeReader();
    const image = await createImageBitmap(file);
    return this.#read(image, image.width, image.height, WIDTH_PHOTO);
  }

  stop() {
    this.#running = false;
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
  }

  get hasTorch() {
    return Boolean(this.#stream?.getVideoTracks()[0]?.getCapabilities?.().torch);
  }

  async torch(on) {
    await this.#stream?.getVideoTracks()[0]?.applyConstraints({ advanced: [{ torch: on }] });
  }

  async #look() {
    while (this.#running) {
      if (document.visibilityState === "visible" && this.#video.readyState >= 2) {
        const texts = await this.#read(this.#video, this.#video.videoWidth, this.#video.videoHeight, WIDTH_READ);
        this.#looks += 1;
        for (const text of texts) this.#found(text);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  #found(text) {
    const now = performance.now();
    const last = this.#seen.get(text);
    this.#seen.set(text, { at: now, look: this.#looks });
    if (this.#seen.size > 200) this.#seen.delete(this.#seen.keys().next().value);
    const isHeld = last && (now - last.at <= SAME_CODE_MS || this.#looks - last.look <= SAME_CODE_LOOKS);
    if (!isHeld) this.#onText(text);
  }
}

/** The browser's own reader where it has one, else zxing in a worker of ours. */
async function makeReader() {
  return await ownReader() ?? workerReader();
}

/**
 * The browser's own reader; null where there is none. Some phones offer one whose service is not
 * installed: the first time it fails, ours takes its place.
 */
async function ownReader() {
  if (!("BarcodeDetector" in window)) return null;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  if (!formats.includes("qr_code")) return null;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  let instead = null;
  return async (source, width, height, widthMax) => {
    if (instead) return instead(source, width, height, widthMax);
    try {
      const found = await detector.detect(source);
      return found.map((one) => one.rawValue).filter(Boolean);
    } catch (error) {
      console.warn("the browser's reader", error);
      instead = workerReader();
      return instead(source, width, height, widthMax);
    }
  };
}

function workerReader() {
  const worker = new Worker("/gate/reader.js");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return (source, width, height, widthMax) => {
    const scale = Math.min(1, widthMax / width);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(image, [image.data.buffer]);
    });
  };
}
