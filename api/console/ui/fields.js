// Form fields: a label, a hint and an error that belong to their input for those who listen, too.
import { html, useState } from "../vendor/htm-preact.js";

let made = 0;

/**
 * <Field label hint error>${(props) => html`<input ...${props}/>`}</Field>: `props` carry id, aria-describedby and
 * aria-invalid. `action`: something small beside the label. `group`: several controls under one name, each with its own;
 * then `props` are for none of them.
 */
export function Field({ label, hint, error, action, children, wide, group }) {
  const [id] = useState(() => `field-${++made}`);
  const told = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || null;
  const props = group ? {} : { id, "aria-describedby": told, "aria-invalid": error ? "true" : null };
  const named = group ? { role: "group", "aria-labelledby": `${id}-name`, "aria-describedby": told } : {};
  return html`<div class="field ${error ? "wrong" : ""} ${wide ? "wide" : ""}" ...${named}>
    <div class="field-head">${group ? html`<span class="label" id="${id}-name">${label}</span>` : html`<label for=${id}>${label}</label>`}${action}</div>${children(props)}
    ${hint && html`<div class="hint" id="${id}-hint">${hint}</div>`}
    ${error && html`<div class="error" id="${id}-error" role="alert">${error}</div>`}</div>`;
}

/** <TextInput label value onInput(text) …/>; other attributes go to the input (`rows` makes it a text area). */
export function TextInput({ label, hint, error, action, wide, onInput, value, ...rest }) {
  const shared = { ...rest, value: value ?? "", onInput: (event) => onInput(event.target.value) };
  return html`<${Field} ...${{ label, hint, error, action, wide }}>${(props) =>
    rest.rows ? html`<textarea ...${shared} ...${props}></textarea>` : html`<input type="text" ...${shared} ...${props} />`}<//>`;
}

/** A number, or null when empty; `onInput(number | null)`. */
export function NumberInput({ onInput, value, ...rest }) {
  return html`<${TextInput} type="number" inputmode="decimal" value=${value ?? ""} ...${rest}
    onInput=${(text) => onInput(text === "" ? null : Number(text))} />`;
}

/** <Select label value onChange options=${[[value, words], …]}/> */
export function Select({ label, hint, error, action, options, value, onChange, ...rest }) {
  return html`<${Field} ...${{ label, hint, error, action }}>${(props) => html`<select ...${rest} ...${props} value=${value}
    onChange=${(event) => onChange(event.target.value)}>${options.map(([id, words]) =>
      html`<option value=${id} key=${id} selected=${id === value}>${words}</option>`)}</select>`}<//>`;
}

/** A switch. */
export function Toggle({ label, hint, checked, onChange, ...rest }) {
  const [id] = useState(() => `field-${++made}`);
  return html`<div class="toggle"><input type="checkbox" role="switch" id=${id} checked=${checked} ...${rest}
    aria-describedby=${hint ? `${id}-hint` : null} onChange=${(event) => onChange(event.target.checked)} />
    <div><label for=${id}>${label}</label>${hint && html`<div class="hint" id="${id}-hint">${hint}</div>`}</div></div>`;
}

/** A few choices side by side: radio buttons in a row. */
export function Segmented({ label, options, value, onChange, hideLabel, hint, error }) {
  const [name] = useState(() => `field-${++made}`);
  return html`<fieldset class="segmented ${error ? "wrong" : ""}"><legend class=${hideLabel ? "unseen" : ""}>${label}</legend>
    <div class="segments">
    ${options.map(([id, words]) => html`<label key=${id} class=${id === value ? "on" : ""}>
      <input type="radio" name=${name} value=${String(id)}
      checked=${id === value} onChange=${() => onChange(id)} /><span>${words}</span></label>`)}</div>
    ${hint && html`<div class="hint">${hint}</div>`}${error && html`<div class="error" role="alert">${error}</div>`}</fieldset>`;
}

/** A slider with its number beside it. */
export function Slider({ label, hint, error, action, value, min, max, step, onInput }) {
  return html`<${Field} ...${{ label, hint, error, action }}>${(props) => html`<div class="slider">
    <input type="range" ...${{ min, max, step }} ...${props} value=${value} onInput=${(event) => onInput(Number(event.target.value))} />
    <input type="number" ...${{ min, max, step }} aria-label=${label} value=${value}
      onChange=${(event) => event.target.value !== "" && onInput(Number(event.target.value))} /></div>`}<//>`;
}
