// The living workers: where each runs, on what, with which networks, and how full its batches are.
import { html } from "../vendor/htm-preact.js";
import { duration, number, percent, t, when } from "../i18n.js";
import { Badge } from "../ui/ui.js";

const SILENT_S = 12; // a worker tells of itself every ten seconds, if not told otherwise

/** `workers`: the items of GET /v1/operator/workers. */
export function Workers({ workers }) {
  if (!workers.length) return html`<p class="error" role="alert">${t("operator.noWorkers")}</p>`;
  return html`
    <div class="table-wrap" tabindex="0" role="region" aria-label=${t("operator.workers")}><table class="workers">
      <caption class="unseen">${t("operator.workers")}</caption>
      <thead><tr>${["worker", "device", "running", "fill", "wait", "busy", "models", "started", "beat"].map((name) =>
        html`<th scope="col" key=${name} class=${["running", "fill", "wait", "busy"].includes(name) ? "number" : ""}>${t(`operator.worker.${name}`)}</th>`)}</tr></thead>
      <tbody>${workers.map((worker) => html`<${Worker} key=${worker.owner} worker=${worker} />`)}</tbody></table></div>`;
}

function Worker({ worker }) {
  const engine = worker.engine ?? {};
  const models = worker.models ?? {};
  const names = Object.keys(models);
  const silent = worker.silent_s > SILENT_S;
  return html`
    <tr data-silent=${String(silent)}><th scope="row">${worker.host}<small class="faint"> · ${worker.pid}</small></th>
      <td>${worker.device || worker.backend}<small class="faint"> · ${worker.backend}</small></td>
      <td class="number">${t("operator.ofThreads", { running: number(worker.running ?? 0), threads: number(worker.threads ?? 0) })}</td>
      <td class="number">${engine.fill == null ? "–" : percent(engine.fill)}<small class="faint"> · ${t("operator.meanBatch", { n: number(engine.mean_batch ?? 0, 1) })}</small></td>
      <td class="number">${ms(engine.wait_ms?.p50)} / ${ms(engine.wait_ms?.p95)}</td>
      <td class="number">${engine.device_busy == null ? "–" : percent(engine.device_busy)}</td>
      <td>${names.length ? html`<details><summary>${t("operator.models", { n: names.length })}</summary><ul>${names.map((name) =>
        html`<li key=${name}>${name} ${models[name]?.version ?? ""}</li>`)}</ul></details>` : "–"}</td>
      <td>${when(worker.started_at)}</td>
      <td>${silent
        ? html`<${Badge} tone="warn" icon="warn">${t("operator.silent", { time: duration(Math.round(worker.silent_s)) })}<//>`
        : when(worker.beat_at)}</td></tr>`;
}

const ms = (value) => (value == null ? "–" : t("operator.ms", { ms: number(value, value < 10 ? 1 : 0) }));
