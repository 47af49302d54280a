// What was painted, as a list of marks that can be undone. All numbers are in the photo's pixels. Pure, knows no canvas.
//
// A mark: {kind: "line", size, erase, points: [[x, y], …]}, {kind: "box", erase, x, y, width, height} or {kind: "clear"}.

export const NOTHING = { done: [], undone: [] };

export function withMark({ done }, mark) {
  return { done: [...done, mark], undone: [] };
}

/** The last mark, a line, goes on to another point. */
export function extended({ done, undone }, point) {
  const last = done.at(-1);
  return { done: [...done.slice(0, -1), { ...last, points: [...last.points, point] }], undone };
}

/** The last mark becomes another one, such as a box that is still drawn. */
export function replaced({ done, undone }, mark) {
  return { done: [...done.slice(0, -1), mark], undone };
}

export function undo({ done, undone }) {
  return done.length ? { done: done.slice(0, -1), undone: [...undone, done.at(-1)] } : { done, undone };
}

export function redo({ done, undone }) {
  return undone.length ? { done: [...done, undone.at(-1)], undone: undone.slice(0, -1) } : { done, undone };
}

/** The box between two corners, however they lie to each other, on whole pixels of the photo. */
export function boxBetween([ax, ay], [bx, by], erase, { width, height }) {
  const within = (value, most) => Math.min(most, Math.max(0, Math.round(value)));
  const [left, right] = [Math.min(ax, bx), Math.max(ax, bx)].map((x) => within(x, width));
  const [top, bottom] = [Math.min(ay, by), Math.max(ay, by)].map((y) => within(y, height));
  return { kind: "box", erase, x: left, y: top, width: right - left, height: bottom - top };
}
