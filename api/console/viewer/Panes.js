// What Compare shows in its room: one pane with a slider between two layers, or two panes that move as one.
import { html, useRef } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";
import { Divider } from "./Divider.js";
import { useGestures } from "./gestures.js";
import { shown } from "./viewport.js";

const SINGLE_PIXELS_FROM = 3; // of the device for a picture's pixel: from here on they are drawn as squares

/** `layers`: {before (or null), after}, each {url, place, within, words}. */
export function Panes({ mode, zoom, layers, marks, share, setShare, alt }) {
  const first = mode === "after" ? layers.after : layers.before;
  const shared = { zoom, marks, alt };
  if (mode === "side") {
    return html`
      <${Pane} key="1" measured=${true} ...${shared} marks=${layers.before?.fitted ? [] : marks} layers=${[layers.before && { ...layers.before, within: null }]} />
      <${Pane} key="2" ...${shared} layers=${[layers.after]} />`;
  }
  if (mode !== "slider") return html`<${Pane} key="1" measured=${true} ...${shared} layers=${[first]} />`;
  const cut = { ...layers.before, clip: `inset(0 ${(1 - share) * 100}% 0 0)` };
  return html`
    <${Pane} key="1" measured=${true} ...${shared} layers=${[{ ...layers.after, right: true }, cut]}>
      <${Divider} share=${share} setShare=${setShare} />
    <//>`;
}

function Pane({ measured, zoom, layers, marks, alt, children }) {
  const own = useRef(null);
  const pane = measured ? zoom.pane : own;
  useGestures(pane, { drag: zoom.dragBy, zoom: zoom.zoomAt });
  return html`
    <div class="pane" ref=${pane} onDblClick=${() => (zoom.fits ? zoom.actual() : zoom.fit())}>
      ${zoom.view && layers.map((layer) => layer && html`<${Layer} key=${layer.words} zoom=${zoom} alt=${alt} ...${layer} />`)}
      ${zoom.view && marks.map((mark) => html`<${Mark} key=${mark.label} zoom=${zoom} ...${mark} />`)}
      ${children}
    </div>`;
}

/** A picture at its `place`, cut to the rectangle `within` (null: whole); what lies under it does not shine through. */
function Layer({ url, place, within, words, right, clip, zoom: { view, ratio }, alt }) {
  const seen = within ? common(place, within) : place;
  const outer = shown(seen, view, ratio);
  const picture = shown(place, view, ratio);
  const scale = (place.width ? picture.width / place.width : 1) * ratio;
  return html`
    <div class="layer" style=${{ clipPath: clip ?? "" }}>
      <div class="checker layer-picture" style=${pixels(outer)}>
        <img src=${url} alt=${`${alt} ${words}`.trim()} draggable=${false} data-pixels=${String(scale >= SINGLE_PIXELS_FROM)}
          style=${pixels({ ...picture, left: picture.left - outer.left, top: picture.top - outer.top })} />
      </div>
      <span class="layer-name" data-right=${String(!!right)} aria-hidden="true">${words}</span>
    </div>`;
}

function Mark({ box: [x, y, width, height], label, zoom }) {
  const room = shown({ x, y, width, height }, zoom.view, zoom.ratio);
  return html`<div class="mark" role="img" aria-label=${t("compare.mark", { label })} style=${pixels(room)}><span aria-hidden="true">${label}</span></div>`;
}

function common(a, b) {
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)];
  const [right, bottom] = [Math.min(a.x + a.width, b.x + b.width), Math.min(a.y + a.height, b.y + b.height)];
  return { x, y, width: Math.max(0, right - x), height: Math.max(0, bottom - y) };
}

function pixels(room) {
  return Object.fromEntries(Object.entries(room).map(([name, value]) => [name, `${value}px`]));
}
