// One operation's parameters as a form, made from its JSON Schema.
import { html, useState } from "../vendor/htm-preact.js";
import { has, t } from "../i18n.js";
import { Button } from "../ui/ui.js";
import { Control } from "./controls.js";
import { at, below } from "./dryrun.js";
import { parameters } from "./schema.js";

/** The parameters that most people touch; all others stand behind one more step. */
const FIRST = {
  auto: [], restore: ["strength"], upscale: ["factor", "style"], relight: ["strength", "exposure"], cutout: ["shadow"],
  background: ["color", "shadow", "fill", "transparent"], recolor: ["color", "colors"], inpaint: ["mask", "grow_px"],
  resize: ["width", "height", "fit"], crop: ["product", "margin", "aspect"], rotate: ["angle"], perspective: ["auto", "yaw", "pitch"],
  variations: ["count", "strength"], generate: ["text", "count", "colors", "pattern", "category"],
};

/**
 * <OperationForm operation schema errors photo onChange/>: `errors` with pointers inside the operation ("/strength");
 * `photo`: {id, …} to pick and paint on, or null; `hidden`: names that the page asks for elsewhere.
 */
export function OperationForm({ operation, schema, errors, photo, onChange, hidden = [] }) {
  const all = parameters(schema).filter(({ name }) => !hidden.includes(name));
  const first = FIRST[operation.op] ?? all.map(({ name }) => name);
  const shown = all.filter(({ name }) => first.includes(name));
  const rest = all.filter(({ name }) => !first.includes(name));
  const touched = rest.some(({ name }) => operation[name] !== undefined || below(errors, `/${name}`).length);
  const [open, setOpen] = useState(touched);
  const field = (parameter) => html`<${Control} key=${parameter.name} parameter=${{ ...parameter, op: operation.op }} photo=${photo}
    value=${operation[parameter.name]} error=${at(errors, `/${parameter.name}`)} ...${words(operation.op, parameter)}
    onChange=${(value) => onChange(changed(operation, parameter, value))} />`;
  return html`<div class="op-form">${shown.map(field)}
    ${rest.length > 0 && (open || touched ? rest.map(field) : html`<div class="wide"><${Button} small kind="quiet" icon="open"
      onClick=${() => setOpen(true)}>${t("chain.more", { n: rest.length })}<//></div>`)}</div>`;
}

/** A parameter's label and help; what the server has and this page does not know yet shows by its own name. */
export function words(op, { name }) {
  const label = [`param.${op}.${name}`, `param.${name}`].find(has);
  const hint = [`hint.${op}.${name}`, `hint.${name}`].find(has);
  return { label: label ? t(label) : name.replaceAll("_", " "), hint: hint ? t(hint) : null };
}

/** The operation with one parameter changed; what is as it is by default is left out, so that the code stays short. */
export function changed(operation, parameter, value) {
  const next = { ...operation };
  const usual = value === undefined || (!parameter.required && JSON.stringify(value) === JSON.stringify(parameter.initial ?? null));
  if (usual) delete next[parameter.name];
  else next[parameter.name] = value;
  return next;
}
