// Reads QR codes off the page's own thread, with a build of zxing served from here.
importScripts("/gate/zxing_reader.js");

ZXingWASM.prepareZXingModule({
  overrides: { locateFile: () => "/gate/zxing_reader.wasm" },
  fireImmediately: true,
});

const OPTIONS = { formats: ["QRCode"], tryHarder: true, tryInvert: true, maxNumberOfSymbols: 4 };

self.onmessage = async ({ data }) => {
  try {
    const found = await ZXingWASM.readBarcodes(data, OPTIONS);
    self.postMessage(found.filter((one) => one.isValid).map((one) => one.text));
  } catch (error) {
    console.error("reader", error);
    self.postMessage([]);
  }
};
