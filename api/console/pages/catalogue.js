// The catalogue: a table of products in, a job for each row; and the batches that were started.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { get } from "../api.js";
import { loadOffers, offers } from "../chain/plan.js";
import { duration, t, when } from "../i18n.js";
import { href } from "../router.js";
import { useSignal } from "../store.js";
import { Button, EmptyState, ProblemNotice, Progress, Spinner, StateBadge } from "../ui/ui.js";
import { BatchPage } from "./batch.js";
import { NewBatch } from "./new-batch.js";

const POLL_MS = 3000;

export function Catalogue({ route }) {
  if (route.parts[0]) return html`<${BatchPage} id=${route.parts[0]} query=${route.query} key=${route.parts[0]} />`;
  return html`<${Overview} />`;
}

function Overview() {
  const known = useSignal(offers);
  const [page, setPage] = useState(null);
  const [problem, setProblem] = useState(null);
  const load = async (cursor) => {
    try {
      const found = await get("/v1/batches", { query: { cursor, limit: 20 } });
      setPage((old) => ({ items: cursor ? [...old.items, ...found.items] : found.items, cursor: found.cursor }));
    } catch (refused) {
      setProblem(refused);
    }
  };
  useEffect(() => { loadOffers().catch(setProblem); load(); }, []);
  const moving = page?.items.some(({ state }) => state === "running");
  useEffect(() => {
    if (!moving || page.items.length > 20) return undefined;
    const timer = setInterval(() => load(), POLL_MS);
    return () => clearInterval(timer);
  }, [moving, page?.items.length]);
  return html`<div class="page narrow"><header class="page-head"><h1>${t("catalogue.title")}</h1>
    <p class="soft">${t("catalogue.text")}</p></header>
    <${ProblemNotice} problem=${problem} />
    ${known ? html`<${NewBatch} presets=${known.presets} />` : !problem && html`<${Spinner} />`}
    <section class="stack">
      <h2>${t("catalogue.batches")}</h2>${page && (page.items.length ? html`<ul class="batches">${page.items.map((batch) => html`<${Row} key=${batch.id} batch=${batch} />`)}</ul>`
      : html`<${EmptyState} icon="table" title=${t("catalogue.none")} text=${t("catalogue.none.text")} />`)}
      ${page?.cursor && html`<${Button} onClick=${() => load(page.cursor)}>${t("more")}<//>`}</section></div>`;
}

function Row({ batch }) {
  const { counts } = batch;
  const done = counts.succeeded + counts.failed + counts.canceled;
  const told = [
    t("batch.done", { done, n: counts.total }),
    counts.failed > 0 && t("batch.failed", { n: counts.failed }),
    batch.eta_s && batch.state === "running" && t("job.eta", { time: duration(batch.eta_s) }),
    when(batch.created_at),
  ].filter(Boolean).join(" · ");
  return html`<li class="card batch"><div class="row spread"><a href=${href("catalogue", [batch.id])}>
    <strong>${batch.name || batch.id.slice(0, 16)}</strong></a><${StateBadge} state=${batch.state} /></div>
    <${Progress} value=${counts.total ? done / counts.total : 0} label=${t("batch.progress", { name: batch.name ?? batch.id })} />
    <small class="faint">${told}</small></li>`;
}
