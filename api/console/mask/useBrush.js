// The state of painting: the tool in hand, what was painted so far, and where the cursor is. Speaks in the photo's pixels.
import { useState } from "../vendor/htm-preact.js";
import { NOTHING, boxBetween, extended, redo, replaced, undo, withMark } from "./marks.js";

const SIZE_STEP = 1.25;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** `size`: the photo's, null while unknown. Everything that MaskBrush shows, and what it can be told. */
export function useBrush(size) {
  const [tool, setTool] = useState("brush"); // brush, box or move
  const [erase, setErase] = useState(false);
  const [brushPx, setBrushPx] = useState(null);
  const [history, setHistory] = useState(NOTHING);
  const [cursor, setCursor] = useState(null); // [x, y] of the keyboard's, null while the pointer draws
  const [corner, setCorner] = useState(null); // of the line or box that is being drawn
  const px = brushPx ?? Math.round(Math.max(8, Math.min(size?.width ?? 0, size?.height ?? 0) / 16));
  const most = Math.max(16, Math.round(Math.max(size?.width ?? 0, size?.height ?? 0) / 3));
  const begin = (point) => {
    setCorner(point);
    const mark = tool === "box" ? boxBetween(point, point, erase, size) : { kind: "line", size: px, erase, points: [point] };
    setHistory((old) => withMark(old, mark));
  };
  const go = (point) => corner && setHistory((old) => (tool === "box" ? replaced(old, boxBetween(corner, point, erase, size)) : extended(old, point)));
  const end = () => setCorner(null);
  const abort = () => corner && (setCorner(null), setHistory(undo));
  const resize = (next) => setBrushPx(Math.min(most, Math.max(1, Math.round(next))));
  const clear = () => setHistory((old) => (old.done.length ? withMark(old, { kind: "clear" }) : old));
  const state = { tool, erase, px, most, history, cursor, corner, begin, go, end, abort, resize, clear, setTool, setErase, setCursor };
  return { ...state, undo: () => setHistory(undo), redo: () => setHistory(redo), ...keyboard(state, setHistory, size) };
}

/** Painting without a pointer: arrows move, the space bar paints as long as it is held; of a box it sets both corners. */
function keyboard(brush, setHistory, size) {
  const moveBy = ([dx, dy], step) => {
    const [x, y] = brush.cursor ?? [size.width / 2, size.height / 2];
    const next = [Math.min(size.width, Math.max(0, x + dx * step)), Math.min(size.height, Math.max(0, y + dy * step))];
    brush.setCursor(next);
    brush.go(next);
  };
  const press = () => {
    const at = brush.cursor ?? [size.width / 2, size.height / 2];
    brush.setCursor(at);
    if (!brush.corner) brush.begin(at);
    else if (brush.tool === "box") brush.end();
  };
  const onKeyDown = (event) => {
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const arrow = ARROWS[event.key];
    const plain = {
      " ": () => event.repeat || press(), "[": () => brush.resize(brush.px / SIZE_STEP), "]": () => brush.resize(brush.px * SIZE_STEP + 1),
      e: () => brush.setErase(!brush.erase), b: () => brush.setTool("brush"), r: () => brush.setTool("box"), m: () => brush.setTool("move"),
      z: () => setHistory(undo), y: () => setHistory(redo),
    };
    const commanded = { z: () => setHistory(event.shiftKey ? redo : undo), y: () => setHistory(redo) };
    const action = arrow && !command ? () => moveBy(arrow, event.shiftKey ? 1 : Math.max(1, brush.px / 4)) : (command ? commanded : plain)[key];
    if (!size || !action || event.altKey) return false;
    event.preventDefault();
    action();
    return true;
  };
  const onKeyUp = (event) => event.key === " " && brush.tool !== "box" && brush.end();
  return { onKeyDown, onKeyUp };
}
