// A photo and the picture that was made of it: behind a slider, side by side, at any zoom, both always at the same place.
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { t, useLang } from "../i18n.js";
import { Spinner } from "../ui/ui.js";
import { placed } from "./alignment.js";
import { fill } from "./fullscreen.js";
import { Panes } from "./Panes.js";
import { Toolbar } from "./Toolbar.js";
import { useView } from "./useView.js";

let made = 0;

/**
 * `before`, `after`: URLs; null where there is no such picture. `alt`: what the picture is called. `operations`: the
 * manifest's, for where the photo lies. `marks`: [{box: [x, y, width, height], label}] in the picture's pixels.
 * `look`: one of them, to zoom to when it changes.
 */
export function Compare({ before, after, alt = "", operations = [], marks = [], look = null }) {
  useLang();
  const [id] = useState(() => `compare-${++made}`);
  const [wanted, setMode] = useState(null);
  const [share, setShare] = useState(0.5);
  const frame = useRef(null);
  const [photo, picture] = [useMeasured(before), useMeasured(after)];
  const size = picture.size ?? photo.size;
  const zoom = useView(size);
  useEffect(() => {
    if (!look) return;
    zoom.show(look.box);
    frame.current.scrollIntoView({ block: "nearest" }); // the button may be far below
  }, [look]);
  const layers = layersOf(before, after, photo.size, picture.size, operations);
  const usual = layers.before?.fitted ? "side" : "slider"; // a slider between two framings shows neither
  const mode = layers.before && layers.after ? (wanted ?? usual) : layers.before ? "before" : "after";
  const onKey = (event) => {
    if (event.key === "f" && !event.ctrlKey && !event.metaKey) fill(frame.current);
    else zoom.onKey(event);
  };
  return html`
    <figure class="compare" ref=${frame}>
      <${Toolbar} mode=${mode} setMode=${setMode} zoom=${zoom} comparable=${!!(layers.before && layers.after)} onFill=${() => fill(frame.current)} />
      <div class="compare-room" data-mode=${mode} data-zoomed=${String(!zoom.fits)} tabindex="0" role="group" onKeyDown=${onKey}
        aria-label=${t("compare.label", { name: alt })} aria-describedby="${id}-keys" aria-busy=${String(!size)}>
        <${Panes} mode=${mode} zoom=${zoom} layers=${layers} marks=${picture.size ? marks : []} share=${share} setShare=${setShare} alt=${alt} />
        ${!size && !picture.failed && html`<${Spinner} />`}
      </div>
      <figcaption>
        ${layers.before?.fitted && layers.after && html`<span>${t("compare.fitted")} </span>`}
        ${photo.failed && html`<span role="status">${t("compare.noPhoto")} </span>`}
        ${picture.failed && html`<span role="status">${t("compare.noPicture")} </span>`}
        <span id="${id}-keys">${t("compare.keys")}</span>
      </figcaption>
    </figure>`;
}

/** Where each picture lies: {url, place, within, words}, null for one that is not there, or not measured yet. */
function layersOf(before, after, photo, picture, operations) {
  const size = picture ?? photo;
  if (!size) return { before: null, after: null };
  const within = { x: 0, y: 0, ...size };
  const place = photo && placed(photo, size, operations);
  return {
    before: place && { url: before, place, within, words: t("compare.before"), fitted: !place.known },
    after: picture && { url: after, place: within, within, words: t("compare.after") },
  };
}

/** The size of an image in pixels, upright as its EXIF says: {size, failed}; `size` is null until it is known. */
export function useMeasured(url) {
  const [found, setFound] = useState({ size: null, failed: false });
  useEffect(() => {
    setFound({ size: null, failed: false });
    if (!url) return undefined;
    const image = new Image();
    image.onload = () => setFound({ size: { width: image.naturalWidth, height: image.naturalHeight }, failed: false });
    image.onerror = () => setFound({ size: null, failed: true });
    image.src = url;
    return () => {
      image.onload = image.onerror = null;
    };
  }, [url]);
  return found;
}
