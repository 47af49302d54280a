// The photos on the tables, the studio's and the catalogue's: each looked at, shown small at once, and sent, three at a
// time, the same bytes once. What a table was cleared of by the page itself is kept aside, to be put back.
import { blob, key, may } from "../api.js";
import { kept, safeStorage, signal } from "../store.js";
import { kindOf, looked, uploadId } from "./kinds.js";
import { send } from "./upload.js";

const AT_ONCE = 3;
const MOST_KEPT = 60;

/**
 * [{id, on: "studio|catalogue|aside", name, size, kind, thumb, state: "checking|waiting|sending|ready|refused|failed",
 * fraction, upload, width, height, unseen, why, problem, started}]; `unseen`: this browser should be able to show it, and cannot;
 * `started`: its job runs, of a photo aside.
 */
export const photos = signal([]);

const files = new Map(); // id → File, out of the rendered state
const sent = new Map(); // upload id → its document, for bytes that come again
let made = 0;
let sending = 0;

// What was sent lies there again after a reload of the page: the server has it, so nothing is sent twice.
const table = kept("table", [], safeStorage("sessionStorage"));
const fromBefore = table.value;
photos.subscribe((all) => table.set(all.filter(({ state }) => state === "ready").slice(0, MOST_KEPT)
  .map(({ upload, name, width, height, on, started }) => ({ upload, name, width, height, on, started }))));

key.subscribe((shown) => shown === null && leave()); // whoever signs in next finds an empty table

function leave() {
  for (const { id } of photos.value) remove(id);
  sent.clear();
}

/** Put back what lay on the tables before the page was loaded anew; once. */
export function restore() {
  for (const { upload, name, ...more } of fromBefore.splice(0)) addStored(upload, name, more);
}

/** Those of `all` that lie on a table. */
export const lying = (all, on) => all.filter((photo) => photo.on === on);

/** Put files on a table; those that cannot be taken say why. Returns how many were there already. */
export async function addFiles(found, on = "studio") {
  const fresh = [...found].filter((file) => !isThere(file, on));
  const entries = fresh.map((file) => {
    const id = `photo-${++made}`;
    files.set(id, file);
    return { id, on, name: file.name || "photo", size: file.size, kind: null, thumb: null, state: "checking", fraction: 0 };
  });
  photos.update((all) => [...all, ...entries]);
  for (const entry of entries) await look(entry.id); // one after the other: a phone's memory is small
  return found.length - fresh.length;
}

/** Put a photo on the studio's table that the server has already, by its upload's id. */
export async function addStored(upload, name, more = {}) {
  const known = lying(photos.value, more.on ?? "studio").find((photo) => photo.upload === upload);
  if (known) return known;
  const fresh = { size: null, kind: null, thumb: null, state: "ready", fraction: 1 };
  const entry = { id: `photo-${++made}`, on: "studio", name, ...fresh, upload, ...more };
  photos.update((all) => [...all, entry]);
  try {
    const picture = await blob(`/v1/uploads/${upload}/content`);
    files.set(entry.id, picture);
    change(entry.id, { size: picture.size, ...(await seen(picture, await kindOf(picture))) });
  } catch (problem) {
    if (problem.status === 404 || problem.status === 410) remove(entry.id); // past its life
  }
  return entry;
}

/** A stored photo alone on the studio's table; whatever else lay there is kept aside. */
export function putAlone(upload, name) {
  photos.update((all) => settled(all.map((photo) => {
    if (photo.upload === upload && photo.on !== "catalogue") return { ...photo, on: "studio", started: undefined };
    return photo.on === "studio" ? { ...photo, on: "aside" } : photo;
  })));
  return addStored(upload, name);
}

/** Photos whose jobs were started leave the studio's table; they stay at hand, but not in the way of what else lies aside. */
export function takeStarted(ids) {
  const gone = new Set(ids);
  photos.update((all) => settled(all.filter(({ on, started }) => on !== "aside" || !started)
    .map((photo) => (gone.has(photo.id) ? { ...photo, on: "aside", started: true } : photo))));
}

