// "Copy as code" for what a job did.
import { html, useEffect } from "../vendor/htm-preact.js";
import { loadOffers, offers } from "../chain/plan.js";
import { pruned } from "../chain/schema.js";
import { t } from "../i18n.js";
import { useSignal } from "../store.js";
import { CopyButton, Tabs } from "../ui/ui.js";
import { codeOf } from "./job-code.js";

const NAMES = { curl: "curl", python: "Python", javascript: "JavaScript" };

/** <CodePanel job/>: exactly this job's photo, operations and files. */
export function CodePanel({ job }) {
  const schemas = useSignal(offers)?.operations ?? {};
  useEffect(() => { loadOffers().catch(() => {}); }, []); // without the schemas the code is longer, not wrong
  const spec = { ...job.spec, operations: job.spec.operations.map((operation) => pruned(operation, schemas[operation.op])) };
  const texts = codeOf(spec, location.origin, job.spec.metadata?.file);
  return html`<section class="card stack code-panel"><div><h2>${t("code.title")}</h2><p class="soft small">${t("code.text")}</p>
    </div>
    <${Tabs} label=${t("code.title")} tabs=${Object.entries(NAMES).map(([id, label]) => ({ id, label, panel: () => html`<div class="code-box">
      <pre class="code" tabindex="0">${texts[id]}</pre>
      <${CopyButton} small text=${texts[id]}>${t("code.copy", { what: label })}<//></div>` }))} /></section>`;
}
