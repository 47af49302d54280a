// All jobs, newest first: filtered, paged, alive while they move, and downloadable together.
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { blob, get } from "../api.js";
import { t } from "../i18n.js";
import { JobCard } from "../live/JobCard.js";
import { known, news, refresh, stream, take } from "../live/jobs.js";
import { save } from "../live/saving.js";
import { replace } from "../router.js";
import { useSignal } from "../store.js";
import { Badge, Button, EmptyState, LinkButton, ProblemNotice, Segmented, Spinner, TextInput, toastProblem } from "../ui/ui.js";

const PAGE = 24;
const STATES = ["", "queued", "running", "succeeded", "failed", "canceled"];

export function Jobs({ route: { query } }) {
  const list = useList(query);
  const [chosen, setChosen] = useState(new Set());
  const flip = (id) => setChosen((old) => { const next = new Set(old); if (!next.delete(id)) next.add(id); return next; });
  const filtered = Object.keys(query).length > 0;
  return html`<div class="page"><header class="page-head row spread"><div><h1>${t("jobs.title")}</h1>
    <p class="soft">${t("jobs.text")}</p></div><${Live} /></header>
    <${Filters} query=${query} />
    <${ProblemNotice} problem=${list.problem} />
    ${!list.ids ? !list.problem && html`<${Spinner} />` : !list.jobs.length ? html`<${Nothing} filtered=${filtered} />`
    : html`<${Chosen} ...${{ chosen, setChosen }} jobs=${list.jobs} />
      <ul class="job-grid">${list.jobs.map((job) => html`<${JobCard} key=${job.id} job=${job} chosen=${chosen.has(job.id)} onChoose=${() => flip(job.id)} />`)}</ul>
      ${list.cursor && html`<div class="row center"><${Button} busy=${list.busy} onClick=${list.more}>${t("more")}<//>
        </div>`}`}</div>`;
}

function Nothing({ filtered }) {
  if (filtered) return html`<${EmptyState} icon="jobs" title=${t("jobs.none.filtered")} text=${t("jobs.none.filtered.text")}>
    <${Button} onClick=${() => replace("jobs")}>${t("jobs.filter.clear")}<//><//>`;
  return html`<${EmptyState} icon="jobs" title=${t("jobs.none")} text=${t("jobs.none.text")}>
    <${LinkButton} kind="primary" href="#/" icon="upload">${t("jobs.first")}<//><//>`;
}

/** The list by the address's filters: {ids, jobs, cursor, more, busy, problem}. */
function useList(query) {
  const all = useSignal(known);
  const { ids: fresh, reset } = useSignal(news);
  const [page, setPage] = useState({ ids: null, cursor: null });
  const [added, setAdded] = useState([]); // beside the page: a listing that was on its way may not know them
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const asked = useRef(0);
  const text = JSON.stringify(query);
  const load = async (cursor) => {
    const turn = ++asked.current;
    setBusy(true);
    try {
      const found = await get("/v1/jobs", { query: { ...toServer(query), limit: PAGE, cursor } });
      if (turn !== asked.current) return;
      take(found.items);
      const ids = found.items.map(({ id }) => id);
      setPage((old) => ({ ids: cursor ? [...new Set([...old.ids, ...ids])] : ids, cursor: found.cursor }));
      setProblem(null);
    } catch (refused) {
      setProblem(refused);
    }
    setBusy(false);
  };
  useEffect(() => { setPage({ ids: null, cursor: null }); setAdded([]); load(null); }, [text]);
  useEffect(() => { if (reset) load(null); }, [reset]);
  useEffect(() => {
    const unseen = fresh.filter((id) => !known.value.has(id));
    if (!unseen.length || text !== "{}") return;
    Promise.allSettled(unseen.map(refresh)).then(() => setAdded((old) => [...new Set([...old, ...unseen])]));
  }, [fresh]);
  const jobs = [...new Set([...added, ...(page.ids ?? [])])].map((id) => all.get(id)).filter(Boolean);
  jobs.sort((a, b) => b.created_at.localeCompare(a.created_at) || b.id.localeCompare(a.id));
  return { ...page, jobs, busy, problem, more: () => load(page.cursor) };
}

/** The page's filters as the route takes them: days in the reader's own time zone. */
function toServer({ state, sku, review, from, to }) {
  const day = (text, next) => text && new Date(new Date(`${text}T00:00:00`).getTime() + (next ? 86_400_000 : 0)).toISOString();
  return { state, external_id: sku, needs_review: review, created_after: day(from, false), created_before: day(to, true) };
}

function Filters({ query }) {
  const set = (changes) => replace("jobs", [], { ...query, ...changes });
  const [sku, setSku] = useState(query.sku ?? "");
  useEffect(() => setSku(query.sku ?? ""), [query.sku]);
  const [open, setOpen] = useState(Boolean(query.sku || query.from || query.to));
  return html`<div class="filters">
    <${Segmented} hideLabel label=${t("jobs.filter.state")} value=${query.review ? "review" : query.state ?? ""}
      options=${[...STATES.map((state) => [state, t(state ? `state.${state}` : "jobs.filter.all")]), ["review", t("jobs.filter.review")]]}
      onChange=${(state) => set(state === "review" ? { state: "", review: "true" } : { state, review: "" })} />
    <${Button} small kind="quiet" icon="search" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>${t("jobs.filter.more")}<//>
    ${open && html`<form class="filter-fields" onSubmit=${(event) => { event.preventDefault(); set({ sku: sku.trim() }); }}>
      <${TextInput} label=${t("jobs.filter.sku")} value=${sku} onInput=${setSku} onBlur=${() => set({ sku: sku.trim() })} />
      <${TextInput} type="date" label=${t("jobs.filter.from")} value=${query.from} onInput=${(from) => set({ from })} />
      <${TextInput} type="date" label=${t("jobs.filter.to")} value=${query.to} onInput=${(to) => set({ to })} /></form>`}</div>`;
}

function Live() {
  const state = useSignal(stream);
  const tone = { live: "good", polling: "live", waiting: "warn" }[state];
  return tone && html`<${Badge} tone=${tone} title=${t(`live.${state}.text`)}>${t(`live.${state}`)}<//>`;
}

function Chosen({ chosen, setChosen, jobs }) {
  const [busy, setBusy] = useState(false);
  const done = jobs.filter((job) => job.state === "succeeded" && job.outputs?.length);
  const wanted = done.filter(({ id }) => chosen.has(id));
  const download = async (verdict) => {
    setBusy(true);
    try {
      save(await blob("/v1/jobs/archive", { query: { id: wanted.map(({ id }) => id), verdict } }), "packshot.zip");
    } catch (problem) {
      toastProblem(problem);
    }
    setBusy(false);
  };
  if (!done.length) return null;
  if (!wanted.length) return html`<div class="row tight chosen-bar">
    <${Button} small kind="quiet" icon="check" onClick=${() => setChosen(new Set(done.map(({ id }) => id)))}>${t("jobs.choose.all")}<//>
    </div>`;
  return html`<div class="row tight chosen-bar on" role="region" aria-label=${t("jobs.chosen.label")}>
    <strong>${t("jobs.chosen", { n: wanted.length })}</strong>
    <${Button} small kind="primary" icon="download" busy=${busy} onClick=${() => download()}>${t("jobs.zip")}<//>
    <${Button} small icon="check" disabled=${busy} onClick=${() => download("approved")}>${t("jobs.zip.approved")}<//>
    <${Button} small kind="quiet" onClick=${() => setChosen(new Set())}>${t("jobs.choose.none")}<//></div>`;
}
