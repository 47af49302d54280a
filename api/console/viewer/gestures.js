// Pointers and the wheel of a pane, told as movements: drag, pinch, wheel. Mouse, pen and fingers alike.
import { useEffect, useRef } from "../vendor/htm-preact.js";

const WHEEL_STEP = 0.0022; // of the zoom's logarithm for a pixel of the wheel's way
const LINE_PX = 16;

/**
 * Tells `on.drag(dx, dy)`, `on.zoom(factor, at, dx, dy)` in the pane's CSS pixels, and `on.press(event)`.
 *
 * The wheel zooms with Ctrl or Cmd, and without as soon as the pane has the focus: who only scrolls by keeps scrolling.
 */
export function useGestures(pane, on) {
  const latest = useRef(on);
  latest.current = on;
  useEffect(() => {
    const element = pane.current;
    const pointers = new Map();
    const place = (event) => {
      const { left, top } = element.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    };
    const listeners = {
      pointerdown: (event) => press(event, element, pointers, place(event), latest.current),
      pointermove: (event) => move(event, pointers, place(event), latest.current),
      pointerup: (event) => pointers.delete(event.pointerId),
      pointercancel: (event) => pointers.delete(event.pointerId),
      wheel: (event) => wheel(event, element, place(event), latest.current),
    };
    for (const [name, listener] of Object.entries(listeners)) element.addEventListener(name, listener, { passive: false });
    return () => Object.entries(listeners).forEach(([name, listener]) => element.removeEventListener(name, listener));
  }, []);
}

function press(event, element, pointers, at, on) {
  if (event.button > 0 || event.target.closest("[data-own-gestures]")) return;
  element.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, at);
  on.press?.(event);
}

function move(event, pointers, at, on) {
  const was = pointers.get(event.pointerId);
  if (!was) return;
  const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
  pointers.set(event.pointerId, at);
  if (!other) {
    on.drag(at.x - was.x, at.y - was.y);
    return;
  }
  const middle = (a) => ({ x: (a.x + other.x) / 2, y: (a.y + other.y) / 2 });
  const apart = (a) => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
  const [from, to] = [middle(was), middle(at)];
  on.zoom(apart(at) / apart(was), to, to.x - from.x, to.y - from.y);
}

function wheel(event, element, at, on) {
  const wanted = event.ctrlKey || event.metaKey || element.parentElement.contains(document.activeElement);
  if (!wanted) return;
  event.preventDefault();
  const way = event.deltaMode === 0 ? event.deltaY : event.deltaY * LINE_PX;
  on.zoom(Math.exp(-way * WHEEL_STEP * (event.ctrlKey ? 3 : 1)), at, 0, 0);
}
