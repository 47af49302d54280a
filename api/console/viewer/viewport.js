// Zoom and pan as numbers: a view {scale, x, y} says how many CSS pixels a picture's pixel takes, and where its first
// one lies in the pane. Pure; knows no page.

const MOST = 16; // CSS pixels for a picture's pixel: enough to count pixels by
const LEAST_OF_FIT = 0.5;

/** The whole picture, in the middle of the pane, never enlarged beyond `mostScale`. */
export function fitted(size, pane, mostScale = Infinity) {
  const scale = Math.min(pane.width / size.width, pane.height / size.height, mostScale);
  return centred({ scale, x: 0, y: 0 }, size, pane);
}

/** The view at another scale, the place `at` of the pane staying where it is. */
export function zoomedTo(view, scale, at, size, pane) {
  const fit = fitted(size, pane).scale;
  const bounded = Math.min(Math.max(scale, Math.min(fit, 1) * LEAST_OF_FIT), Math.max(MOST, fit));
  const ratio = bounded / view.scale;
  return bound({ scale: bounded, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }, size, pane);
}

/** The view moved by so many CSS pixels. */
export function moved(view, dx, dy, size, pane) {
  return bound({ ...view, x: view.x + dx, y: view.y + dy }, size, pane);
}

/** The view that shows a box of the picture in the pane's middle, with twice as much around it. */
export function around([x, y, width, height], size, pane) {
  const scale = Math.min(pane.width / (width * 3), pane.height / (height * 3), MOST);
  const centre = { x: x + width / 2, y: y + height / 2 };
  return bound({ scale, x: pane.width / 2 - centre.x * scale, y: pane.height / 2 - centre.y * scale }, size, pane);
}

/** Where a rectangle of the picture lies in the pane, in CSS pixels, on whole pixels of the device. */
export function shown({ x, y, width, height }, view, ratio = 1) {
  const snap = (value) => Math.round(value * ratio) / ratio;
  return {
    left: snap(view.x + x * view.scale),
    top: snap(view.y + y * view.scale),
    width: width * view.scale,
    height: height * view.scale,
  };
}

function centred(view, size, pane) {
  return {
    ...view,
    x: (pane.width - size.width * view.scale) / 2,
    y: (pane.height - size.height * view.scale) / 2,
  };
}

/** Nothing beside the picture where it is larger than the pane, and the picture in the middle where it is smaller. */
function bound(view, size, pane) {
  const middle = centred(view, size, pane);
  return {
    ...view,
    x: middle.x >= 0 ? middle.x : Math.min(0, Math.max(view.x, 2 * middle.x)),
    y: middle.y >= 0 ? middle.y : Math.min(0, Math.max(view.y, 2 * middle.y)),
  };
}
