// One batch: how far it is, its rows with what became of them, and its results.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { blob, get, local, may, post, problemSlug } from "../api.js";
import { bytes, duration, t, when } from "../i18n.js";
import { save } from "../live/saving.js";
import { follow } from "../live/sse.js";
import { showing } from "../live/trail.js";
import { href, replace } from "../router.js";
import { Badge, Button, Confirm, ProblemNotice, Progress, Segmented, Spinner, StateBadge, problemTitle, toastProblem } from "../ui/ui.js";

const POLL_MS = 3000;
const STATES = ["", "running", "succeeded", "review", "failed", "canceled"];
const ROWS = 50;
const MOST_PAGES = 20; // looked through at once for rows that need a look

export function BatchPage({ id, query }) {
  const [batch, setBatch] = useState(null);
  const [problem, setProblem] = useState(null);
  const load = () => get(`/v1/batches/${id}`).then(setBatch, setProblem);
  useEffect(() => { load(); }, [id]);
  const over = batch && ["finished", "canceled"].includes(batch.state);
  useEffect(() => {
    if (!batch || over) return undefined;
    let live = false;
    const stop = follow(`/v1/batches/${id}/events`, { event: () => { load(); }, state: (state) => { live = state === "open"; } });
    const timer = setInterval(() => live || load(), POLL_MS);
    return () => { stop(); clearInterval(timer); };
  }, [id, Boolean(batch), over]);
  return html`<div class="page"><a class="back" href=${href("catalogue")}>← ${t("nav.catalogue")}</a>
    <${ProblemNotice} problem=${problem} />
    ${batch ? html`<${Shown} batch=${batch} query=${query} onChange=${setBatch} />` : !problem && html`<${Spinner} />`}</div>`;
}

function Shown({ batch, query, onChange }) {
  const { counts } = batch;
  const done = counts.succeeded + counts.failed + counts.canceled;
  const left = batch.state === "running" && batch.eta_s != null ? t("job.eta", { time: duration(batch.eta_s) }) : null;
  return html`<header class="page-head row spread"><div><h1>${batch.name || t("batch.unnamed")}</h1><div class="row tight">
    <${StateBadge} state=${batch.state} /><small class="faint">${when(batch.created_at)}</small></div></div>
    <${Steer} batch=${batch} onChange=${onChange} /></header>
    <section class="card stack" aria-live="polite">
      <${Progress} value=${counts.total ? done / counts.total : 0} label=${t("batch.progress", { name: batch.name ?? "" })} />
      <div class="row spread"><strong>${t("batch.done", { done, n: counts.total })}</strong><span class="soft">${left}</span>
        </div>
      <dl class="counts">${Object.entries(counts).filter(([name, value]) => name !== "total" && value > 0).map(([name, value]) => html`<div key=${name}>
        <dt>${t(`state.${name}`)}</dt><dd>${value}</dd></div>`)}</dl>
      <${Results} batch=${batch} /></section>
    <${Items} batch=${batch} query=${query} done=${done} />`;
}

function Steer({ batch, onChange }) {
  const [busy, setBusy] = useState("");
  const [asking, setAsking] = useState(false);
  const wish = async (what) => {
    setBusy(what);
    try {
      onChange(await post(`/v1/batches/${batch.id}/${what}`));
    } catch (problem) {
      toastProblem(problem);
    }
    setBusy("");
  };
  const over = ["finished", "canceled"].includes(batch.state);
  const button = (what, icon) => html`<${Button} icon=${icon} busy=${busy === what} disabled=${!may("jobs:write")} onClick=${() => wish(what)}>${t(`batch.${what}`)}<//>`;
  return html`<div class="row tight">${batch.state === "running" && button("pause", "pause")}${batch.state === "paused" && button("resume", "play")}
    ${batch.counts.failed > 0 && over && button("retry", "redo")}${!over && html`<${Button} icon="stop" kind="danger" onClick=${() => setAsking(true)}>${t("batch.cancel")}<//>`}
    ${asking && html`<${Confirm} title=${t("batch.cancel.title")} text=${t("batch.cancel.text")} yes=${t("batch.cancel")} onYes=${() => wish("cancel")} onClose=${() => setAsking(false)} />`}</div>`;
}

function Results({ batch }) {
  const [busy, setBusy] = useState("");
  if (!batch.counts.succeeded && !batch.counts.failed) return null;
  const fetchIt = (kind, path, query) => async () => {
    setBusy(kind);
    try {
      save(await blob(path, { query }), `${batch.name || batch.id}.${kind}`);
    } catch (problem) {
      toastProblem(problem);
    }
    setBusy("");
  };
  const results = `/v1/batches/${batch.id}/results`;
  const zip = fetchIt("zip", `/v1/batches/${batch.id}/archive`);
  return html`<div class="row tight">
    ${batch.counts.succeeded > 0 && html`
      <${Button} kind="primary" icon="download" busy=${busy === "zip"} onClick=${zip}>${t("batch.zip")}<//>`}
    <${Button} icon="table" busy=${busy === "csv"} onClick=${fetchIt("csv", results, { format: "csv" })}>CSV<//>
      <${Button} icon="code" busy=${busy === "jsonl"} onClick=${fetchIt("jsonl", results, { format: "jsonl" })}>JSONL<//></div>`;
}

