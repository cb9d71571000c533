// Reads QR codes out of pictures, away from the page's own thread so that the page never stutters.
// First message: {reader, wasm}, the addresses of the pinned packages. Then {number, width, height, pixels}.
let detector;

const prepare = ({ reader, wasm }) => {
  importScripts(reader);
  const { BarcodeDetector, prepareZXingModule } = self.BarcodeDetectionAPI;
  prepareZXingModule({ overrides: { locateFile: () => wasm } });
  detector = new BarcodeDetector({ formats: ["qr_code"] });
};

const read = async ({ number, width, height, pixels }) => {
  let texts = [];
  try {
    const found = await detector.detect(new ImageData(new Uint8ClampedArray(pixels), width, height));
    texts = found.map((code) => code.rawValue);
  } catch (error) {
    postMessage({ number, texts, trouble: String(error) });
    return;
  }
  postMessage({ number, texts });
};

self.addEventListener("message", ({ data }) => (data.reader ? prepare(data) : read(data)));
