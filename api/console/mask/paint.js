// Marks put on canvases: over the photo while it is painted, and as the mask that the service takes.

const COUNTED_PX = 200; // the longer side of the picture on which the masked part is counted

/** Draw the marks where the context's transform puts the photo's pixels. `erase`: a colour, or null to make transparent. */
export function paint(context, marks, { color, erase, size }) {
  context.lineCap = context.lineJoin = "round";
  for (const mark of marks) {
    const away = mark.erase || mark.kind === "clear";
    context.globalCompositeOperation = away && erase === null ? "destination-out" : "source-over";
    context.fillStyle = context.strokeStyle = away && erase !== null ? erase : color;
    if (mark.kind === "clear") context.fillRect(0, 0, size.width, size.height);
    else if (mark.kind === "box") context.fillRect(mark.x, mark.y, mark.width, mark.height);
    else line(context, mark);
  }
  context.globalCompositeOperation = "source-over";
}

/** The mask as a PNG of the photo's exact size: white is filled, black stays. Where that is too large for this browser, smaller. */
export async function maskFile(marks, size) {
  for (const scale of [1, 0.5, 0.25]) {
    const drawn = drawMask(marks, size, scale);
    const file = drawn && (await new Promise((done) => drawn.toBlob(done, "image/png")));
    if (file) return file;
  }
  throw new Error("the browser could not write the mask");
}

/** Which share of the photo is masked, 0 to 1, counted on a small copy. */
export function maskedShare(marks, size) {
  if (!marks.length) return 0;
  const drawn = drawMask(marks, size, Math.min(1, COUNTED_PX / Math.max(size.width, size.height)));
  const { data } = drawn.getContext("2d").getImageData(0, 0, drawn.width, drawn.height);
  let light = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] >= 128) light += 1;
  return light / (data.length / 4);
}

function drawMask(marks, size, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(size.width * scale));
  canvas.height = Math.max(1, Math.round(size.height * scale));
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(canvas.width / size.width, canvas.height / size.height);
  paint(context, marks, { color: "#fff", erase: "#000", size });
  return canvas;
}

function line(context, { size, points }) {
  const [[x, y], ...others] = points;
  if (!others.length) {
    context.beginPath();
    context.arc(x, y, size / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  context.lineWidth = size;
  context.beginPath();
  context.moveTo(x, y);
  for (const [toX, toY] of others) context.lineTo(toX, toY);
  context.stroke();
}
