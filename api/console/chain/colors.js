// Colours: the browser's picker beside the text that the server gets, as names and short forms are fine, too.
import { html, useState } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";
import { Button, Field, IconButton } from "../ui/ui.js";

const HEX = /^#[0-9a-f]{6}$/i;

export function ColorField({ parameter, value, onChange, label, hint, error }) {
  const present = value ?? parameter.initial ?? "";
  const lab = typeof present === "object"; // told in CIE Lab elsewhere: shown, and kept unless changed
  return html`<${Field} ...${{ label, hint, error }}>${(props) => html`<div class="color">
    <${Swatch} value=${present} label=${t("chain.pick", { what: label })} onChange=${onChange} />
    <input type="text" ...${props} value=${lab ? JSON.stringify(present) : present} placeholder=${parameter.nullable ? t("chain.unsaid") : "#ffffff"} spellcheck="false"
      onChange=${(event) => onChange(event.target.value.trim() || undefined)} /></div>`}<//>`;
}

export function ColorList({ parameter, value, onChange, label, hint, error }) {
  const all = value ?? parameter.initial ?? [];
  const set = (index, color) => onChange(all.map((old, at) => (at === index ? color : old)));
  const drop = (index) => onChange(all.length > 1 ? all.filter((_, at) => at !== index) : undefined);
  return html`<${Field} group ...${{ label, hint, error }}>${() => html`<div class="row tight">
    ${all.map((color, index) => html`<span class="color-chip" key=${index}>
      <${Swatch} value=${color} label=${t("chain.pick", { what: `${label} ${index + 1}` })} onChange=${(next) => set(index, next)} />
      <${IconButton} small icon="close" label=${t("chain.drop", { what: `${label} ${index + 1}` })} onClick=${() => drop(index)} />
        </span>`)}
    ${all.length < (parameter.most ?? 16) && html`<${Button} small icon="add" onClick=${() => onChange([...all, "#1f3a6e"])}>${t("chain.color")}<//>`}</div>`}<//>`;
}

function Swatch({ value, label, onChange }) {
  const [draft, setDraft] = useState(null);
  const shown = draft ?? (HEX.test(value) ? value : asHex(value));
  return html`<input type="color" aria-label=${label} value=${shown} onInput=${(event) => setDraft(event.target.value)}
    onChange=${(event) => { setDraft(null); onChange(event.target.value); }} />`;
}

/** A CSS colour's name as #rrggbb, by the browser's own canvas; white for what it does not know. */
function asHex(name) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = "#ffffff";
  if (typeof name === "string" && name) context.fillStyle = name;
  return HEX.test(context.fillStyle) ? context.fillStyle : "#ffffff";
}
