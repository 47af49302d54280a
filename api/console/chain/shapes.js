// Points, boxes and corners: typed as numbers, or picked on the photo.
import { html, useRef, useState } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";
import { fileOf } from "../photos/photos.js";
import { Button, Dialog, Field, IconButton } from "../ui/ui.js";

const FIELDS = { point: ["x", "y"], corners: ["x", "y"], box: ["x", "y", "width", "height"], boxes: ["x", "y", "width", "height"] };
const CORNERS = 4;

/** <Shape shape="point|box|boxes|corners" …/>: `value` is one {x, y, …}, or a list of them. */
export function Shape({ shape, value, onChange, label, hint, error, photo }) {
  const [open, setOpen] = useState(null);
  const many = shape === "boxes" || shape === "corners";
  const all = value == null ? [] : many ? value : [value];
  const give = (next) => onChange(next.length ? (many ? next : next[0]) : undefined);
  const file = photo && fileOf(photo.id);
  const picked = (next) => (give(next), close());
  const close = () => { URL.revokeObjectURL(open); setOpen(null); };
  return html`<div class="shape wide">
    <${Field} group ...${{ label, hint, error }} action=${all.length > 0 && html`<${Button} small kind="quiet" onClick=${() => onChange(undefined)}>${t("chain.none")}<//>`}>
    ${() => html`<div class="stack tight">${all.map((one, index) => html`<${Numbers} key=${index} names=${FIELDS[shape]} one=${one} label=${many ? `${label} ${index + 1}` : label}
        onInput=${(next) => give(all.map((old, at) => (at === index ? next : old)))} onDrop=${shape === "boxes" && (() => give(all.filter((_, at) => at !== index)))} />`)}
      <div class="row tight">
        <${Button} small icon="photo" disabled=${!file} onClick=${() => setOpen(URL.createObjectURL(file))}>${t("shape.pick")}<//>
        ${(shape === "boxes" || !all.length) && html`<${Button} small kind="quiet" icon="add" onClick=${() => give([...all, ...blanks(shape)])}>${t("shape.type")}<//>`}</div>
          </div>`}<//>
    ${open && html`<${Picker} photo=${open} shape=${shape} onDone=${picked} onClose=${close} />`}</div>`;
}

const blanks = (shape) => Array.from({ length: shape === "corners" ? CORNERS : 1 }, () => Object.fromEntries(FIELDS[shape].map((name) => [name, name === "x" || name === "y" ? 0 : 100])));

function Numbers({ names, one, label, onInput, onDrop }) {
  return html`<div class="numbers">${names.map((name) => html`<label key=${name}><span>${t(`shape.${name}`)}</span>
    <input type="number" min="0" value=${one[name]} aria-label=${`${label}: ${t(`shape.${name}`)}`}
    onInput=${(event) => event.target.value !== "" && onInput({ ...one, [name]: Number(event.target.value) })} /></label>`)}
    ${onDrop && html`<${IconButton} small icon="close" label=${t("chain.drop", { what: label })} onClick=${onDrop} />`}</div>`;
}

function Picker({ photo, shape, onDone, onClose }) {
  const image = useRef(null);
  const [points, setPoints] = useState([]); // clicks, or the two ends of a drag
  const needed = { point: 1, corners: CORNERS }[shape] ?? 2;
  const place = ({ clientX, clientY }) => {
    const frame = image.current.getBoundingClientRect();
    const scale = image.current.naturalWidth / frame.width;
    const within = (value, most) => Math.round(Math.max(0, Math.min(value * scale, most)));
    return { x: within(clientX - frame.left, image.current.naturalWidth), y: within(clientY - frame.top, image.current.naturalHeight) };
  };
  const down = (event) => {
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    const at = place(event);
    setPoints((old) => (needed === 2 ? [at, at] : old.length < needed ? [...old, at] : [at]));
  };
  const move = (event) => needed === 2 && event.buttons && setPoints(([first]) => [first, place(event)]);
  const ready = points.length === needed && (needed !== 2 || area(points).width > 1);
  const finish = () => onDone(needed === 2 ? [area(points)] : points);
  return html`<${Dialog} full title=${t(`shape.title.${shape}`)} onClose=${onClose} actions=${html`<${Button} onClick=${onClose}>${t("cancel")}<//>
    <${Button} kind="primary" disabled=${!ready} onClick=${finish}>${t("shape.use")}<//>`}>
    <p class="soft">${t(`shape.how.${shape}`)}</p>
    <div class="picker" onPointerDown=${down} onPointerMove=${move}><img src=${photo} alt="" ref=${image} draggable=${false} />
      ${image.current && (needed === 2 ? points.length === 2 && html`<span class="picked-box" style=${boxStyle(area(points), image.current)}>
        </span>`
      : points.map((point, index) => html`<span class="picked-point" key=${index} style=${pointStyle(point, image.current)}>${needed > 1 ? index + 1 : ""}</span>`))}</div>
        <//>`;
}

function area([a, b]) {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.max(1, Math.abs(a.x - b.x)), height: Math.max(1, Math.abs(a.y - b.y)) };
}

const share = (value, whole) => `${(value / whole) * 100}%`;

function pointStyle({ x, y }, { naturalWidth, naturalHeight }) {
  return { left: share(x, naturalWidth), top: share(y, naturalHeight) };
}

function boxStyle(box, { naturalWidth, naturalHeight }) {
  return { ...pointStyle(box, { naturalWidth, naturalHeight }), width: share(box.width, naturalWidth), height: share(box.height, naturalHeight) };
}
