// One finger, pen or mouse button draws; two fingers, or the wheel, zoom and move. Told in the pane's CSS pixels.
import { useEffect, useRef } from "../vendor/htm-preact.js";

const WHEEL_STEP = 0.0022;

/** `on`: {begin(at), go(at), end(), abort(), hover(at | null), zoom(factor, at, dx, dy)}. */
export function usePointers(pane, on) {
  const latest = useRef(on);
  latest.current = on;
  useEffect(() => {
    const element = pane.current;
    const pointers = new Map();
    const place = (event) => {
      const { left, top } = element.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    };
    const up = (event) => {
      if (pointers.size === 1 && pointers.has(event.pointerId)) latest.current.end();
      pointers.delete(event.pointerId);
    };
    const listeners = {
      pointerdown: (event) => down(event, element, pointers, place(event), latest.current),
      pointermove: (event) => move(event, pointers, place, latest.current),
      pointerup: up,
      pointercancel: up,
      pointerleave: () => latest.current.hover(null),
      wheel: (event) => wheel(event, place(event), latest.current),
    };
    for (const [name, listener] of Object.entries(listeners)) element.addEventListener(name, listener, { passive: false });
    return () => Object.entries(listeners).forEach(([name, listener]) => element.removeEventListener(name, listener));
  }, []);
}

function down(event, element, pointers, at, on) {
  if (event.button > 0) return;
  element.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, at);
  if (pointers.size === 1) on.begin(at);
  else on.abort(); // the first finger was the beginning of a pinch
}

function move(event, pointers, place, on) {
  const at = place(event);
  if (event.pointerType === "mouse") on.hover(at);
  const was = pointers.get(event.pointerId);
  if (!was) return;
  const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
  pointers.set(event.pointerId, at);
  if (other) pinch(was, at, other, on);
  else for (const step of event.getCoalescedEvents?.().map(place) ?? [at]) on.go(step);
}

function pinch(was, at, other, on) {
  const middle = (a) => ({ x: (a.x + other.x) / 2, y: (a.y + other.y) / 2 });
  const apart = (a) => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
  on.zoom(apart(at) / apart(was), middle(at), middle(at).x - middle(was).x, middle(at).y - middle(was).y);
}

function wheel(event, at, on) {
  event.preventDefault();
  on.zoom(Math.exp(-event.deltaY * (event.deltaMode === 0 ? 1 : 16) * WHEEL_STEP), at, 0, 0);
}
