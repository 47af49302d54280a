// Beside a job's pictures: its files to fetch, the HTML for a page, and what was done to the photo, with the numbers.
import { html } from "../vendor/htm-preact.js";
import { local } from "../api.js";
import { bytes, duration, has, t, when } from "../i18n.js";
import { channelName, fileName } from "../live/naming.js";
import { CopyButton, Icon } from "../ui/ui.js";

/** The files, those of one channel together. */
export function Files({ job }) {
  const groups = new Map();
  for (const output of job.outputs) groups.set(output.rendition ?? "", [...(groups.get(output.rendition ?? "") ?? []), output]);
  return html`<section class="card stack">
    <h2>${t("files.title")}</h2>${[...groups].map(([channel, outputs]) => html`<div key=${channel}>
      ${channel && html`<h3>${channelName(channel)}</h3>`}<ul class="files">${outputs.map((output) => html`<li key=${output.index}>
        <a href=${local(output.url)} download=${fileName(job, output)}>
        <${Icon} name="download" size="16" /><span class="grow clip">${output.name ?? fileName(job, output)}</span></a>
          <small class="faint">${output.width} × ${output.height} · ${bytes(output.bytes)}</small></li>`)}</ul></div>`)}
    <${Snippets} job=${job} /><small class="faint">${t("files.until", { when: when(job.expires_at) })}</small></section>`;
}

function Snippets({ job }) {
  const told = Object.entries(job.manifest?.srcset ?? {}).map(([channel, list]) => [channel, list.join("\n")]);
  return told.map(([channel, text]) => html`<details key=${channel}>
    <summary>${t("files.srcset", { channel: channelName(channel) })}</summary>
    <div class="stack tight"><pre class="code" tabindex="0">${text}</pre><${CopyButton} small text=${text} /></div></details>`);
}

/** When, for how long, by which operations and what they found. */
export function Facts({ job }) {
  const took = job.started_at && job.finished_at ? (new Date(job.finished_at) - new Date(job.started_at)) / 1000 : null;
  const rows = [
    [t("facts.created"), when(job.created_at)],
    took !== null && [t("facts.took"), duration(took)],
    job.spec.external_id && [t("output.sku"), job.spec.external_id],
    job.manifest?.seed !== undefined && [t("output.seed"), String(job.manifest.seed)],
    job.attempt > 1 && [t("facts.attempt"), String(job.attempt)],
    [t("facts.id"), html`<code>${job.id}</code>`],
  ].filter(Boolean);
  return html`<section class="card stack"><h2>${t("facts.title")}</h2>
    <dl class="facts">${rows.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${job.manifest && html`<${Done} manifest=${job.manifest} />`}</section>`;
}

function Done({ manifest }) {
  return html`<ol class="done">${manifest.operations.map((operation, index) => html`<li key=${index}>
    <strong>${has(`op.${operation.op}`) ? t(`op.${operation.op}`) : operation.op}</strong>${" "}
      <small class="faint">${duration((operation.took_ms ?? 0) / 1000)}</small>
      ${(operation.findings?.applied ?? []).map(({ op, because }) => html`<p class="small soft" key=${op}>
        ${has(`op.${op}`) ? t(`op.${op}`) : op}: <span lang="en">${because}</span></p>`)}
      ${(operation.warnings ?? []).map((warning) => html`<p class="small warn-text" key=${warning} lang="en">${warning}</p>`)}</li>`)}</ol>
    <details><summary>${t("facts.manifest")}</summary><div class="stack tight">
      <pre class="code" tabindex="0">${JSON.stringify(manifest, null, 2)}</pre>
      <${CopyButton} small text=${JSON.stringify(manifest, null, 2)} /></div></details>`;
}
