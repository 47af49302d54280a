// One picture among others: itself, whether it is chosen, and what the service thinks of it.
import { html } from "../vendor/htm-preact.js";
import { local } from "../api.js";
import { has, number, percent, t } from "../i18n.js";
import { Badge, Icon, IconButton } from "../ui/ui.js";
import { nameOf } from "../viewer/Inspect.js";
import { Verdict } from "./Decision.js";

const ODD = 0.99; // the quantile from which on a photo's product is strange to the generator

/** `facts`: of candidates/facts.js, or null. `place`: counted from 0. */
export function Card({ output, facts, place, chosen, decision, onToggle, onOpen }) {
  const name = nameOf(output);
  return html`
    <li class="candidate" data-chosen=${String(chosen)} data-verdict=${decision?.verdict ?? ""}>
      <label class="candidate-picture checker"><input type="checkbox" checked=${chosen} onChange=${onToggle} aria-label=${t("candidates.choose", { name })} />
        <img src=${local(output.url)} alt=${words(facts) ?? name} width=${output.width} height=${output.height} loading="lazy" /></label>
      <div class="row tight candidate-head"><strong>${name}</strong>
        <${Verdict} decision=${decision} />
        ${output.needs_review && html`<${Badge} tone="warn" icon="warn">${t("report.needsReview")}<//>`}
        ${facts?.faults?.map((fault) => html`<${Badge} key=${fault.reason} tone="warn" title=${fault.detail}>${faultName(fault)}<//>`)}</div>
      ${facts && html`<${Facts} facts=${facts} place=${place} />`}
      <div class="row tight">
        ${onOpen && html`<${IconButton} small=${true} icon="eye" label=${t("candidates.look", { name })} onClick=${() => onOpen(output.index)} />`}
        <a class="button icon-only quiet small" href=${local(output.url)} download aria-label=${t("candidates.download", { name })} title=${t("candidates.download", { name })}>
          <${Icon} name="download" size="16" /></a>
      </div>
    </li>`;
}

function Facts({ facts: { shown, scores, quality, anomaly }, place }) {
  return html`
    ${shown && html`<p class="candidate-shown"><span class="swatches" aria-hidden="true">${shown.colors?.map(({ hex }) =>
      html`<i key=${hex} style=${{ background: hex }}></i>`)}</span>${words({ shown })}</p>`}
    ${anomaly?.quantile > ODD && html`<${Badge} tone="warn">${t("candidates.odd")}<//>`}
    <details><summary>${t("candidates.scores", { place: place + 1, quality: percent(quality ?? 0) })}</summary>
      <dl class="scores">${Object.entries(scores ?? {}).map(([name, score]) => html`
        <div key=${name}><dt>${has(`score.${name}`) ? t(`score.${name}`) : name}</dt><dd>${number(score, 2)}</dd></div>`)}</dl></details>`;
}

/** A word of the service for what is seen, in the reader's language where it is known. */
const seen = (word) => (has(`seen.${word}`) ? t(`seen.${word}`) : word);

const faultName = ({ reason }) => (has(`fault.${reason}`) ? t(`fault.${reason}`) : reason);

/** "navy, silver · striped · dress"; undefined where nothing was measured. */
function words(facts) {
  if (!facts?.shown) return undefined;
  const { colors = [], pattern, category } = facts.shown;
  return [colors.slice(0, 2).map(({ name }) => seen(name)).join(", "), seen(pattern), seen(category)].filter(Boolean).join(" · ");
}
