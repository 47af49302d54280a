// The photos on the table: each looked at, shown small at once, and sent, three at a time, the same bytes once.
import { blob, key, may } from "../api.js";
import { kept, safeStorage, signal } from "../store.js";
import { kindOf, thumbnail, uploadId } from "./kinds.js";
import { send } from "./upload.js";

const AT_ONCE = 3;
const MOST_KEPT = 60;

/** [{id, name, size, kind, thumb, state: "checking|waiting|sending|ready|refused|failed", fraction, upload, width, height, why, problem}] */
export const photos = signal([]);

const files = new Map(); // id → File, out of the rendered state
const sent = new Map(); // upload id → its document, for bytes that come again
let made = 0;
let sending = 0;

// What was sent lies there again after a reload of the page: the server has it, so nothing is sent twice.
const table = kept("table", [], safeStorage("sessionStorage"));
const fromBefore = table.value;
photos.subscribe((all) => table.set(all.filter(({ state }) => state === "ready").slice(0, MOST_KEPT).map(({ upload, name, width, height }) => ({ upload, name, width, height }))));

key.subscribe((shown) => shown === null && leave()); // whoever signs in next finds an empty table

function leave() {
  clear();
  sent.clear();
}

/** Put back what lay on the table before the page was loaded anew; once. */
export function restore() {
  for (const { upload, name, ...size } of fromBefore.splice(0)) addStored(upload, name, size);
}

/** Put files on the table; those that cannot be taken say why. Returns how many were there already. */
export async function addFiles(found) {
  const fresh = [...found].filter((file) => !isThere(file));
  const entries = fresh.map((file) => {
    const id = `photo-${++made}`;
    files.set(id, file);
    return { id, name: file.name || "photo", size: file.size, kind: null, thumb: null, state: "checking", fraction: 0 };
  });
  photos.update((all) => [...all, ...entries]);
  for (const entry of entries) await look(entry.id); // one after the other: a phone's memory is small
  return found.length - fresh.length;
}

/** Put a photo on the table that the server has already, by its upload's id. */
export async function addStored(upload, name, size = {}) {
  const known = byUpload(upload);
  if (known) return known;
  const entry = { id: `photo-${++made}`, name, size: null, kind: null, thumb: null, state: "ready", fraction: 1, upload, ...size };
  photos.update((all) => [...all, entry]);
  try {
    const picture = await blob(`/v1/uploads/${upload}/content`);
    files.set(entry.id, picture);
    change(entry.id, { size: picture.size, kind: await kindOf(picture), thumb: await thumbnail(picture) });
  } catch (problem) {
    if (problem.status === 404 || problem.status === 410) remove(entry.id); // past its life
  }
  return entry;
}

/** The File or Blob of a photo, for a look at full size. */
export const fileOf = (id) => files.get(id) ?? null;

/** The photo whose bytes have that upload's id. */
export const byUpload = (upload) => photos.value.find((photo) => photo.upload === upload) ?? null;

export function remove(id) {
  files.delete(id); // the small picture stays: the cards of its jobs show it
  photos.update((all) => all.filter((one) => one.id !== id));
}

export function clear() {
  for (const photo of photos.value) remove(photo.id);
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

function isThere(file) {
  return photos.value.some(({ id, name }) => {
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
  change(id, { kind, thumb: await thumbnail(file), state: "waiting" });
  pump();
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

async function deliver({ id, kind }) {
  const file = files.get(id);
  try {
    const hash = await uploadId(file);
    const twin = hash && photos.value.find((photo) => photo.id !== id && photo.upload === hash);
    if (twin) return change(id, { state: "refused", why: "twice", upload: null });
    const document = (hash && sent.get(hash)) || (await send(file, kind, coarsely((fraction) => change(id, { fraction }))));
    sent.set(document.id, document);
    change(id, { state: "ready", fraction: 1, upload: document.id, width: document.width, height: document.height });
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
