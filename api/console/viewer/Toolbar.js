// What can be done with the pictures that are compared, as buttons: the way they lie, the zoom, the whole screen.
import { html } from "../vendor/htm-preact.js";
import { percent, t } from "../i18n.js";
import { Button, IconButton, Segmented } from "../ui/ui.js";
import { STEP } from "./useView.js";

const MODES = ["slider", "side", "before", "after"];

/** `comparable`: is there a photo to hold the picture against? */
export function Toolbar({ mode, setMode, zoom, comparable, onFill }) {
  const actual = zoom.view && Math.abs(zoom.view.scale * zoom.ratio - 1) < 1e-6;
  return html`
    <div class="compare-bar" role="toolbar" aria-label=${t("compare.tools")}>
      ${comparable && html`<${Segmented} label=${t("compare.mode")} hideLabel=${true} value=${mode} onChange=${setMode}
        options=${MODES.map((name) => [name, t(`compare.mode.${name}`)])} />`}
      <div class="compare-zoom">
        <${IconButton} icon="minus" small=${true} label=${t("compare.zoomOut")} onClick=${() => zoom.zoomBy(1 / STEP)} />
        <output aria-label=${t("compare.zoom")}>${zoom.view ? percent(zoom.view.scale * zoom.ratio) : ""}</output>
        <${IconButton} icon="add" small=${true} label=${t("compare.zoomIn")} onClick=${() => zoom.zoomBy(STEP)} />
        <${Button} kind="quiet" small=${true} aria-pressed=${String(zoom.fits)} onClick=${zoom.fit}>${t("compare.fit")}<//>
        <${Button} kind="quiet" small=${true} aria-pressed=${String(!!actual)} onClick=${zoom.actual} title=${t("compare.actualHint")}>${t("compare.actual")}<//>
        <${IconButton} icon="fullscreen" small=${true} label=${t("compare.fullscreen")} onClick=${onFill} />
      </div>
    </div>`;
}
