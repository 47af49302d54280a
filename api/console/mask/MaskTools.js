// The tools over the photo: brush, box, hand; size, eraser; undo, redo, clear; zoom.
import { html } from "../vendor/htm-preact.js";
import { percent, t } from "../i18n.js";
import { Button, IconButton, Segmented } from "../ui/ui.js";
import { STEP } from "../viewer/useView.js";

const TOOLS = ["brush", "box", "move"];

export function MaskTools({ brush, zoom }) {
  const { done, undone } = brush.history;
  return html`
    <div class="mask-tools" role="toolbar" aria-label=${t("mask.tools")}>
      <${Segmented} label=${t("mask.tool")} hideLabel=${true} value=${brush.tool} onChange=${brush.setTool} options=${TOOLS.map((tool) => [tool, t(`mask.tool.${tool}`)])} />
      <label class="mask-size"><span>${t("mask.size")}</span>
        <input type="range" min="1" max=${brush.most} value=${brush.px} aria-valuetext=${`${brush.px} px`} disabled=${brush.tool !== "brush"}
          onInput=${(event) => brush.resize(Number(event.target.value))} /><output>${brush.px} px</output></label>
      <div class="row tight">
        <${Button} small=${true} icon="eraser" aria-pressed=${String(brush.erase)} onClick=${() => brush.setErase(!brush.erase)}>${t("mask.erase")}<//>
        <${IconButton} small=${true} icon="undo" label=${t("mask.undo")} disabled=${!done.length} onClick=${brush.undo} />
        <${IconButton} small=${true} icon="redo" label=${t("mask.redo")} disabled=${!undone.length} onClick=${brush.redo} />
        <${IconButton} small=${true} icon="trash" label=${t("mask.clear")} disabled=${!done.length} onClick=${brush.clear} />
      </div>
      <div class="row tight">
        <${IconButton} small=${true} icon="minus" label=${t("compare.zoomOut")} onClick=${() => zoom.zoomBy(1 / STEP)} />
        <output class="small soft" aria-label=${t("compare.zoom")}>${zoom.view ? percent(zoom.view.scale * zoom.ratio) : ""}</output>
        <${IconButton} small=${true} icon="add" label=${t("compare.zoomIn")} onClick=${() => zoom.zoomBy(STEP)} />
        <${Button} small=${true} kind="quiet" onClick=${zoom.fit}>${t("compare.fit")}<//>
      </div>
    </div>`;
}
