// What the camera sees, its light and its choice; without a camera the field for typing stands open instead.
import { Camera, NoCamera } from "./camera.js";
import { decoderFor, readFrom } from "./reader.js";
import { form, part } from "./screens.js";

const AIM = "Hold the ticket's code before the camera.";
const NO_DECODER = "This browser can't read codes from its camera. Type the number, or use a hand scanner.";

export class View {
  #video = document.getElementById("camera");
  #frame = this.#video.closest(".view");
  #camera = new Camera(this.#video);
  #decode = null;
  #wanted = false;

  /** `addresses` of the decoder's parts; `seen(text)` for each code in each picture. */
  constructor(addresses, seen) {
    Object.assign(this, { addresses, seen });
    document.addEventListener("visibilitychange", () => this.#follow());
    this.#video.addEventListener("loadedmetadata", () => this.#drawKeys());
  }

  get open() {
    return this.#camera.running;
  }

  start() {
    this.#wanted = true;
    return this.#follow();
  }

  stop() {
    this.#wanted = false;
    return this.#follow();
  }

  /** The camera runs while it is wanted and the page is seen; another app may have it otherwise. */
  async #follow() {
    const shouldRun = this.#wanted && document.visibilityState === "visible";
    if (!shouldRun) return this.#camera.close();
    if (!this.#camera.running) await this.#open();
  }

  async #open() {
    try {
      this.#decode ??= await decoderFor(this.addresses);
      if (this.#decode === null) throw new NoCamera(NO_DECODER);
      await this.#camera.open();
      this.#see(true, AIM);
      readFrom(this.#video, this.#camera, this.#decode, this.seen);
    } catch (error) {
      this.#see(false, error instanceof NoCamera ? error.message : "The camera does not start. Type the number instead.");
      form("type").hidden = false;
    }
  }

  #see(open, hint) {
    this.#frame.classList.toggle("blind", !open);
    part("hint").textContent = hint;
    if (!open) this.#drawKeys();
  }

  async #drawKeys() {
    document.querySelector("[data-does=light]").hidden = !this.#camera.hasTorch;
    document.querySelector("[data-does=turn]").hidden = !this.open || (await this.#camera.choices()).length < 2;
  }

  async light(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    await this.#camera.light(on);
    button.setAttribute("aria-pressed", String(on));
  }

  async turn() {
    await this.#camera.change();
    readFrom(this.#video, this.#camera, this.#decode, this.seen);
  }
}
