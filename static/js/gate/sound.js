// What a verdict sounds and feels like: high and once for yes, middle and twice for "already in",
// low and long for no, two falling tones for "ask". Told apart with eyes closed and without colours.
const TONES = {
  admit: [[880, 0.09], [1320, 0.12]],
  already: [[440, 0.12], [440, 0.12]],
  refuse: [[165, 0.45]],
  unsure: [[520, 0.14], [390, 0.2]],
};
const SHAPES = { refuse: "square", already: "triangle" };
const BUZZES = { admit: [60], already: [90, 60, 90], refuse: [350], unsure: [60, 60, 180] };
const PAUSE_SECONDS = 0.05;
const LOUDNESS = 0.35;
let audio = null;

/** Browsers let a page sound only after a touch: call this in one. */
export const wakeSound = () => {
  audio ??= window.AudioContext ? new AudioContext() : null;
  if (audio?.state === "suspended") audio.resume().catch(() => {});
};

/** colour: admit, already, refuse or unsure. */
export const sayWithoutWords = (colour) => {
  navigator.vibrate?.(BUZZES[colour]);
  if (audio?.state !== "running") return;
  let at = audio.currentTime;
  for (const [pitch, seconds] of TONES[colour]) {
    at = tone(pitch, seconds, SHAPES[colour] ?? "sine", at);
  }
};

const tone = (pitch, seconds, shape, at) => {
  const source = audio.createOscillator();
  const volume = audio.createGain();
  source.type = shape;
  source.frequency.value = pitch;
  volume.gain.setValueAtTime(LOUDNESS, at);
  volume.gain.setTargetAtTime(0, at + seconds - 0.02, 0.01); // a hard end would click
  source.connect(volume).connect(audio.destination);
  source.start(at);
  source.stop(at + seconds + 0.05);
  return at + seconds + PAUSE_SECONDS;
};
