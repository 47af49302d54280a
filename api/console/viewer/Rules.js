// A channel's rules, and how the files that were made for it did: passed, failed, or advice not followed.
import { html } from "../vendor/htm-preact.js";
import { has, lang, t, useLang } from "../i18n.js";
import { Badge } from "../ui/ui.js";

/** `job`: a succeeded job's document; `output`: an index, all of its outputs where there is none. */
export function Rules({ job, output }) {
  useLang();
  const { outputs = [], presets = {}, check } = job.manifest ?? {};
  const shown = outputs.filter(({ index }) => output == null || index === output);
  const graded = shown.filter(({ checks }) => checks);
  if (!graded.length && !check) return html`<p class="faint">${t("rules.none")}</p>`;
  return html`${graded.map(({ index, rendition, name, checks }) =>
    html`<${Grades} key=${index} title=${titleOf(rendition, presets)} file=${name} passed=${checks.passed} rules=${checks.rules} />`)}
    ${check && html`<${PhotoGrades} check=${check} presets=${presets} renditions=${graded.map(({ rendition }) => rendition)} />`}`;
}

/** How the photo itself did, before anything was done to it: by the rules of these channels, of all where there are none. */
function PhotoGrades({ check, presets, renditions }) {
  const channels = Object.keys(check).filter((name) => !renditions.length || renditions.includes(name));
  return channels.map((name) => html`<${Grades} key=${name} title=${t("rules.photo", { title: titleOf(name, presets) })}
    passed=${check[name].passed} rules=${check[name].rules} />`);
}

/** A channel's name in the reader's language, else as the server has it. */
function titleOf(rendition, presets) {
  return has(`channel.${rendition}`) ? t(`channel.${rendition}`) : presets[rendition]?.title ?? rendition;
}

/** One file's or photo's grades: {passed, rules}, as a manifest's `checks` and `check` have them. */
function Grades({ title, file, passed, rules }) {
  const sorted = [...rules].sort((a, b) => weight(a) - weight(b));
  return html`
    <section class="rules">
      <h4>${title} ${file && html`<small class="faint">${file}</small>`}
        <${Fit} passed=${passed} rules=${rules} /></h4>
      <div class="scrolls" tabindex="0" role="region" aria-label=${t("rules.of", { title })}><table>
        <thead><tr><th scope="col">${t("rules.rule")}</th><th scope="col">${t("rules.verdict")}</th>
          <th scope="col">${t("rules.measured")}</th><th scope="col">${t("rules.required")}</th></tr></thead>
        <tbody>${sorted.map((rule) => html`
          <tr key=${rule.rule} data-verdict=${verdict(rule)}>
            <th scope="row">${has(`rule.${rule.rule}`) ? t(`rule.${rule.rule}`) : rule.title}</th>
            <td><${Verdict} rule=${rule} /></td><td>${inWords(rule.measured)}</td><td>${inWords(rule.required)}</td></tr>`)}
        </tbody></table></div>
    </section>`;
}

function Fit({ passed, rules }) {
  const advices = rules.filter((rule) => verdict(rule) === "advice").length;
  if (!passed) return html`<${Badge} tone="bad" icon="close">${t("rules.failed")}<//>`;
  if (advices) return html`<${Badge} tone="warn" icon="info">${t("rules.passed.advice", { n: advices })}<//>`;
  return html`<${Badge} tone="good" icon="check">${t("rules.passed")}<//>`;
}

const TONES = { pass: ["good", "check"], fail: ["bad", "close"], advice: ["warn", "info"] };

function Verdict({ rule }) {
  const [tone, icon] = TONES[verdict(rule)];
  return html`<${Badge} tone=${tone} icon=${icon}>${t(`rules.${verdict(rule)}`)}<//>`;
}

const verdict = ({ passed, kind }) => (passed ? "pass" : kind === "advice" ? "advice" : "fail");

const weight = (rule) => ["fail", "advice", "pass"].indexOf(verdict(rule));

// The server tells values in English; their few forms are put into other words where the language has some.
const FORMS = [
  [/^at most (.+?)% off the middle$/, "rules.form.offMost"],
  [/^(.+?)% off$/, "rules.form.off"],
  [/^at least (.+?) white(?:, (\d+) or more)?$/, "rules.form.white"],
  [/^at least (.+?) transparent$/, "rules.form.clear"],
  [/^at least (.+?) \(0: blurred\)$/, "rules.form.detail"],
  [/^at most (.+)$/, "rules.form.most"],
  [/^at least (.+)$/, "rules.form.least"],
  [/^(.+?) to (.+?) \(width to height\)$/, "rules.form.aspect"],
  [/^([\d.,]+) to ([\d.,]+.*)$/, "rules.form.range"],
  [/^(\d+)% expected right$/, "rules.form.outline"],
];

function inWords(text) {
  if (lang.value === "en") return text;
  if (has(`rules.word.${text}`)) return t(`rules.word.${text}`);
  for (const [form, key] of FORMS) {
    const found = form.exec(text);
    if (found) return t(key, { a: found[1], b: found[2] ?? "" });
  }
  return html`<span lang="en">${text}</span>`;
}
