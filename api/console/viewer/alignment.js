// Where the photo lies on the picture that was made of it, as far as the job's operations tell. Pure numbers, no page.

const SAME_FRAME = new Set(["relight", "restore", "cutout", "background", "recolor", "inpaint", "auto"]);

/**
 * The photo's rectangle in the picture's pixels: {x, y, width, height, known}.
 *
 * `operations` are the manifest's. Where they do not tell (a turned photo, a channel's own frame), both are fitted to
 * each other and `known` is false.
 */
export function placed(photo, picture, operations = []) {
  const motion = motionOf(photo, operations);
  const scaled = motion && scaledTo(motion, picture);
  if (scaled) {
    const { sx, sy, tx, ty } = scaled;
    return { x: tx, y: ty, width: photo.width * sx, height: photo.height * sy, known: true };
  }
  const scale = Math.min(picture.width / photo.width, picture.height / photo.height);
  const [width, height] = [photo.width * scale, photo.height * scale];
  return { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height, known: false };
}

/** How the photo's pixels moved: picture = s · photo + t, beside the size that came of it; null where it is unknown. */
function motionOf(photo, operations) {
  let motion = { sx: 1, sy: 1, tx: 0, ty: 0, width: photo.width, height: photo.height };
  for (const step of operations) {
    if (step.output) continue; // the same for the job's other pictures
    motion = after(motion, step);
    if (!motion) return null;
  }
  return motion;
}

function after(motion, { op, parameters = {}, width, height }) {
  if (SAME_FRAME.has(op)) return width === motion.width && height === motion.height ? motion : null;
  if (op === "upscale") return stretched(motion, width, height);
  if (op === "crop") return cropped(motion, parameters, width, height);
  if (op === "resize") return resized(motion, parameters.fit ?? "contain", width, height);
  return null;
}

function cropped(motion, parameters, width, height) {
  if (parameters.product) return null;
  const inTheMiddle = [Math.round((motion.width - width) / 2), Math.round((motion.height - height) / 2)];
  const [x, y] = parameters.x == null ? inTheMiddle : [parameters.x, parameters.y];
  return { ...motion, tx: motion.tx - x, ty: motion.ty - y, width, height };
}

function resized(motion, fit, width, height) {
  if (fit === "contain" || fit === "fill") return stretched(motion, width, height);
  const ratios = [width / motion.width, height / motion.height];
  const scale = fit === "cover" ? Math.max(...ratios) : Math.min(...ratios);
  const grown = stretched(motion, motion.width * scale, motion.height * scale);
  const [x, y] = [(grown.width - width) / 2, (grown.height - height) / 2];
  return { ...grown, tx: grown.tx - x, ty: grown.ty - y, width, height };
}

function stretched({ sx, sy, tx, ty, width: fromWidth, height: fromHeight }, width, height) {
  const [across, down] = [width / fromWidth, height / fromHeight];
  return { sx: sx * across, sy: sy * down, tx: tx * across, ty: ty * down, width, height };
}

/** The motion to a file in another size of the same aspect; null where its aspect is another, for it was framed anew. */
function scaledTo(motion, picture) {
  const off = Math.abs((picture.width / picture.height) * (motion.height / motion.width) - 1);
  const rounding = 1 / picture.width + 1 / picture.height;
  return off <= rounding ? stretched(motion, picture.width, picture.height) : null;
}
