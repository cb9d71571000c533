// Pixels of what the camera sees. The whole picture and its middle in turn: a code far away needs the
// middle's full resolution, a code held close needs the whole.
const LONGEST_WHOLE = 960;
const LONGEST_MIDDLE = 640;
const canvas = document.createElement("canvas");
const surface = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
let turn = 0;

/** ImageData of the next picture, or null while the camera shows none. */
export const nextPicture = (video) => {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
  turn += 1;
  const side = Math.min(width, height) * 0.75;
  const area = turn % 2 ? [0, 0, width, height] : [(width - side) / 2, (height - side) / 2, side, side];
  const scale = Math.min(1, (turn % 2 ? LONGEST_WHOLE : LONGEST_MIDDLE) / Math.max(area[2], area[3]));
  canvas.width = Math.round(area[2] * scale);
  canvas.height = Math.round(area[3] * scale);
  surface.drawImage(video, ...area, 0, 0, canvas.width, canvas.height);
  return surface.getImageData(0, 0, canvas.width, canvas.height);
};