/** What was never started is not mixed with what was: then the latter needs no place aside. */
function settled(all) {
  const waits = all.some(({ on, started }) => on === "aside" && !started);
  const left = all.filter(({ on, started }) => on !== "aside" || !started || !waits);
  const there = new Set(left.map(({ id }) => id));
  for (const id of files.keys()) if (!there.has(id)) files.delete(id);
  return left;
}

/** What is kept aside comes back onto the studio's table, but for what lies there already. */
export function putBack() {
  const there = new Set(lying(photos.value, "studio").map(({ upload }) => upload).filter(Boolean));
  photos.update((all) => all.filter(({ on, upload }) => on !== "aside" || !there.has(upload))
    .map((photo) => (photo.on === "aside" ? { ...photo, on: "studio", started: undefined } : photo)));
}

/** The File or Blob of a photo, for a look at full size. */
export const fileOf = (id) => files.get(id) ?? null;

/** The photo whose bytes have that upload's id. */
export const byUpload = (upload) => photos.value.find((photo) => photo.upload === upload) ?? null;

export function remove(id) {
  files.delete(id); // the small picture stays: the cards of its jobs show it
  photos.update((all) => all.filter((one) => one.id !== id));
}

export function clear(on) {
  for (const photo of lying(photos.value, on)) remove(photo.id);
}

export function retry(id) {
  change(id, { state: "waiting", problem: null, fraction: 0 });
  pump();
}

/** Send a blob that is no photo on the table, such as a mask; its upload's id. Throws Problem. */
export async function sendAside(file) {
  const kind = await kindOf(file);
  return (await send(file, kind ?? "png", null)).id;
}

function isThere(file, table) {
  return lying(photos.value, table).some(({ id, name }) => {
    const other = files.get(id);
    return other && name === file.name && other.size === file.size && other.lastModified === file.lastModified && file.name !== "image.png";
  });
}

async function look(id) {
  const file = files.get(id);
  if (!file) return;
  const kind = await kindOf(file);
  const why = file.size === 0 ? "empty" : kind === null ? "kind" : null;
  if (why) return change(id, { state: "refused", why });
  change(id, { ...(await seen(file, kind)), state: "waiting" });
  pump();
}

async function seen(file, kind) {
  const found = await looked(file);
  return { kind, unseen: !found.thumb && kind !== "heic", ...found };
}

function pump() {
  while (sending < AT_ONCE && may("uploads:write")) {
    const next = photos.value.find((photo) => photo.state === "waiting");
    if (!next) return;
    sending += 1;
    change(next.id, { state: "sending" });
    deliver(next).finally(() => { sending -= 1; pump(); });
  }
}

async function deliver({ id, on, kind, ...seenAs }) {
  const file = files.get(id);
  try {
    const hash = await uploadId(file);
    const twin = hash && lying(photos.value, on).find((photo) => photo.id !== id && photo.upload === hash);
    if (twin) return change(id, { state: "refused", why: "twice", upload: null });
    const document = (hash && sent.get(hash)) || (await send(file, kind, coarsely((fraction) => change(id, { fraction }))));
    sent.set(document.id, document);
    const { width, height } = seenAs.width ? seenAs : document; // the upload's own are those before EXIF turns it
    change(id, { state: "ready", fraction: 1, upload: document.id, width, height });
  } catch (problem) {
    change(id, { state: problem.status >= 400 && problem.status < 500 && problem.status !== 429 ? "refused" : "failed", problem });
  }
}

/** Twenty steps are enough to see: each one draws the table anew. */
function coarsely(tell) {
  let last = 0;
  return (fraction) => {
    if (fraction - last < 0.05) return;
    last = fraction;
    tell(fraction);
  };
}

function change(id, changes) {
  photos.update((all) => all.map((photo) => (photo.id === id ? { ...photo, ...changes } : photo)));
}
