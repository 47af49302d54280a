// The chain: operations in their order; add, move by buttons, keys or drag, remove, and set each one's parameters.
import { html, useRef, useState } from "../vendor/htm-preact.js";
import { has, t } from "../i18n.js";
import { Button, Icon, IconButton, toast } from "../ui/ui.js";
import { OperationForm, words } from "./OperationForm.js";
import { below } from "./dryrun.js";
import { inWords, isLeftAlone, leaveAlone } from "./faults.js";
import { fresh, parameters } from "./schema.js";

const GROUPS = {
  mend: ["auto", "relight", "restore", "upscale", "inpaint"],
  product: ["cutout", "background", "recolor", "variations"],
  frame: ["crop", "resize", "rotate", "perspective"],
};

/** <Builder operations schemas errors photo onChange(operations)/> */
export function Builder({ operations, schemas, errors, photo, onChange }) {
  const [open, setOpen] = useState(null);
  const [dragged, setDragged] = useState(null);
  const root = useRef(null);
  const focusOn = (...selectors) => requestAnimationFrame(() => { // once it is drawn
    selectors.map((selector) => root.current?.querySelector(selector)).find(Boolean)?.focus();
  });
  const move = (from, to) => {
    if (to < 0 || to >= operations.length || from === to) return;
    const next = [...operations];
    next.splice(to, 0, ...next.splice(from, 1));
    onChange(next);
    if (open !== null) setOpen(open === from ? to : null);
    toast(t("chain.moved", { what: title(operations[from]), place: to + 1 }));
    focusOn(`[data-handle="${to}"]`);
  };
  const add = (op) => {
    onChange([...operations, leaveAlone(fresh(op, schemas[op]))]);
    setOpen(operations.length);
    focusOn(titleAt(operations.length));
  };
  const remove = (index) => {
    onChange(operations.filter((_, at) => at !== index));
    setOpen(null);
    focusOn(titleAt(index), titleAt(index - 1), ".op-choice");
  };
  const drag = {
    onDragStart: (index) => setDragged(index),
    onDragOver: (event, index) => { if (dragged !== null) { event.preventDefault(); if (dragged !== index) { move(dragged, index); setDragged(index); } } },
    onDragEnd: () => setDragged(null),
  };
  return html`<div class="chain" ref=${root}>
    <ol>${operations.map((operation, index) => html`<${Step} key=${index} ...${{ operation, index, photo, move, drag }} last=${operations.length - 1}
      schema=${schemas[operation.op]} errors=${isLeftAlone(operation) ? [] : below(errors, `/operations/${index}`)} open=${open === index} dragged=${dragged === index}
      onOpen=${() => setOpen(open === index ? null : index)} onRemove=${() => remove(index)}
      onChange=${(next) => onChange(operations.map((old, at) => (at === index ? next : old)))} />`)}</ol>
    <${Adder} schemas=${schemas} first=${!operations.length} onAdd=${add} focusOn=${focusOn} /></div>`;
}

const titleAt = (index) => `.step:nth-child(${index + 1}) .step-title`;

const title = ({ op }) => (has(`op.${op}`) ? t(`op.${op}`) : op);

function Step({ operation, index, last, schema, errors, photo, open, dragged, move, drag, onOpen, onRemove, onChange }) {
  const name = title(operation);
  const keys = (event) => {
    const to = { ArrowUp: index - 1, ArrowDown: index + 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(index, to);
  };
  const looks = [open && "open", dragged && "dragged", errors.length > 0 && "wrong"].filter(Boolean).join(" ");
  return html`<li class="step ${looks}" onDragOver=${(event) => drag.onDragOver(event, index)} onDrop=${(event) => event.preventDefault()}>
    <div class="step-head">
      <button type="button" class="grip" draggable data-handle=${index} aria-label=${t("chain.grip", { what: name, place: index + 1 })} title=${t("chain.grip.title")}
        onKeyDown=${keys} onDragStart=${() => drag.onDragStart(index)} onDragEnd=${drag.onDragEnd}>
          <${Icon} name="grip" size="18" /></button>
      <button type="button" class="step-title" aria-expanded=${String(open)} onClick=${onOpen}>
        <span class="step-number">${index + 1}</span><span class="grow"><strong>${name}</strong>
        <small class="faint clip">${summary(operation)}</small></span><${Icon} name="open" size="18" /></button>
      <${IconButton} small icon="up" label=${t("chain.up", { what: name })} disabled=${index === 0} onClick=${() => move(index, index - 1)} />
      <${IconButton} small icon="down" label=${t("chain.down", { what: name })} disabled=${index === last} onClick=${() => move(index, index + 1)} />
      <${IconButton} small icon="trash" label=${t("chain.drop", { what: name })} onClick=${onRemove} /></div>
    ${errors.some(({ pointer }) => pointer === "") && html`<p class="error step-error" role="alert">${inWords(errors.find(({ pointer }) => pointer === ""))}</p>`}
    ${errors.length > 0 && !open && !errors.some(({ pointer }) => pointer === "") && html`<p class="error step-error">${wrongAt(operation, errors[0])}: ${inWords(errors[0])}</p>`}
    ${open && schema && html`<div class="step-body">${has(`op.${operation.op}.text`) && html`<p class="soft">${t(`op.${operation.op}.text`)}</p>`}
      ${parameters(schema).length > 0 && html`<${OperationForm} ...${{ operation, schema, errors, photo, onChange }} />`}</div>`}</li>`;
}

/** The parameter that an error is about. */
const wrongAt = ({ op }, { pointer }) => words(op, { name: pointer.split("/")[1] }).label;

/** What was set, in a few words. */
function summary({ op, ...set }) {
  const told = Object.entries(set).map(([name, value]) => `${words(op, { name }).label} ${short(value)}`);
  return told.join(" · ") || (has(`op.${op}.text`) ? t(`op.${op}.text`) : "");
}

function short(value) {
  if (value === true) return "✓";
  if (Array.isArray(value)) return value.every((one) => typeof one === "string" && one.length < 20) ? value.join(", ") : `× ${value.length}`;
  if (typeof value === "object") return "…";
  const key = `value.${value}`;
  return String(value).startsWith("sha256:") ? "✓" : has(key) ? t(key) : value;
}

function Adder({ schemas, first, onAdd, focusOn }) {
  const [asked, setOpen] = useState(false);
  const open = asked || first; // an empty chain has nothing else to offer
  const grouped = Object.values(GROUPS).flat();
  const others = Object.keys(schemas).filter((op) => !grouped.includes(op) && op !== "generate");
  const groups = [...Object.entries(GROUPS), ...(others.length ? [["other", others]] : [])];
  const show = (on) => (setOpen(on), focusOn(on ? ".op-choice" : ".add-step"));
  if (!open) return html`<${Button} icon="add" class="add-step" onClick=${() => show(true)}>${t("chain.add")}<//>`;
  const add = (op) => (onAdd(op), setOpen(false));
  return html`<div class="adder">${groups.map(([group, ops]) => html`<div key=${group}><h3>${t(`chain.group.${group}`)}</h3>
    <div class="op-choices">
    ${ops.filter((op) => schemas[op]).map((op) => html`<button type="button" class="op-choice" key=${op} onClick=${() => add(op)}>
      <strong>${title({ op })}</strong>
      <small class="faint">${has(`op.${op}.text`) && t(`op.${op}.text`)}</small></button>`)}</div></div>`)}
    ${!first && html`<${Button} small kind="quiet" onClick=${() => show(false)}>${t("cancel")}<//>`}</div>`;
}
