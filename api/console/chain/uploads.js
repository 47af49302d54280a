// Parameters that are pictures: a background, pictures that are liked, and the mask that is brushed on the photo.
import { html, useRef, useState } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";
import { MaskBrush } from "../mask/MaskBrush.js";
import { ACCEPT } from "../photos/kinds.js";
import { fileOf, sendAside } from "../photos/photos.js";
import { Button, Dialog, Field, IconButton, toastProblem } from "../ui/ui.js";
import { tie } from "./masks.js";

const shownAs = new Map(); // upload id → blob URL of what was chosen here

export function UploadField({ value, onChange, label, hint, error }) {
  return html`<${Field} group ...${{ label, hint, error }}>${() => html`<div class="row tight">
    ${value && html`<${Chosen} upload=${value} label=${label} onDrop=${() => onChange(undefined)} />`}
    <${Chooser} onChosen=${([first]) => onChange(first)}>${t(value ? "chain.other" : "chain.choose")}<//></div>`}<//>`;
}

export function UploadList({ parameter, value, onChange, label, hint, error }) {
  const all = value ?? [];
  const drop = (gone) => onChange(all.length > 1 ? all.filter((upload) => upload !== gone) : undefined);
  return html`<${Field} group ...${{ label, hint, error }}>${() => html`<div class="row tight">
    ${all.map((upload) => html`<${Chosen} key=${upload} upload=${upload} label=${label} onDrop=${() => drop(upload)} />`)}
    ${all.length < (parameter.most ?? 8) && html`<${Chooser} multiple
      onChosen=${(fresh) => onChange([...new Set([...all, ...fresh])].slice(0, parameter.most))}>${t("chain.choose")}<//>`}</div>`}<//>`;
}

/** The holes to fill, brushed on the photo, if it is the only one: a mask fits no other. */
export function MaskField({ value, onChange, label, hint, error, photo }) {
  const [open, setOpen] = useState(null);
  const [busy, setBusy] = useState(false);
  const file = photo?.alone && fileOf(photo.id);
  const close = () => { URL.revokeObjectURL(open); setOpen(null); };
  const done = async (blob) => {
    close();
    setBusy(true);
    try {
      const upload = await sendAside(blob);
      shownAs.set(upload, URL.createObjectURL(blob));
      tie(upload, photo.upload);
      onChange(upload);
    } catch (problem) {
      toastProblem(problem);
    }
    setBusy(false);
  };
  return html`<${Field} group wide ...${{ label, error }} hint=${file ? hint : t(photo && !photo.alone ? "chain.mask.alone" : "chain.mask.photo")}>${() => html`<div class="row tight">
      ${value && html`<${Chosen} upload=${value} label=${label} onDrop=${() => onChange(undefined)} />`}
      <${Button} icon="brush" busy=${busy} disabled=${!file} onClick=${() => setOpen(URL.createObjectURL(file))}>${t(value ? "chain.mask.again" : "chain.mask.paint")}<//>
        </div>`}<//>
    ${open && html`<${Dialog} full title=${t("chain.mask.title")} onClose=${close}>
      <${MaskBrush} photo=${open} onDone=${done} onCancel=${close} /><//>`}`;
}

function Chosen({ upload, label, onDrop }) {
  const url = shownAs.get(upload);
  return html`<span class="chosen">${url ? html`<img src=${url} alt=${t("chain.chosen", { what: label })} />` : html`<code>${upload.slice(7, 15)}</code>`}
    <${IconButton} small icon="close" label=${t("chain.drop", { what: label })} onClick=${onDrop} /></span>`;
}

function Chooser({ children, multiple, onChosen }) {
  const input = useRef(null);
  const [busy, setBusy] = useState(false);
  const chosen = async (event) => {
    const files = [...event.target.files];
    event.target.value = "";
    if (!files.length) return;
    setBusy(true);
    try {
      const fresh = [];
      for (const file of files) {
        const upload = await sendAside(file);
        shownAs.set(upload, URL.createObjectURL(file));
        fresh.push(upload);
      }
      onChosen(fresh);
    } catch (problem) {
      toastProblem(problem);
    }
    setBusy(false);
  };
  return html`<input type="file" class="unseen" tabindex="-1" aria-hidden="true" accept=${ACCEPT} multiple=${multiple} ref=${input} onChange=${chosen} />
    <${Button} icon="upload" busy=${busy} onClick=${() => input.current.click()}>${children}<//>`;
}
