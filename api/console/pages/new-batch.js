// Starting a batch: the table, the photos that it names, the channels; first a dry run that tells every fault by its row.
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { may, post } from "../api.js";
import { Channels } from "../chain/Channels.js";
import { duration, t } from "../i18n.js";
import { PhotoTable } from "../photos/PhotoTable.js";
import { lying, photos } from "../photos/photos.js";
import { go } from "../router.js";
import { useSignal } from "../store.js";
import { Button, Icon, Notice, ProblemNotice, TextInput, Toggle, toast } from "../ui/ui.js";
import { photoNames, photoOf, readTable, withUploads } from "./table-file.js";

const TYPES = { csv: "text/csv", jsonl: "application/jsonl", json: "application/json" };
const SHOWN_FAULTS = 100;
const NO_WORK = /needs an operation, or renditions/; // as the server puts it
const NO_PHOTO = /nothing to begin with/;

export function NewBatch({ presets }) {
  const [file, setFile] = useState(null);
  const [table, setTable] = useState(null);
  const [name, setName] = useState("");
  const [channels, setChannels] = useState([]);
  const [open, setOpen] = useState(true); // nothing is chosen yet, and most tables name no channel
  const [skip, setSkip] = useState(false);
  const [found, setFound] = useState(null);
  const [busy, setBusy] = useState("");
  const all = lying(useSignal(photos), "catalogue");
  const uploads = new Map(all.filter(({ upload }) => upload).map(({ name: photo, upload }) => [photo.toLowerCase(), upload]));
  const names = table ? photoNames(table) : [];
  const missing = names.filter((one) => !uploads.has(one.toLowerCase()));
  const choose = async (chosen) => {
    setFile(chosen);
    setFound(null);
    setTable(await readTable(chosen));
    if (!name) setName(chosen.name.replace(/\.\w+$/, ""));
  };
  const send = (dry) => post("/v1/batches", withUploads(table, uploads), {
    query: { name: name.trim(), preset: channels.join(","), ...(dry ? { validate_only: "true" } : skip ? { skip_invalid: "true" } : {}) },
    headers: { "Content-Type": TYPES[table.kind] },
  });
  const run = (what, action) => async () => {
    setBusy(what);
    try {
      await action();
    } catch (problem) {
      setFound({ problem });
    }
    setBusy("");
  };
  const check = run("check", async () => setFound(await send(true)));
  const begin = run("start", async () => {
    const batch = await send(false);
    toast(t("catalogue.started", { n: batch.counts.total }));
    go("catalogue", [batch.id]);
  });
  useEffect(() => setFound(null), [channels.join(), missing.length]); // what was checked is no longer what would be sent
  const good = found && !found.problem && found.valid > 0 && (found.invalid === 0 || skip);
  return html`<section class="card stack wide" aria-label=${t("catalogue.new")}><h2>${t("catalogue.new")}</h2>
    <${TableFile} file=${file} table=${table} onChoose=${choose} />
    ${table && html`${names.length > 0 && html`<div class="stack tight">
      <p class="soft">${t("catalogue.photos", { n: names.length })}</p><${PhotoTable} on="catalogue" />
        ${missing.length > 0 && html`<${Notice} tone="warn" title=${t("catalogue.missing", { n: missing.length })}>
          <span class="small">${missing.slice(0, 8).join(", ")}${missing.length > 8 ? " …" : ""}</span><//>`}</div>`}
      <${TextInput} label=${t("catalogue.name")} value=${name} maxlength="200" onInput=${setName} />
      <details open=${open} onToggle=${(event) => setOpen(event.currentTarget.open)}>
        <summary>${t("catalogue.channels", { n: channels.length })}</summary>
        <p class="hint">${t("catalogue.channels.hint")}</p>
        <${Channels} presets=${presets} chosen=${channels} errors=${[]} onChange=${setChannels} /></details>
      ${found && html`<${Result} ...${{ found, table, uploads }} work=${channels.length > 0} />`}
      ${found?.invalid > 0 && found.valid > 0 && html`<${Toggle} label=${t("catalogue.skip", { n: found.invalid })} hint=${t("catalogue.skip.hint")} checked=${skip} onChange=${setSkip} />`}
      <div class="go"><span></span><div class="row tight">
        <${Button} icon="check" kind=${found ? "plain" : "primary"} busy=${busy === "check"} disabled=${!may("jobs:write")} onClick=${check}>${t("catalogue.check")}<//>
        ${good && html`<${Button} icon="play" kind="primary" busy=${busy === "start"} onClick=${begin}>${t("catalogue.start", { n: found.valid })}<//>`}</div>
          </div>`}</section>`;
}

function TableFile({ file, table, onChoose }) {
  const input = useRef(null);
  const [over, setOver] = useState(false);
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    const [first] = event.dataTransfer.files;
    if (first) onChoose(first);
  };
  const chosen = (event) => {
    const [first] = event.target.files;
    event.target.value = "";
    if (first) onChoose(first);
  };
  return html`<div class="table-drop ${over ? "over" : ""}" onDragOver=${(event) => (event.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <input type="file" class="unseen" tabindex="-1" aria-hidden="true" accept=".csv,.jsonl,.ndjson,.json,text/csv"
      ref=${input} onChange=${chosen} id="table-file" />
    <${Icon} name="table" size="28" /><div class="grow">${file ? html`<strong>${file.name}</strong><br />
      <small class="faint">${table?.rows ? t("catalogue.rows", { n: Math.max(0, table.rows.length - 1) }) : ""}</small>`
      : html`<strong>${t("catalogue.drop")}</strong><br /><small class="faint">${t("catalogue.columns")}</small>`}</div>
    <${Button} icon="upload" onClick=${() => input.current.click()}>${t(file ? "catalogue.other" : "catalogue.choose")}<//>
      </div>`;
}

