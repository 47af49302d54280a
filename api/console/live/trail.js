// Where the job that is shown was come from: the list, its jobs in their order, and how far it was scrolled.
import { key } from "../api.js";
import { href } from "../router.js";

const NOWHERE = { page: "jobs", back: href("jobs"), ids: [] };

let trail = NOWHERE;

key.subscribe((shown) => { if (shown === null) trail = NOWHERE; });

/** A list shows these jobs now; `page`: its name in the navigation, `back`: its address. */
export function showing(page, back, ids) {
  trail = { page, back, ids };
}

/** {page, back, previous, next, place, count} of a job in the list it was come from; null where there is none. */
export function placeOf(id) {
  const { page, back, ids } = trail;
  const at = ids.indexOf(id);
  return { page, back, place: at + 1, count: ids.length, previous: ids[at - 1] ?? null, next: at < 0 ? null : ids[at + 1] ?? null };
}
