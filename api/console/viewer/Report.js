// Is the product still the product? The report of one output: in words first, then the numbers and the places behind them.
import { html } from "../vendor/htm-preact.js";
import { has, number, percent, t, useLang } from "../i18n.js";
import { Badge, Button, Icon, Notice } from "../ui/ui.js";
import { AT_LEAST, USUAL, findings, measures } from "./findings.js";

const SHARES = new Set(["worst_texture", "texture_kept", "sharpness_kept", "missing", "added", "cut_off"]);
const ICONS = { good: "check", warn: "warn", info: "info" };

/** `job`: a succeeded job's document; `output`: an index; `onLook({box, label})`: show that place in the picture. */
export function Report({ job, output: index, onLook }) {
  useLang();
  const output = job.manifest?.outputs[index] ?? job.outputs[index];
  const limits = job.manifest?.spec?.review ?? {};
  const review = job.review;
  const reasons = (review?.reasons ?? []).filter((reason) => reason.output == null || reason.output === output.index);
  const measured = measures(output.fidelity);
  return html`
    <section class="report" aria-label=${t("report.title")}>
      <${Reasons} reasons=${reasons} onLook=${onLook} />
      <ul class="findings">${findings(output.fidelity).map(({ key, tone, values }) => html`
        <li key=${key} data-tone=${tone}><${Icon} name=${ICONS[tone]} /><span>${t(`report.${key}`, shownValues(values))}</span></li>`)}
      </ul>
      ${output.digital_source_type && has(`report.source.${output.digital_source_type}`) &&
        html`<p class="faint">${t(`report.source.${output.digital_source_type}`)}</p>`}
      ${measured.length > 0 && html`<${Numbers} fidelity=${output.fidelity} measured=${measured} reasons=${reasons} limits=${limits} onLook=${onLook} />`}
    </section>`;
}

/** The places of a report, as Compare marks them: [{box, label}]; those that are over their limit, or the one looked at. */
export function marksOf(output, review, look) {
  const found = (review?.reasons ?? [])
    .filter((reason) => reason.output === output.index && reason.box)
    .map(({ box, measure }) => ({ box, label: t(`measure.${measure}`) }));
  return look && !found.some(({ label }) => label === look.label) ? [...found, look] : found;
}

function Reasons({ reasons, onLook }) {
  if (!reasons.length) return html`<${Notice} tone="good" title=${t("report.fine")} />`;
  return html`
    <${Notice} tone="warn" title=${t("report.look", { n: reasons.length })}>
      <ul class="reasons">${reasons.map((reason, index) => html`
        <li key=${index}>${inWords(reason)} ${reason.box && onLook && html`
          <${Button} kind="quiet" small=${true} icon="eye" onClick=${() => onLook({ box: reason.box, label: t(`measure.${reason.measure}`) })}>${t("report.show")}<//>`}
        </li>`)}
      </ul><//>`;
}

/** The reason in the reader's language where its measure is known; a warning as the server puts it. */
function inWords({ measure, measured, allowed, sentence }) {
  if (!has(`reason.${measure}`)) return html`<span lang="en">${sentence.replace(/^renditions: /, "")}</span>`;
  return t(`reason.${measure}`, { measured: value(measure, measured), allowed: value(measure, allowed) });
}

function Numbers({ fidelity, measured, reasons, limits, onLook }) {
  const over = Object.fromEntries(reasons.map((reason) => [reason.measure, reason.allowed]));
  return html`
    <details class="numbers"><summary>${t("report.numbers")}</summary>
      <div class="scrolls" tabindex="0" role="region" aria-label=${t("report.numbers")}><table>
        <thead><tr><th scope="col">${t("report.measure")}</th><th scope="col" class="number">${t("report.measured")}</th>
          <th scope="col" class="number">${t("report.limit")}</th><th scope="col"><span class="unseen">${t("report.place")}</span></th></tr></thead>
        <tbody>
          <${Difference} fidelity=${fidelity} />
          ${measured.map(({ name, measured: found, box }) => html`
            <tr key=${name}><th scope="row">${t(`measure.${name}`)}</th>
              <td class="number">${value(name, found)} ${name in over && html`<${Badge} tone="warn">${t("report.over")}<//>`}</td>
              <td class="number">${t(AT_LEAST.has(name) ? "report.least" : "report.most", { limit: value(name, over[name] ?? limits[name] ?? USUAL[name]) })}</td>
              <td>${box && onLook && html`<${Button} kind="quiet" small=${true} icon="eye" onClick=${() => onLook({ box, label: t(`measure.${name}`) })}>${t("report.show")}<//>`}</td></tr>`)}
        </tbody></table></div>
      <p class="hint">${t("report.limitHint")} ${t("report.deltaHint")}</p>
    </details>`;
}

function Difference({ fidelity: { difference, noise } }) {
  const rows = [
    ["difference", number(difference.mean, 2)],
    ["difference.p95", number(difference.p95, 2)],
    ["difference.share", percent(difference.changed_share)],
    ["noise", `${number(noise[0], 2)} → ${number(noise[1], 2)}`],
  ];
  return rows.map(([name, shown]) => html`
    <tr key=${name}><th scope="row">${t(`measure.${name}`)}</th><td class="number">${shown}</td><td class="number">–</td><td></td></tr>`);
}

function value(name, found) {
  if (found == null) return "–";
  return SHARES.has(name) ? `${number(found * 100, 1)} %` : number(found, 2);
}

function shownValues(values) {
  return Object.fromEntries(Object.entries(values).map(([name, share]) => [name, `${number(share * 100, 1)} %`]));
}