function Result({ found, table, uploads, work }) {
  const faults = { table, uploads };
  if (found.problem) return html`<div class="stack tight">
    <${ProblemNotice} problem=${found.problem} />${found.problem.errors.length > 0 && html`<${Faults} errors=${found.problem.errors} ...${faults} />`}
    <${NoWork} errors=${found.problem.errors} work=${work} /></div>`;
  const seconds = found.estimate?.seconds;
  const told = [
    found.invalid > 0 && t("catalogue.invalid", { n: found.invalid }),
    seconds != null && t("go.estimate", { time: duration(seconds) }),
    found.ignored_columns.length > 0 && t("catalogue.ignored", { names: found.ignored_columns.join(", ") }),
  ].filter(Boolean).join(" ");
  return html`<div class="stack tight">
    <${Notice} tone=${found.invalid ? "warn" : "good"} title=${t("catalogue.valid", { valid: found.valid, n: found.total })}>
      <span>${told}</span><//>
    <${NoWork} errors=${found.errors} work=${work} />
    ${found.errors.length > 0 && html`<${Faults} errors=${found.errors} ...${faults} />`}</div>`;
}

/** Rows that say nothing of what is to be done: the cure is on this page. */
function NoWork({ errors, work }) {
  if (work || !errors.some(({ detail }) => NO_WORK.test(detail))) return null;
  return html`<${Notice} tone="warn" title=${t("catalogue.nowork")}><span>${t("catalogue.nowork.text")}</span><//>`;
}

/** A photo that the row names and that was not put here, else the server's own words. */
function Told({ error: { row, detail }, table, uploads }) {
  const photo = NO_PHOTO.test(detail) && row ? photoOf(table, row) : "";
  if (photo && !uploads.has(photo.toLowerCase())) return t("catalogue.absent", { photo });
  return html`<span lang="en">${detail}</span>`;
}

function Faults({ errors, table, uploads }) {
  return html`<div class="table-wrap" tabindex="0" role="region" aria-label=${t("catalogue.faults")}><table><thead><tr>
    <th scope="col" class="number">${t("catalogue.row")}</th><th scope="col">${t("catalogue.column")}</th>
    <th scope="col">${t("catalogue.fault")}</th></tr></thead>
    <tbody>${errors.slice(0, SHOWN_FAULTS).map((error, index) => html`<tr key=${index}>
      <td class="number">${error.row || "–"}${error.line
        ? html` <small class="faint">(${t("catalogue.line", { line: String(error.line) })})</small>` : ""}</td>
      <td>${error.column ?? (error.pointer ?? "").slice(1)}</td>
      <td><${Told} ...${{ error, table, uploads }} /></td></tr>`)}</tbody></table></div>
    ${errors.length > SHOWN_FAULTS && html`<small class="faint">${t("catalogue.more", { n: errors.length - SHOWN_FAULTS })}</small>`}`;
}
