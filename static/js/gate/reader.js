// Codes out of the camera's pictures: by the browser's own BarcodeDetector where it exists, by the
// served decoder in a worker elsewhere. One picture at a time, the newest, as fast as the device reads.
import { nextPicture } from "./picture.js";

const PAUSE_MS = 40; // leaves a slow phone's thread time to draw
const FORMAT = "qr_code";

const ownDetector = async () => {
  if (!("BarcodeDetector" in window)) return null;
  const formats = await window.BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes(FORMAT) ? new window.BarcodeDetector({ formats: [FORMAT] }) : null;
};

/** A function from the video to the texts seen, or null when this browser can't read pictures and no decoder is served. */
export const decoderFor = async ({ worker, reader, wasm }) => {
  const own = await ownDetector();
  if (own) return async (video) => (await own.detect(video)).map((code) => code.rawValue);
  if (!reader || !wasm) return null;
  return decoderInWorker(new Worker(worker), { reader, wasm });
};

const decoderInWorker = (worker, addresses) => {
  const waiting = new Map();
  let number = 0;
  worker.addEventListener("message", ({ data }) => {
    waiting.get(data.number)?.(data.texts);
    waiting.delete(data.number);
  });
  worker.postMessage(addresses);
  return (video) => {
    const picture = nextPicture(video);
    if (picture === null) return [];
    number += 1;
    const answer = new Promise((resolve) => waiting.set(number, resolve));
    const { width, height, data } = picture;
    worker.postMessage({ number, width, height, pixels: data.buffer }, [data.buffer]);
    return answer;
  };
};

/** Reads until this opening of the camera ends; `seen(text)` for every code in every picture. */
export const readFrom = async (video, camera, decode, seen) => {
  const { opening } = camera;
  while (camera.running && camera.opening === opening) {
    const texts = await Promise.resolve(decode(video)).catch(() => []); // a picture too soon is no reason to stop
    for (const text of texts) seen(text);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
};
