// One job's pictures to be looked at: which one, held against the photo, its report and its channel's rules.
import { html, useState } from "../vendor/htm-preact.js";
import { local } from "../api.js";
import { Decision } from "../candidates/Decision.js";
import { bytes, t, useLang } from "../i18n.js";
import { Badge, Tabs } from "../ui/ui.js";
import { Compare } from "./Compare.js";
import { Report, marksOf } from "./Report.js";
import { Rules } from "./Rules.js";

/**
 * `job`: a succeeded job's document. `before`: the URL of its photo, null for a wish. `output`, `onOutput(index)`: the
 * page's choice, else the component keeps its own. `actions(output)`: buttons beside the picture's facts.
 */
export function Inspect({ job, before, output: chosen, onOutput, actions }) {
  useLang();
  const [own, setOwn] = useState(0);
  const [look, setLook] = useState(null);
  const index = Math.min(chosen ?? own, job.outputs.length - 1);
  const output = job.outputs[index];
  const told = job.manifest?.outputs[index] ?? output;
  const choose = (next) => {
    setLook(null);
    (onOutput ?? setOwn)(next);
  };
  const tabs = [
    { id: "report", label: t("report.title"), panel: () => html`<${Report} job=${job} output=${index} onLook=${setLook} />` },
    { id: "rules", label: t("rules.title"), panel: () => html`<${Rules} job=${job} output=${index} />` },
  ];
  return html`
    <div class="inspect">
      ${job.outputs.length > 1 && html`<${Choice} outputs=${job.outputs} index=${index} choose=${choose} />`}
      <${Compare} before=${before} after=${local(output.url)} alt=${nameOf(output)} operations=${job.manifest?.operations}
        marks=${marksOf(told, job.review, look)} look=${look} />
      <div class="row inspect-facts"><span>${output.width} × ${output.height} px</span><span>${output.format.toUpperCase()}</span>
        <span>${bytes(output.bytes)}</span>${asks(output) && html`<${Badge} tone="warn" icon="warn">${t("report.needsReview")}<//>`}
        <${Decision} job=${job} output=${output} />${actions?.(output)}</div>
      <${Tabs} label=${t("inspect.tabs")} tabs=${tabs} />
    </div>`;
}

function Choice({ outputs, index, choose }) {
  return html`
    <div class="choice" role="group" aria-label=${t("inspect.outputs")}>${outputs.map((output, at) => html`
      <button type="button" key=${at} aria-pressed=${String(at === index)} onClick=${() => choose(at)}>
        <img src=${local(output.url)} alt="" loading="lazy" /><span>${nameOf(output)}</span>
        ${asks(output) && html`<${Badge} tone="warn" icon="warn" title=${t("report.needsReview")}><span class="unseen">${t("report.needsReview")}</span><//>`}
      </button>`)}
    </div>`;
}

const asks = (output) => output.needs_review && !output.decision?.verdict;

/** What to call an output: its file's name, or its number from 1. */
export const nameOf = (output) => output.name ?? t("inspect.output", { n: output.index + 1 });
