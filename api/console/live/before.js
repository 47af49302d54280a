// The picture before: of this tab's own photos at once, of others from the server, each fetched once.
import { useEffect, useState } from "../vendor/htm-preact.js";
import { blob, key } from "../api.js";
import { thumbnail } from "../photos/kinds.js";
import { byUpload, fileOf } from "../photos/photos.js";

const MOST = 60; // full-size blobs kept

const thumbs = new Map(); // job id → blob URL
const pictures = new Map(); // upload id → Promise of a blob URL, or null

key.subscribe((shown) => {
  if (shown !== null) return;
  for (const upload of [...pictures.keys()]) forget(upload);
  thumbs.clear();
});

/** Keep a job's small picture from the table, for its card. */
export function remember(job, photo) {
  if (photo.thumb) thumbs.set(job, photo.thumb);
}

export const thumbOf = (job) => thumbs.get(job) ?? null;

/** The blob URL of an upload at full size; null while it comes, where it is gone, or where the browser cannot show it. */
export function useBefore(upload) {
  const [url, setUrl] = useState(null);
  useEffect(() => {
    let stale = false;
    setUrl(null);
    if (upload) picture(upload).then((found) => stale || setUrl(found));
    return () => { stale = true; };
  }, [upload]);
  return url;
}

function picture(upload) {
  if (!pictures.has(upload)) {
    if (pictures.size >= MOST) forget(pictures.keys().next().value);
    pictures.set(upload, load(upload).catch(() => null));
  }
  return pictures.get(upload);
}

async function load(upload) {
  const own = byUpload(upload);
  const found = (own && fileOf(own.id)) || (await blob(`/v1/uploads/${upload}/content`));
  const small = await thumbnail(found, 16); // can the browser show it at all? HEIC it mostly cannot
  if (!small) return null;
  URL.revokeObjectURL(small);
  return URL.createObjectURL(found);
}

function forget(upload) {
  pictures.get(upload).then((url) => url && URL.revokeObjectURL(url));
  pictures.delete(upload);
}
