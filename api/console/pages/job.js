// One job: what became of the photo, whether it may be shown to customers, and how to do the same again.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { blob, del, local, may } from "../api.js";
import { Candidates } from "../candidates/Candidates.js";
import { Lineage } from "../candidates/Lineage.js";
import { t } from "../i18n.js";
import { Moving, again, cancel } from "../live/JobCard.js";
import { useBefore } from "../live/before.js";
import { forget, isOver, known, refresh, watch } from "../live/jobs.js";
import { chainOf, fileName, isWish, nameOf, needsLook } from "../live/naming.js";
import { save } from "../live/saving.js";
import { submit } from "../live/starting.js";
import { putAlone, sendAside } from "../photos/photos.js";
import { go, href, replace } from "../router.js";
import { useSignal } from "../store.js";
import { Badge, Button, Confirm, LinkButton, Notice, ProblemNotice, Spinner, StateBadge, Tabs, toast, toastProblem } from "../ui/ui.js";
import { Inspect } from "../viewer/Inspect.js";
import { Rules } from "../viewer/Rules.js";
import { CodePanel } from "./code.js";
import { Facts, Files } from "./job-facts.js";
import { JobSteps } from "./job-steps.js";

const MAKERS = new Set(["generate", "variations"]);

export function JobPage({ route: { parts: [id], query } }) {
  const job = useSignal(known).get(id);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    setProblem(null);
    const release = watch(id);
    refresh(id).catch(setProblem);
    return release;
  }, [id]);
  const whole = job && (job.manifest !== undefined || !isOver(job));
  return html`<div class="page job-page"><${JobSteps} id=${id} />
    ${problem ? html`<${ProblemNotice} problem=${problem} />` : !whole ? html`<${Spinner} />` : html`<${Shown} job=${job} query=${query} />`}</div>`;
}

