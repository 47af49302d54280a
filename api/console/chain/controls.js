// A control for each kind of parameter. `value` undefined means: not said, the server's default holds.
import { html } from "../vendor/htm-preact.js";
import { has, number, t } from "../i18n.js";
import { Field, NumberInput, Segmented, Select, Slider, TextInput, Toggle } from "../ui/ui.js";
import { ColorField, ColorList } from "./colors.js";
import { Shape } from "./shapes.js";
import { MaskField, UploadField, UploadList } from "./uploads.js";
import { blank } from "./schema.js";
import { words } from "./OperationForm.js";

const FEW = 4;
const WIDE_RANGE = 1000;

/** <Control parameter value onChange label hint error photo/> */
export function Control(props) {
  const { parameter } = props;
  const Kind = KINDS[parameter.kind] ?? Json;
  return html`<${Kind} ...${props} />`;
}

const KINDS = {
  choice: Choice,
  either: Either,
  number: Numeric,
  flag: ({ parameter, value, onChange, label, hint }) => html`<${Toggle} label=${label} hint=${hint} checked=${value ?? parameter.initial ?? false} onChange=${onChange} />`,
  color: (props) => html`<${ColorField} ...${props} />`,
  text: Words,
  upload: (props) => html`<${UploadField} ...${props} />`,
  mask: (props) => html`<${MaskField} ...${props} />`,
  group: Group,
  list: List,
  corners: (props) => html`<${Shape} ...${props} shape="corners" />`,
};

/** What a value is called: "keep" as a shadow is not "keep" as a frame. */
function wordFor({ op, name }, value) {
  const key = [`value.${op}.${name}.${value}`, `value.${name}.${value}`, `value.${value}`].find(has);
  return key ? t(key) : typeof value === "number" ? number(value) : String(value);
}

function Choice({ parameter, value, onChange, label, hint, error }) {
  const unsaid = parameter.nullable ? [["", t("chain.unsaid")]] : [];
  const options = [...unsaid, ...parameter.options.map((option) => [option, parameter.name === "factor" ? `× ${option}` : wordFor(parameter, option)])];
  const present = value ?? (parameter.nullable ? "" : parameter.initial);
  const pick = (picked) => onChange(picked === "" ? undefined : picked);
  if (options.length <= FEW) return html`<${Segmented} ...${{ label, hint, error, options }} value=${present} onChange=${pick} />`;
  return html`<${Select} ...${{ label, hint, error, options }} value=${String(present)}
    onChange=${(text) => pick(parameter.options.find((option) => String(option) === text) ?? "")} />`;
}

function Either({ parameter, value, onChange, label, hint, error, photo }) {
  const present = value ?? parameter.initial ?? null;
  const mode = present === null ? "none" : present === parameter.word ? "word" : "other";
  const options = [...(parameter.nullable ? [["none", t("chain.unsaid")]] : []), ["word", wordFor(parameter, parameter.word)],
    ["other", t(`chain.own.${parameter.other.kind}`)]];
  const pick = (next) => onChange({ none: undefined, word: parameter.word, other: start(parameter.other) }[next]);
  return html`<div class="either">
    <${Segmented} ...${{ label, options }} hint=${mode === "other" ? null : hint} error=${mode === "other" ? null : error} value=${mode} onChange=${pick} />
    ${mode === "other" && html`<${Control} parameter=${parameter.other} value=${present} label=${label} ...${{ hint, error, onChange, photo }} />`}</div>`;
}

const start = (other) => (other.kind === "number" && other.most === 1 ? 1 : blank(other));

function Numeric({ parameter, value, onChange, label, hint, error }) {
  const { least, most, step, nullable } = parameter;
  const range = least !== undefined && most !== undefined && most - least <= WIDE_RANGE;
  if (range && !nullable) return html`<${Slider} ...${{ label, hint, error, step }} min=${least} max=${most} value=${value ?? parameter.initial ?? least} onInput=${onChange} />`;
  const told = [hint, range && t("chain.range", { least, most })].filter(Boolean).join(" ");
  return html`<${NumberInput} ...${{ label, error }} hint=${told || null} min=${least} max=${range ? most : null} step=${step} value=${value ?? null}
    placeholder=${t("chain.unsaid")} onInput=${(next) => onChange(next ?? undefined)} />`;
}

function Words({ parameter, value, onChange, label, hint, error }) {
  return html`<${TextInput} ...${{ label, hint, error }} value=${value ?? ""} rows=${parameter.most > 200 ? 3 : null} maxlength=${parameter.most}
    placeholder=${parameter.aspect ? "4:5" : ""} onInput=${(text) => onChange(text === "" ? undefined : text)} />`;
}

function Group(props) {
  const { parameter, value, onChange, label, hint, error, photo } = props;
  if (parameter.shape) return html`<${Shape} ...${props} shape=${parameter.shape} />`;
  const present = value ?? null;
  const set = (name, next) => {
    const changed = { ...present, [name]: next };
    if (next === undefined) delete changed[name];
    onChange(changed);
  };
  return html`<div class="group ${present ? "wide" : ""}"><${Toggle} label=${label} hint=${hint} checked=${present !== null}
      onChange=${(on) => onChange(on ? blank(parameter) : undefined)} />
    ${error && html`<div class="error" role="alert">${error}</div>`}
    ${present && html`<div class="op-form">${parameter.fields.map((field) => html`<${Control} key=${field.name} photo=${photo}
      parameter=${{ ...field, op: parameter.op }} value=${present[field.name]} ...${words(parameter.name, field)} onChange=${(next) => set(field.name, next)} />`)}</div>`}</div>`;
}

function List(props) {
  const { kind } = props.parameter.item;
  if (kind === "color") return html`<${ColorList} ...${props} />`;
  if (kind === "upload") return html`<${UploadList} ...${props} />`;
  if (props.parameter.item.shape === "box") return html`<${Shape} ...${props} shape="boxes" />`;
  return html`<${Json} ...${props} />`;
}

/** What no control is made for yet: as JSON, checked by the server like everything else. */
function Json({ value, onChange, label, hint, error }) {
  const read = (text) => {
    if (!text.trim()) return onChange(undefined);
    try {
      onChange(JSON.parse(text));
    } catch {
      onChange(text); // the dry run tells what is wrong with it
    }
  };
  return html`<${Field} ...${{ label, hint, error }}>${(props) => html`<textarea class="mono" rows="2" ...${props}
    value=${value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value)} onChange=${(event) => read(event.target.value)}>
      </textarea>`}<//>`;
}
