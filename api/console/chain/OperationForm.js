// One operation's parameters as a form, made from its JSON Schema.
import { html, useRef, useState } from "../vendor/htm-preact.js";
import { has, t } from "../i18n.js";
import { Button } from "../ui/ui.js";
import { Control } from "./controls.js";
import { at, below } from "./dryrun.js";
import { parameters } from "./schema.js";

/** The parameters that most people touch; all others stand behind one more step. */
const FIRST = {
  auto: [], restore: ["strength"], upscale: ["factor", "style"], relight: ["strength", "exposure"], cutout: ["shadow"],
  background: ["color", "shadow", "fill", "transparent"], recolor: ["colors"], inpaint: ["mask", "grow_px"],
  resize: ["width", "height", "fit"], crop: ["product", "margin", "aspect"], rotate: ["angle"], perspective: ["auto", "yaw", "pitch"],
  variations: ["count", "strength"], generate: ["text", "count", "colors", "pattern", "category"],
};

/**
 * <OperationForm operation schema errors photo onChange/>: `errors` with pointers inside the operation ("/strength");
 * `photo`: {id, …} to pick and paint on, or null; `hidden`: names that the page asks for elsewhere.
 */
export function OperationForm({ operation, schema, errors, photo, onChange, hidden = [] }) {
  const all = parameters(schema).filter(({ name }) => !hidden.includes(name) && !(operation.op === "recolor" && name === "color"));
  const first = FIRST[operation.op] ?? all.map(({ name }) => name);
  const shown = all.filter(({ name }) => first.includes(name));
  const rest = all.filter(({ name }) => !first.includes(name));
  const touched = rest.some(({ name }) => operation[name] !== undefined || below(errors, `/${name}`).length);
  const [open, setOpen] = useState(touched);
  const latest = useRef(operation); // two changes may come before one drawing
  latest.current = operation;
  const change = (parameter, value) => {
    latest.current = changed(latest.current, parameter, value);
    onChange(latest.current);
  };
  const field = (parameter) => html`<${Control} key=${parameter.name} parameter=${{ ...parameter, op: operation.op }} photo=${photo}
    value=${valueOf(operation, parameter)} error=${at(errors, `/${parameter.name}`)} ...${words(operation.op, parameter)}
    onChange=${(value) => change(parameter, value)} />`;
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

/** The list of colours to dye in is one list here, and `color` or `colors` for the server. */
const isDyes = ({ op }, { name }) => op === "recolor" && name === "colors";

function valueOf(operation, parameter) {
  const single = isDyes(operation, parameter) && operation.color;
  return single ? [single] : operation[parameter.name];
}

function dyed({ color, colors, ...rest }, list = []) {
  if (!list.length) return rest;
  return list.length === 1 ? { ...rest, color: list[0] } : { ...rest, colors: list };
}

/** The operation with one parameter changed; what is as it is by default is left out, so that the code stays short. */
export function changed(operation, parameter, value) {
  if (isDyes(operation, parameter)) return dyed(operation, value);
  const next = { ...operation };
  const usual = value === undefined || (!parameter.required && JSON.stringify(value) === JSON.stringify(parameter.initial ?? null));
  if (usual) delete next[parameter.name];
  else next[parameter.name] = value;
  return next;
}
