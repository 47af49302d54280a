// Line icons on a 24 px grid, drawn for this console.
import { html } from "../vendor/htm-preact.js";

const PATHS = {
  add: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fullscreen: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  undo: "M8 5L3 10l5 5M3 10h11a6 6 0 0 1 0 12h-3",
  eraser: "M4 15l8-9 7 6-7 8H8zM8 10.5l7 6.5M12 20h8",
  box: "M5 6h14v12H5z",
  photo: "M4 6h16v12H4zM4 16l5-5 4 4 2-2 5 5M15.5 9.5h.01",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
  studio: "M4 5h16M6 5v7c0 4 2 7 8 7h4M12 12.5a2.5 2.5 0 1 0 0-.01",
  jobs: "M4 6h16M4 12h16M4 18h10",
  table: "M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14",
  spark: "M12 4l1.8 5.2L19 11l-5.2 1.8L12 18l-1.8-5.2L5 11l5.2-1.8zM19 16v4M17 18h4",
  gauge: "M4 17a8 8 0 1 1 16 0M12 17l4-6",
  gear: "M12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM12 3v2.5M12 18.5V21M3 12h2.5M18.5 12H21M5.6 5.6l1.8 1.8M16.6 16.6l1.8 1.8M5.6 18.4l1.8-1.8M16.6 7.4l1.8-1.8",
  close: "M6 6l12 12M18 6L6 18",
  up: "M12 19V6M6 11l6-6 6 6",
  down: "M12 5v13M6 13l6 6 6-6",
  right: "M9 5l7 7-7 7",
  left: "M15 5l-7 7 7 7",
  open: "M7 10l5 5 5-5",
  check: "M5 12.5l4.5 4.5L19 7.5",
  warn: "M12 4l9 16H3zM12 10v4.5M12 17.3h.01",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 8h.01",
  redo: "M20 11a8 8 0 1 0-1.5 6M20 5v6h-6",
  stop: "M7 7h10v10H7z",
  pause: "M8 6v12M16 6v12",
  play: "M8 5l11 7-11 7z",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  upload: "M12 16V5M7 9l5-5 5 5M5 20h14",
  copy: "M8 8h11v12H8zM5 16V4h11",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  grip: "M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  key: "M15 13a4.5 4.5 0 1 0-4-2.5L4 17.5V20h3v-2h2v-2h2l1.5-1.5c.7.3 1.6.5 2.5.5zM16 8h.01",
  out: "M10 5H5v14h5M14 8l4 4-4 4M18 12H9",
  eye: "M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  brush: "M14 6l4 4-7.5 7.5-4-4zM6.5 13.5C4 14 5 18 3 20c3 .5 7 0 7.5-2.5M14 6l3-3 4 4-3 3",
  hook: "M9 4v9a3.5 3.5 0 1 0 7 0M9 4a2 2 0 1 0-.01 0M16 13l-2.5 1M16 13l1.5 2.5",
  code: "M9 7l-5 5 5 5M15 7l5 5-5 5",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20",
};

/** <Icon name="add"/>: decoration beside words; give `label` where it stands alone. */
export function Icon({ name, label, size = 20 }) {
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" fill="none" stroke="currentColor"
    stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" role=${label ? "img" : null}
    aria-label=${label ?? null} aria-hidden=${label ? null : "true"}><path d=${PATHS[name] ?? PATHS.info} /></svg>`;
}
