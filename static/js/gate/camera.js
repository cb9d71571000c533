// The camera: opened, chosen and remembered, lit, and given back while the page is out of sight.
const REMEMBERED = "gate.camera";
const WANTED = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

/** Why there is no picture, in words for the steward. */
export class NoCamera extends Error {}
const REASONS = {
  NotAllowedError: "The camera is not allowed. Allow it in the browser's settings for this site, or type the number.",
  NotFoundError: "This device has no camera. Type the number, or use a hand scanner.",
  NotReadableError: "Another app uses the camera. Close it, then try again.",
};

export class Camera {
  #video;
  #stream = null;

  constructor(video) {
    this.#video = video;
  }

  /** Changes with each opening, so that a loop of the last one ends. */
  get opening() {
    return this.#stream;
  }

  get running() {
    return this.#stream !== null;
  }

  get #track() {
    return this.#stream?.getVideoTracks()[0];
  }

  /** Opens the remembered camera, or the one that looks away from the steward. NoCamera with a sentence when there is none. */
  async open() {
    if (!navigator.mediaDevices?.getUserMedia) throw new NoCamera("This browser gives pages no camera. Type the number instead.");
    const kept = localStorage.getItem(REMEMBERED);
    try {
      this.#stream = await this.#ask(kept ? { deviceId: { exact: kept } } : { facingMode: { ideal: "environment" } });
    } catch (error) {
      if (!kept || error.name === "NotAllowedError") throw new NoCamera(REASONS[error.name] ?? "The camera does not start. Type the number instead.");
      localStorage.removeItem(REMEMBERED); // that camera is gone
      return this.open();
    }
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    await this.#track.applyConstraints({ advanced: [{ focusMode: "continuous" }] }).catch(() => {}); // a wish, not a need
  }

  #ask(which) {
    return navigator.mediaDevices.getUserMedia({ audio: false, video: { ...WANTED, ...which } });
  }

  /** Gives the camera back. */
  close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }

  /** Ids of the cameras that there are. */
  async choices() {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return devices.filter((device) => device.kind === "videoinput").map((device) => device.deviceId);
  }

  /** The next camera, remembered for the next time. */
  async change() {
    const choices = await this.choices();
    const current = this.#track?.getSettings().deviceId;
    const next = choices[(choices.indexOf(current) + 1) % choices.length];
    if (!next || next === current) return;
    localStorage.setItem(REMEMBERED, next);
    this.close();
    await this.open();
  }

  /** Whether this camera has a light. */
  get hasTorch() {
    return Boolean(this.#track?.getCapabilities?.().torch);
  }

  async light(on) {
    await this.#track?.applyConstraints({ advanced: [{ torch: on }] });
  }
}
