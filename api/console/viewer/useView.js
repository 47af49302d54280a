// The state of a pane's zoom: fits until somebody zooms, keeps fitting when the pane changes, and knows the device's pixels.
import { useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { around, fitted, moved, zoomedTo } from "./viewport.js";

export const STEP = 1.25;
const ARROW_PX = 60;
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * `size`: the picture's pixels, null while unknown. Gives {pane (a ref), view, ratio, fits, fit(), actual(), zoomBy(f),
 * zoomAt(f, at), dragBy(x, y), show(box), onKey(event)}; `view` is null until pane and picture are measured.
 */
export function useView(size) {
  const pane = useRef(null);
  const room = useRoom(pane);
  const ratio = useRatio();
  const [free, setFree] = useState(null);
  const known = size && room;
  useEffect(() => setFree(null), [size?.width, size?.height]);
  const view = known ? (free ?? fitted(size, room, Math.max(1, 1 / ratio))) : null;
  const change = (next) => known && setFree((old) => next(old ?? view));
  const middle = () => ({ x: room.width / 2, y: room.height / 2 });
  const controls = {
    fit: () => setFree(null),
    actual: () => change((old) => zoomedTo(old, 1 / ratio, middle(), size, room)),
    zoomBy: (factor) => change((old) => zoomedTo(old, old.scale * factor, middle(), size, room)),
    zoomAt: (factor, at, dx = 0, dy = 0) =>
      change((old) => moved(zoomedTo(old, old.scale * factor, at, size, room), dx, dy, size, room)),
    dragBy: (dx, dy) => change((old) => moved(old, dx, dy, size, room)),
    show: (box) => change(() => around(box, size, room)),
  };
  return { pane, view, ratio, fits: free === null, ...controls, onKey: (event) => onKey(event, controls) };
}

function onKey(event, controls) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const actions = { "+": () => controls.zoomBy(STEP), "=": () => controls.zoomBy(STEP), "-": () => controls.zoomBy(1 / STEP) };
  Object.assign(actions, { 0: controls.fit, 1: controls.actual });
  const arrow = ARROWS[event.key];
  const action = arrow ? () => controls.dragBy(arrow[0] * ARROW_PX, arrow[1] * ARROW_PX) : actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

/** The element's size in CSS pixels, as it is now; null before it was measured. */
export function useRoom(element) {
  const [room, setRoom] = useState(null);
  useEffect(() => {
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = element.current;
      if (width && height) setRoom((old) => (old?.width === width && old.height === height ? old : { width, height }));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element.current);
    measure();
    return () => observer.disconnect();
  }, []);
  return room;
}

/** How many of the device's pixels a CSS pixel has; follows the browser's zoom, and a window moved to another screen. */
function useRatio() {
  const [ratio, setRatio] = useState(() => devicePixelRatio || 1);
  useEffect(() => {
    const media = matchMedia(`(resolution: ${ratio}dppx)`);
    const changed = () => setRatio(devicePixelRatio || 1);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, [ratio]);
  return ratio;
}
