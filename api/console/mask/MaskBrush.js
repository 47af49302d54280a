// A mask painted over a photo: what is painted will be filled. The photo stands upright, as the service sees it.
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { number, t, useLang } from "../i18n.js";
import { Button, Notice, Spinner } from "../ui/ui.js";
import { useMeasured } from "../viewer/Compare.js";
import { useRoom, useView } from "../viewer/useView.js";
import { MaskTools } from "./MaskTools.js";
import { maskFile, maskedShare, paint } from "./paint.js";
import { useBrush } from "./useBrush.js";
import { usePointers } from "./usePointers.js";

const MOST_FILLED = 0.9; // the service's own limit
const COLOR = "#ff2d87";

/** `photo`: a URL. `onDone(blob)`: the mask, PNG of the photo's size, white = to fill; may be async. `onCancel()`. */
export function MaskBrush({ photo, onDone, onCancel }) {
  useLang();
  const { size, failed } = useMeasured(photo);
  const brush = useBrush(size);
  const [busy, setBusy] = useState(false);
  const marks = brush.history.done;
  const share = size ? maskedShare(marks, size) : 0;
  const finish = async () => {
    setBusy(true);
    try {
      await onDone(await maskFile(marks, size));
    } finally {
      setBusy(false);
    }
  };
  if (failed) return html`<${Notice} tone="bad" title=${t("mask.noPhoto")} alert=${true}><p>${t("mask.noPhotoWhy")}</p><//>`;
  return html`
    <div class="mask">
      <${Canvas} photo=${photo} size=${size} brush=${brush} />
      <p class="hint" id="mask-keys">${t("mask.keys")}</p>
      <div class="row spread">
        <p role="status" class=${share > MOST_FILLED ? "error" : "soft"}>${told(share)}</p>
        <div class="row tight"><${Button} onClick=${onCancel}>${t("cancel")}<//>
          <${Button} kind="primary" icon="check" busy=${busy} disabled=${!share || share > MOST_FILLED} onClick=${finish}>${t("mask.done")}<//></div>
      </div>
    </div>`;
}

function told(share) {
  if (!share) return t("mask.nothing");
  if (share > MOST_FILLED) return t("mask.tooMuch", { share: `${number(share * 100)} %` });
  return t("mask.share", { share: `${number(share * 100, 1)} %` });
}

function Canvas({ photo, size, brush }) {
  const zoom = useView(size);
  const [hovered, setHovered] = useState(null);
  const last = useRef(null);
  const { view } = zoom;
  const onPhoto = ({ x, y }) => [(x - view.x) / view.scale, (y - view.y) / view.scale];
  usePointers(zoom.pane, {
    begin: (at) => {
      last.current = at;
      brush.setCursor(null);
      if (view && brush.tool !== "move") brush.begin(onPhoto(at));
    },
    go: (at) => {
      if (brush.tool === "move") zoom.dragBy(at.x - last.current.x, at.y - last.current.y);
      else if (view) brush.go(onPhoto(at));
      last.current = at;
    },
    end: brush.end,
    abort: brush.abort,
    hover: (at) => setHovered(at && view ? onPhoto(at) : null),
    zoom: zoom.zoomAt,
  });
  const onKeyDown = (event) => {
    if (event.key === "Escape" && brush.history.done.length) event.preventDefault(); // the dialog would close, and all be lost
    else if (!brush.onKeyDown(event)) zoom.onKey(event);
  };
  const at = brush.cursor ?? (brush.tool === "brush" ? hovered : null);
  return html`
    <${MaskTools} brush=${brush} zoom=${zoom} />
    <div class="mask-pane" data-tool=${brush.tool} ref=${zoom.pane} tabindex="0" autofocus role="application" aria-label=${t("mask.label")} aria-describedby="mask-keys"
      onKeyDown=${onKeyDown} onKeyUp=${brush.onKeyUp} onFocus=${() => size && !brush.cursor && brush.setCursor(brush.corner ? null : [size.width / 2, size.height / 2])}>
      ${!size && html`<${Spinner} />`}
      ${view && html`<img src=${photo} alt=${t("mask.photo")} draggable=${false} class="checker"
        style=${{ left: `${view.x}px`, top: `${view.y}px`, width: `${size.width * view.scale}px`, height: `${size.height * view.scale}px` }} />`}
      <${Overlay} zoom=${zoom} marks=${brush.history.done} size=${size} />
      ${view && at && html`<${Cursor} at=${at} brush=${brush} view=${view} />`}
    </div>`;
}

function Overlay({ zoom: { pane, view, ratio }, marks, size }) {
  const canvas = useRef(null);
  const room = useRoom(pane);
  useEffect(() => {
    if (!view || !room) return;
    const { current: sheet } = canvas;
    sheet.width = Math.round(room.width * ratio);
    sheet.height = Math.round(room.height * ratio);
    const context = sheet.getContext("2d");
    context.setTransform(view.scale * ratio, 0, 0, view.scale * ratio, view.x * ratio, view.y * ratio);
    context.beginPath();
    context.rect(0, 0, size.width, size.height);
    context.clip();
    paint(context, marks, { color: COLOR, erase: null, size });
  });
  return html`<canvas ref=${canvas} class="mask-sheet" aria-hidden="true"></canvas>`;
}

function Cursor({ at: [x, y], brush, view }) {
  const wide = brush.tool === "brush" ? brush.px * view.scale : 12;
  const style = { left: `${view.x + x * view.scale - wide / 2}px`, top: `${view.y + y * view.scale - wide / 2}px`, width: `${wide}px`, height: `${wide}px` };
  return html`<div class="mask-cursor" data-tool=${brush.tool} data-erase=${String(brush.erase)} aria-hidden="true" style=${style}></div>`;
}