function Items({ batch, query, done }) {
  const [page, setPage] = useState(null);
  const [problem, setProblem] = useState(null);
  const load = async (cursor) => {
    try {
      const found = await rowsOf(batch.id, query.state, cursor);
      setPage((old) => ({ items: cursor ? [...old.items, ...found.items] : found.items, cursor: found.cursor }));
    } catch (refused) {
      setProblem(refused);
    }
  };
  const order = (page?.items ?? []).map(({ job }) => job).filter(Boolean);
  useEffect(() => showing("catalogue", href("catalogue", [batch.id], query), order), [batch.id, query.state, order.join()]);
  useEffect(() => { load(); }, [query.state, done, batch.state, batch.counts.running]);
  return html`<section class="stack"><div class="row spread"><h2>${t("batch.rows")}</h2>
    <${Segmented} hideLabel label=${t("jobs.filter.state")} value=${query.state ?? ""} options=${STATES.map((state) => [state, filterName(state)])}
      onChange=${(state) => replace("catalogue", [batch.id], { ...query, state })} /></div>
    <${ProblemNotice} problem=${problem} />${page && html`<div class="table-wrap" tabindex="0" role="region" aria-label=${t("batch.rows")}>
      <table><thead><tr><th scope="col" class="number">${t("catalogue.row")}</th><th scope="col">${t("output.sku")}</th>
      <th scope="col">${t("jobs.filter.state")}</th><th scope="col">${t("batch.files")}</th></tr></thead>
      <tbody>${page.items.map((item) => html`<${Item} key=${item.row} item=${item} />`)}</tbody></table></div>`}
    ${page?.cursor && html`<div><${Button} onClick=${() => load(page.cursor)}>${t("more")}<//></div>`}</section>`;
}

/** A page of rows; of those that need a look, which the server does not choose by, as many as there are among many pages. */
async function rowsOf(id, state, cursor) {
  const ask = (after, query) => get(`/v1/batches/${id}/items`, { query: { ...query, cursor: after } });
  if (state !== "review") {
    const found = await ask(cursor, { state, limit: ROWS });
    if (!state || !found.cursor) return found;
    const further = await ask(found.cursor, { state, limit: 1 });
    return { items: found.items, cursor: further.items.length || further.cursor ? found.cursor : null };
  }
  const items = [];
  let next = cursor;
  for (let page = 0; page < MOST_PAGES && items.length < ROWS && (next || !page); page++) {
    const found = await ask(next, { state: "succeeded", limit: 200 });
    items.push(...found.items.filter((item) => item.needs_review));
    next = found.cursor;
  }
  return { items, cursor: next };
}

function filterName(state) {
  if (state === "review") return t("jobs.filter.review");
  return t(state ? `state.${state}` : "jobs.filter.all");
}

function Item({ item }) {
  return html`<tr><td class="number">${item.row}</td>
    <td>${item.job ? html`<a href=${href("job", [item.job])}>${item.sku ?? t("batch.row", { row: String(item.row) })}</a>` : item.sku}</td>
    <td><div class="row tight"><${StateBadge} state=${item.state} />
      ${item.needs_review && html`<${Badge} tone="warn" icon="eye">${t("job.review")}<//>`}</div></td>
    <td>${item.problem ? html`<span class="error">${problemTitle(problemSlug(item.problem), item.problem)}</span> <small class="faint" lang="en">${item.problem.detail}</small>`
      : html`<div class="row tight">${item.outputs.slice(0, 6).map((output) => html`<${Mini} key=${output.index} output=${output} />`)}</div>`}
    </td></tr>`;
}

function Mini({ output: { url, name, bytes: size } }) {
  return html`<a href=${local(url)} download=${name} title="${name} · ${bytes(size)}">
    <img class="mini" src=${local(url)} alt=${name} loading="lazy" /></a>`;
}
