// A catalogue's table as a merchant keeps it: read in the browser only to put uploads' ids where photos' names stand.

const DELIMITERS = [",", ";", "\t"];
const PHOTO = /^(photo|photos|image|image file|file|picture|foto|图片|照片)$/i;

/** {kind, text, rows, photoColumn} of a dropped file; kind "csv", "jsonl" or "json". */
export async function readTable(file) {
  const text = (await file.text()).replace(/^\ufeff/, "");
  const kind = /\.jsonl$|\.ndjson$/i.test(file.name) ? "jsonl" : /\.json$/i.test(file.name) ? "json" : "csv";
  if (kind !== "csv") return { kind, text, rows: null, photoColumn: -1 };
  const rows = parseCsv(text);
  const header = (rows[0] ?? []).map((cell) => cell.trim());
  const hasSource = header.some((name) => /^(upload|url)$/i.test(name));
  return { kind, text, rows, photoColumn: hasSource ? -1 : header.findIndex((name) => PHOTO.test(name)) };
}

/** The names of photos that the table speaks of, each once. */
export function photoNames({ rows, photoColumn }) {
  return photoColumn < 0 ? [] : [...new Set(rows.slice(1).map((row) => baseName(row[photoColumn])).filter(Boolean))];
}

/** The name of the photo in a row, counted from 1 as the server does; empty where the table names none. */
export function photoOf({ rows, photoColumn }, row) {
  return photoColumn < 0 ? "" : baseName(rows[row]?.[photoColumn]);
}

/** The table with uploads' ids instead of photos' names; `uploads`: Map of a name in small letters to its id. */
export function withUploads({ rows, photoColumn, text }, uploads) {
  if (photoColumn < 0) return text;
  return writeCsv(rows.map((row, index) => row.map((cell, at) => (at !== photoColumn ? cell : index ? uploads.get(baseName(cell).toLowerCase()) ?? "" : "upload"))));
}

const baseName = (path) => (path ?? "").trim().split(/[\\/]/).pop();

/** Rows of cells (RFC 4180, with the delimiter that the first line has most of). */
function parseCsv(text) {
  const first = text.slice(0, text.search(/\r?\n|$/));
  const delimiter = DELIMITERS.reduce((best, one) => (first.split(one).length > first.split(best).length ? one : best));
  const rows = [];
  let row = [];
  let cell = "";
  let quoted = false;
  const end = () => { row.push(cell); cell = ""; };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted && sign === '"' && text[at + 1] === '"') { cell += '"'; at += 1; }
    else if (sign === '"' && (quoted || !cell)) quoted = !quoted;
    else if (!quoted && sign === delimiter) end();
    else if (!quoted && sign === "\n") { end(); rows.push(row); row = []; }
    else if (quoted || sign !== "\r") cell += sign;
  }
  if (cell || row.length) { end(); rows.push(row); }
  return rows.filter((cells) => cells.some((one) => one.trim()));
}

const writeCsv = (rows) => rows.map((row) => row.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")).join("\r\n");
