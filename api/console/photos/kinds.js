// What a dropped file is, told from its first bytes, before anything is sent.
export const ACCEPT = "image/jpeg,image/png,image/webp,image/avif,image/heic,image/heif,.heic,.heif";

const BRANDS = { avif: "avif", avis: "avif", heic: "heic", heix: "heic", heim: "heic", heis: "heic", hevc: "heic", mif1: "heic", msf1: "heic" };

/** "jpeg", "png", "webp", "avif", "heic"; null for what the server does not take. */
export async function kindOf(file) {
  const bytes = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  const text = String.fromCharCode(...bytes);
  if (text.startsWith("\xff\xd8\xff")) return "jpeg";
  if (text.startsWith("\x89PNG")) return "png";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "webp";
  if (text.slice(4, 8) === "ftyp") return BRANDS[text.slice(8, 12)] ?? null;
  return null;
}

/** SHA-256 as the server names uploads; null on a page that is not served securely (crypto.subtle is absent there). */
export async function uploadId(file) {
  if (!globalThis.crypto?.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return `sha256:${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** A small picture of the file as a blob URL; null where this browser cannot read the format. */
export const thumbnail = async (file, side) => (await looked(file, side)).thumb;

/** {thumb, width, height}: a small picture and the size of the file's, turned as its EXIF says; {thumb: null} where it cannot be read. */
export async function looked(file, side = 480) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { thumb: null };
  }
  const { width, height } = bitmap;
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/webp", 0.8));
  return { thumb: blob && URL.createObjectURL(blob), width, height };
}

/** All files of a drop or a paste, those in dropped folders too. Must be called in the event itself. */
export function filesOf(transfer) {
  const entries = Array.from(transfer.items ?? [], (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return Promise.resolve([...transfer.files]);
  return Promise.all(entries.map(walk)).then((found) => found.flat());
}

async function walk(entry) {
  if (entry.isFile) return entry.name.startsWith(".") ? [] : [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)); // a hundred at a time
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(walk))).flat();
}