function Shown({ job, query }) {
  const chosen = Number(query.output ?? 0);
  const choose = (output) => replace("job", [job.id], { ...query, output: String(output) });
  const several = job.state === "succeeded" && job.spec.operations.some(({ op }) => MAKERS.has(op)) && job.outputs.length > 1;
  const tab = query.view ?? (several ? "candidates" : "picture");
  return html`<header class="page-head row spread"><div class="grow"><h1 class="clip" title=${nameOf(job)}>${nameOf(job)}</h1>
      <div class="row tight">
        <${StateBadge} state=${job.state} />${needsLook(job) && html`<${Badge} tone="warn" icon="eye">${t("job.review")}<//>`}
        <span class="soft small">${chainOf(job)}</span></div></div><${Actions} job=${job} chosen=${chosen} /></header>
    <${Lineage} job=${job} />
    ${job.problem && html`<${ProblemNotice} problem=${job.problem} />`}
    ${!isOver(job) && html`<${Underway} job=${job} />`}
    ${job.state === "succeeded" && !job.outputs.length && html`<${Notice}>${t("job.nothing")}<//>
      ${job.manifest?.check && html`<section class="card stack"><h2>${t("rules.title")}</h2><${Rules} job=${job} /></section>`}`}
    ${job.outputs.length > 0 && html`<div class="job-columns"><div class="card job-main">${several
      ? html`<${Tabs} label=${t("job.views")} value=${tab} onChange=${(view) => replace("job", [job.id], { ...query, view })} tabs=${[
          { id: "candidates", label: t("job.view.candidates", { n: job.outputs.length }), panel: () => html`
            <${Candidates} job=${job} onPick=${(output) => pick(job, output)} onRegenerate=${(changes) => regenerate(job, changes)}
              onOpen=${(output) => replace("job", [job.id], { output: String(output), view: "picture" })} />` },
          { id: "picture", label: t("job.view.picture"), panel: () => html`<${Looked} ...${{ job, chosen, choose }} />` },
        ]} />` : html`<${Looked} ...${{ job, chosen, choose }} />`}</div>
      <aside class="stack job-aside"><${Files} job=${job} /><${Facts} job=${job} /></aside></div>`}
    ${!job.outputs.length && isOver(job) && html`<${Facts} job=${job} />`}
    <${CodePanel} job=${job} />`;
}

function Looked({ job, chosen, choose }) {
  const before = useBefore(job.spec.input?.upload);
  return html`<${Inspect} job=${job} before=${before} output=${Math.min(chosen, job.outputs.length - 1)} onOutput=${choose} />`;
}

function Underway({ job }) {
  const steps = job.progress?.operations ?? [];
  const before = useBefore(job.spec.input?.upload);
  return html`<section class="card underway" aria-live="polite">${before && html`<img src=${before} alt="" />`}<div class="grow stack">
    <h2>${t(job.state === "running" ? "job.running" : "job.queued")}</h2><${Moving} job=${job} />
    ${steps.length > 0 && html`<ol class="steps">${steps.map(({ op, state, fraction }, index) => html`<li key=${index} class=${state}>
      <span class="step-dot" aria-hidden="true"></span>${t(`op.${op}`)}
      <small class="faint">${t(`step.${state}`)}${state === "running" && fraction ? ` ${Math.round(fraction * 100)} %` : ""}</small>
        </li>`)}</ol>`}</div></section>`;
}

function Actions({ job, chosen }) {
  const [erasing, setErasing] = useState(false);
  const over = isOver(job);
  const erase = async () => {
    try {
      await del(`/v1/jobs/${job.id}`);
      forget(job.id);
      toast(t("job.erased"));
      go("jobs");
    } catch (problem) {
      toastProblem(problem);
    }
  };
  return html`<div class="row tight job-page-actions">
    ${job.state === "succeeded" && job.outputs.length > 0 && html`<${Download} job=${job} />`}
    ${!over && html`<${Button} icon="stop" onClick=${() => cancel(job)} disabled=${job.cancel_requested}>${t(job.cancel_requested ? "job.canceling" : "job.cancel")}<//>`}
    ${over && may("jobs:write") && !isWish(job) && html`<${LinkButton} icon="redo" href=${href("studio", [], { from: job.id, output: chosen })}>${t("job.edit")}<//>`}
    ${over && may("jobs:write") && isWish(job) && html`<${LinkButton} icon="redo" href=${href("generate", [], { from: job.id, output: chosen })}>${t("job.edit")}<//>`}
    ${["failed", "expired", "canceled"].includes(job.state) && html`<${Button} onClick=${() => again(job)}>${t("job.retry")}<//>`}
    ${over && may("jobs:write") && html`<${Button} kind="quiet" icon="trash" onClick=${() => setErasing(true)}>${t("job.erase")}<//>`}
    ${erasing && html`<${Confirm} title=${t("job.erase.title")} text=${t("job.erase.text")} yes=${t("job.erase")} onYes=${erase} onClose=${() => setErasing(false)} />`}</div>`;
}

function Download({ job }) {
  const [busy, setBusy] = useState(false);
  const [only] = job.outputs;
  if (job.outputs.length === 1) return html`<${LinkButton} kind="primary" icon="download" href=${local(only.url)} download=${fileName(job, only)}>${t("job.download")}<//>`;
  const all = async () => {
    setBusy(true);
    try {
      save(await blob("/v1/jobs/archive", { query: { id: [job.id] } }), `${nameOf(job).replace(/\.[^.]+$/, "")}.zip`);
    } catch (problem) {
      toastProblem(problem);
    }
    setBusy(false);
  };
  return html`<${Button} kind="primary" icon="download" busy=${busy} onClick=${all}>${t("job.download.all", { n: job.outputs.length })}<//>`;
}

/** A candidate becomes the next photo, alone on the studio's table. */
async function pick(job, output) {
  const upload = await sendAside(await blob(local(output.url)));
  await putAlone(upload, fileName(job, output));
  go("studio");
}

async function regenerate(job, changes) {
  const { parent, ...spec } = job.spec;
  const { id } = await submit({ ...spec, ...changes });
  toast(t("go.started", { n: 1 }));
  go("job", [id]);
}
