// One job in a list: its picture, where it stands, and what can be done about it.
import { html, useEffect, useRef } from "../vendor/htm-preact.js";
import { post, problemSlug } from "../api.js";
import { duration, t, when } from "../i18n.js";
import { href } from "../router.js";
import { Badge, IconButton, Progress, StateBadge, problemTitle, toast, toastProblem } from "../ui/ui.js";
import { thumbOf, useBefore } from "./before.js";
import { isOver, take, watch } from "./jobs.js";
import { cardPicture, chainOf, isWish, nameOf, needsLook, verdictOf } from "./naming.js";
import { submit } from "./starting.js";

export function JobCard({ job, chosen, onChoose }) {
  useEffect(() => watch(job.id), [job.id]);
  const card = useRef(null);
  const acted = useRef(false);
  useEffect(() => { // the button that was pressed went, and the focus with it
    if (acted.current && document.activeElement === document.body) card.current.querySelector(".job-actions button, .job-name").focus();
  }, [job.state]);
  const stop = () => {
    acted.current = true;
    cancel(job);
  };
  const name = nameOf(job);
  const over = isOver(job);
  const problem = job.problem;
  return html`<li ref=${card} class="job-card ${chosen ? "on" : ""}">
    <a class="job-picture" href=${href("job", [job.id])} aria-label=${t("jobs.open", { name })}>
      <${Picture} job=${job} />${!over && html`<span class="job-veil"></span>`}</a>
    ${job.state === "succeeded" && job.outputs?.length > 0 && html`<label class="job-choose">
      <input type="checkbox" checked=${chosen} onChange=${onChoose} aria-label=${t("jobs.choose", { name })} /></label>`}
    <div class="job-text"><a class="job-name clip" href=${href("job", [job.id])}>${name}</a>
      <small class="faint clip">${chainOf(job)}</small>
      <div class="row tight">
        <${StateBadge} state=${job.state} />${needsLook(job) && html`<${Badge} tone="warn" icon="eye">${t("job.review")}<//>`}<${Verdicts} job=${job} />
        <small class="faint">${over ? when(job.finished_at) : ""}</small></div>
      ${!over && html`<${Moving} job=${job} />`}
      ${problem && html`<p class="error">${problemTitle(problemSlug(problem), problem)}${problem.detail && html`<br />
        <small lang="en">${problem.detail}</small>`}</p>`}
      <div class="job-actions">${!over && html`<${IconButton} small icon="stop" label=${t("job.cancel.of", { name })} onClick=${stop} />`}
        ${["failed", "expired", "canceled"].includes(job.state) && html`<${IconButton} small icon="redo" label=${t("job.retry.of", { name })} onClick=${() => again(job)} />`}</div>
          </div></li>`;
}

function Picture({ job }) {
  const url = cardPicture(job);
  const upload = !url && !thumbOf(job.id) && !isWish(job) ? job.spec?.input?.upload : null;
  const before = useBefore(upload);
  const shown = url ?? thumbOf(job.id) ?? before;
  return shown ? html`<img src=${shown} alt="" loading="lazy" decoding="async" />` : html`<span class="photo-kind">${isWish(job) ? "✦" : ""}</span>`;
}

/** Why a job does not move though nobody is before it; empty of any other. */
function stillness({ state, attempt, waiting_for: needed, worker_silence: silence }) {
  if (state === "running") return silence ? t("job.silent", { time: duration(silence.for_s) }) : "";
  if (needed) return t(needed.device === "gpu" ? "job.needs.gpu" : "job.needs");
  return attempt > 0 ? t("job.again", { n: attempt }) : "";
}

/** How far a job is, that has not ended: in the queue, or operation by operation. */
export function Moving({ job }) {
  const { progress = {}, queue_position: place, eta_s: left } = job;
  const running = progress.operations?.find(({ state }) => state === "running");
  const doing = running ? t(`op.${running.op}`) : job.state === "running" ? t("job.working") : null;
  const waits = place === 0 ? t("job.place.next") : place != null && t("job.place", { n: place });
  const words = [
    job.cancel_requested && t("job.canceling"),
    waits || doing,
    stillness(job),
    left != null && t("job.eta", { time: duration(Math.ceil(left)) }),
  ].filter(Boolean).join(" · ");
  return html`<div class="moving">
    <${Progress} value=${job.state === "running" ? progress.fraction ?? null : 0} label=${t("job.progress", { name: nameOf(job) })} />
    <small class="soft">${words}</small></div>`;
}

function Verdicts({ job }) {
  const verdict = verdictOf(job);
  if (!verdict) return null;
  return verdict === "rejected" ? html`<${Badge} tone="bad">${t("verdict.rejected")}<//>` : html`<${Badge} tone="good" icon="check">${t("verdict.approved")}<//>`;
}

export async function cancel(job) {
  try {
    take([await post(`/v1/jobs/${job.id}/cancel`)]);
  } catch (problem) {
    toastProblem(problem);
  }
}

/** The same once more, as a job of its own. */
export async function again(job) {
  try {
    const { id } = await submit(withoutParent(job.spec));
    toast(t("go.started", { n: 1 }));
    location.hash = href("job", [id]);
  } catch (problem) {
    toastProblem(problem);
  }
}

const withoutParent = ({ parent, ...spec }) => spec;
