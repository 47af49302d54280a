// Colours: the browser's picker beside the text that the server gets, as names and short forms are fine, too.
import { html, useState } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";
import { Button, Field, IconButton } from "../ui/ui.js";

const HEX = /^#[0-9a-f]{6}$/i;

const OFFERED = ["#1f3a6e", "#8c1c2b", "#2f5d3a", "#d2a02c", "#5b3a6e", "#3a3a3c"]; // to begin a list with, each another

export function ColorField({ parameter, value, onChange, label, hint, error }) {
  const present = value ?? parameter.initial ?? "";
  return html`<${Field} ...${{ label, hint, error }}>${(props) => html`<div class="color">
    <${ColorInput} ...${{ props, onChange }} value=${present} label=${label} empty=${parameter.nullable ? t("chain.unsaid") : "#ffffff"} /></div>`}<//>`;
}

export function ColorList({ parameter, value, onChange, label, hint, error }) {
  const all = value ?? parameter.initial ?? [];
  const drop = (index) => onChange(all.length > 1 ? all.filter((_, at) => at !== index) : undefined);
  const set = (index, color) => (color ? onChange(all.map((old, at) => (at === index ? color : old))) : drop(index));
  const more = () => onChange([...all, OFFERED.find((color) => !all.includes(color)) ?? OFFERED[0]]);
  return html`<${Field} group wide ...${{ label, hint, error }}>${() => html`<div class="color-list">
    ${all.map((color, index) => html`<span class="color" key=${index}>
      <${ColorInput} value=${color} label=${`${label} ${index + 1}`} props=${{ "aria-label": `${label} ${index + 1}` }} onChange=${(next) => set(index, next)} />
      <${IconButton} small icon="close" label=${t("chain.drop", { what: `${label} ${index + 1}` })} onClick=${() => drop(index)} />
        </span>`)}
    ${all.length < (parameter.most ?? 16) && html`<${Button} small icon="add" onClick=${more}>${t("chain.color")}<//>`}</div>`}<//>`;
}

/** The picker and the text. `props`: for the text's input. */
function ColorInput({ value, label, onChange, props, empty = "" }) {
  const [draft, setDraft] = useState(null); // typed and not yet said: a redraw meanwhile must not take it back
  const text = typeof value === "object" ? JSON.stringify(value) : value; // told in CIE Lab elsewhere: kept unless changed
  const say = (event) => (setDraft(null), onChange(event.target.value.trim() || undefined));
  return html`<${Swatch} value=${value} label=${t("chain.pick", { what: label })} onChange=${onChange} />
    <input type="text" ...${props} value=${draft ?? text} placeholder=${empty} spellcheck="false"
      onInput=${(event) => setDraft(event.target.value)} onChange=${say} />`;
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
