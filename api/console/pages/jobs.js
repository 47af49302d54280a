// All jobs, newest first: filtered, paged, alive while they move, and downloadable together.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { blob, may } from "../api.js";
import { Reject, decide } from "../candidates/Decision.js";
import { t } from "../i18n.js";
import { JobCard } from "../live/JobCard.js";
import { stream } from "../live/jobs.js";
import { save } from "../live/saving.js";
import { showing } from "../live/trail.js";
import { href, replace } from "../router.js";
import { useSignal } from "../store.js";
import { Badge, Button, EmptyState, LinkButton, ProblemNotice, Segmented, Spinner, TextInput, toast, toastProblem } from "../ui/ui.js";
import { chosenJobs, useList } from "./jobs-list.js";

const STATES = ["", "queued", "running", "succeeded", "failed", "canceled"];
const VERDICTS = ["approved", "rejected"];

export function Jobs({ route: { query } }) {
  const list = useList(query);
  const chosen = useSignal(chosenJobs);
  const flip = (id) => chosenJobs.update((old) => { const next = new Set(old); if (!next.delete(id)) next.add(id); return next; });
  const order = list.jobs.map(({ id }) => id);
  useEffect(() => showing("jobs", href("jobs", [], query), order), [JSON.stringify(query), order.join()]);
  const filtered = Object.keys(query).length > 0;
  return html`<div class="page"><header class="page-head row spread"><div><h1>${t("jobs.title")}</h1>
    <p class="soft">${t("jobs.text")}</p></div><${Live} /></header>
    <${Filters} query=${query} />
    <${ProblemNotice} problem=${list.problem} />
    ${!list.ids ? !list.problem && html`<${Spinner} />` : !list.jobs.length ? html`<${Nothing} filtered=${filtered} />`
    : html`<${Chosen} chosen=${chosen} jobs=${list.jobs} />
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

function Filters({ query }) {
  const set = (changes) => replace("jobs", [], { ...query, ...changes });
  const [sku, setSku] = useState(query.sku ?? "");
  useEffect(() => setSku(query.sku ?? ""), [query.sku]);
  const [open, setOpen] = useState(Boolean(query.sku || query.from || query.to));
  return html`<div class="filters">
    <${Segmented} hideLabel label=${t("jobs.filter.state")} value=${query.review ? "review" : query.verdict ?? query.state ?? ""}
      options=${[...STATES.map((state) => [state, t(state ? `state.${state}` : "jobs.filter.all")]), ["review", t("jobs.filter.review")],
        ...VERDICTS.map((verdict) => [verdict, t(`verdict.${verdict}`)])]}
      onChange=${(chosen) => set({
        state: STATES.includes(chosen) ? chosen : "",
        review: chosen === "review" ? "true" : "",
        verdict: VERDICTS.includes(chosen) ? chosen : "",
      })} />
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

function Chosen({ chosen, jobs }) {
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
    <${Button} small kind="quiet" icon="check" onClick=${() => chosenJobs.set(new Set(done.map(({ id }) => id)))}>${t("jobs.choose.all")}<//>
    </div>`;
  return html`<div class="row tight chosen-bar on" role="region" aria-label=${t("jobs.chosen.label")}>
    <strong>${t("jobs.chosen", { n: wanted.length })}</strong>
    ${may("jobs:write") && html`<${Judge} jobs=${wanted} />`}
    <${Button} small kind="primary" icon="download" busy=${busy} onClick=${() => download()}>${t("jobs.zip")}<//>
    <${Button} small icon="check" disabled=${busy} onClick=${() => download("approved")}>${t("jobs.zip.approved")}<//>
    <${Button} small kind="quiet" onClick=${() => chosenJobs.set(new Set())}>${t("jobs.choose.none")}<//></div>`;
}

/** The same verdict on all pictures of the chosen jobs. */
function Judge({ jobs }) {
  const [busy, setBusy] = useState("");
  const [asking, setAsking] = useState(false);
  const pictures = jobs.reduce((sum, { outputs }) => sum + outputs.length, 0);
  const judge = async (verdict, note) => {
    setBusy(verdict);
    try {
      for (const job of jobs) await decide(job, job.outputs.map(({ index }) => index), verdict, note);
      if (verdict === "approved") toast(t("jobs.approved", { n: pictures }));
    } catch (problem) {
      toastProblem(problem);
    }
    setBusy("");
  };
  return html`<${Button} small icon="check" busy=${busy === "approved"} onClick=${() => judge("approved")}>${t("decision.approve")}<//>
    <${Button} small icon="close" busy=${busy === "rejected"} onClick=${() => setAsking(true)}>${t("decision.reject")}<//>
    ${asking && html`<${Reject} n=${pictures} onReject=${(note) => judge("rejected", note)} onClose=${() => setAsking(false)} />`}`;
}
