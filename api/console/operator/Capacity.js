// The capacity planner: how many photos a day go in, workers, Redis, storage and money come out. The server does the sums.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { get, may } from "../api.js";
import { number, t, useLang } from "../i18n.js";
import { href, replace, useRoute } from "../router.js";
import { Badge, CopyButton, EmptyState, NumberInput, ProblemNotice, Spinner, TextInput } from "../ui/ui.js";

const ASKED = {
  work: [["photos_per_day", 200000], ["mix", "relight+restore+cutout+background:1"], ["megapixels", 2], ["renditions", 0]],
  day: [["peak", 3], ["p95_wait_s", 60], ["bulk_share", 0], ["retention_days", 1], ["polls_per_photo", 3], ["downloads_per_photo", 1]],
  machines: [["cores_per_worker", 4], ["core_speed", 1], ["utilisation", 0.75], ["spare_workers", 1], ["redis_gib", 64], ["gpu_megapixels_per_s", null]],
  prices: [["cpu_price", null], ["gpu_price", null], ["memory_price", null], ["storage_price", null], ["egress_price", null]],
};
const FIELDS = Object.values(ASKED).flat();
const TONES = { measured: "good", assumed: "warn", given: "live", missing: "plain" };
const STEADY_MS = 400; // nobody types a number in less

export function Capacity() {
  useLang();
  if (!may("operator")) return html`<${EmptyState} icon="gauge" title=${t("capacity.title")} text=${t("operator.needs")} />`;
  return html`<${Planner} />`;
}

function Planner() {
  const { query } = useRoute();
  const asked = Object.fromEntries(FIELDS.map(([name, usual]) => [name, query[name] ?? usual]));
  const { plan, problem, busy } = usePlan(asked);
  const put = (name, value) => replace("capacity", [], { ...query, [name]: value ?? "" }); // the address is the question: it can be kept and sent
  return html`
    <div class="page operator capacity stack wide">
      <header class="row spread"><h1>${t("capacity.title")}</h1><a href=${href("operator")}>${t("capacity.back")}</a></header>
      <p class="faint">${t("capacity.about")}</p>
      <div class="capacity-sides">
        <form class="card stack" onSubmit=${(event) => event.preventDefault()} aria-label=${t("capacity.question")}>
          ${Object.entries(ASKED).map(([group, fields]) => html`<${Fields} key=${group} ...${{ group, fields, asked, problem, put }} />`)}</form>
        <div class="stack" aria-live="polite" aria-busy=${String(busy)}>
          <${ProblemNotice} problem=${problem} />
          ${plan ? html`<${Plan} plan=${plan} />` : !problem && html`<${Spinner} />`}</div>
      </div>
    </div>`;
}

function Fields({ group, fields, asked, problem, put }) {
  const wrong = Object.fromEntries((problem?.errors ?? []).map(({ parameter, detail }) => [parameter, detail]));
  return html`<fieldset class="stack tight"><legend>${t(`capacity.asks.${group}`)}</legend>${fields.map(([name, usual]) => {
    const shared = { key: name, label: t(`capacity.ask.${name}`), error: wrong[name], value: asked[name], onInput: (value) => put(name, value) };
    return typeof usual === "string" ? html`<${TextInput} ...${shared} spellcheck="false" />` : html`<${NumberInput} ...${shared} step="any" min="0" />`;
  })}</fieldset>`;
}

/** The plan for what is asked, a moment after the last change; the last one stays while a number makes no sense. */
function usePlan(asked) {
  const [state, setState] = useState({ plan: null, problem: null, busy: true });
  const question = JSON.stringify(asked);
  useEffect(() => {
    const stop = new AbortController();
    setState((old) => ({ ...old, busy: true }));
    const timer = setTimeout(async () => {
      try {
        const known = Object.entries(asked).filter(([, value]) => value !== "" && value != null);
        setState({ plan: await get("/v1/operator/capacity", { query: Object.fromEntries(known), signal: stop.signal }), problem: null, busy: false });
      } catch (problem) {
        if (!stop.signal.aborted) setState((old) => ({ ...old, problem, busy: false }));
      }
    }, STEADY_MS);
    return () => (clearTimeout(timer), stop.abort());
  }, [question]);
  return state;
}

function Plan({ plan }) {
  const head = ["workers", "redis_busy", "redis_memory", "storage", "cpu_per_1000", "gpu_per_1000"];
  const lines = new Map(plan.groups.flatMap((group) => group.lines).map((line) => [line.name, line]));
  return html`
    <section class="tiles" aria-label=${t("capacity.glance")}>${head.map((name) => html`
      <div class="card tile" key=${name} data-line=${name}><h3>${t(`capacity.line.${name}`)}</h3><p class="tile-value">${lines.get(name).text}</p></div>`)}</section>
    ${plan.warnings.map((warning) => html`<div class="notice warn" key=${warning}>${warning}</div>`)}
    ${plan.groups.map((group) => html`<${Group} key=${group.name} group=${group} />`)}
    <${Walls} walls=${plan.walls} />
    <${Settings} settings=${plan.settings} />
    <p class="faint small">${t("capacity.measured", plan.measured)}</p>`;
}

function Group({ group }) {
  const title = t(`capacity.group.${group.name}`);
  return html`<div class="table-wrap" tabindex="0" role="region" aria-label=${title}><table>
    <caption>${title}</caption>
    <thead><tr><th scope="col">${t("capacity.what")}</th><th scope="col">${t("capacity.howMuch")}</th><th scope="col">${t("capacity.why")}</th></tr></thead>
    <tbody>${group.lines.map((line) => html`<tr key=${line.name} data-row=${line.name}><th scope="row">${t(`capacity.line.${line.name}`)}</th>
      <td>${line.text} <${Badge} tone=${TONES[line.source]}>${t(`capacity.source.${line.source}`)}<//></td><td class="faint small">${line.why}</td></tr>`)}</tbody></table></div>`;
}

function Walls({ walls }) {
  const title = t("capacity.walls");
  return html`<div class="table-wrap" tabindex="0" role="region" aria-label=${title}><table>
    <caption>${title}</caption>
    <thead><tr><th scope="col">${t("capacity.wall")}</th><th scope="col" class="number">${t("capacity.perDay")}</th><th scope="col">${t("capacity.moved")}</th></tr></thead>
    <tbody>${walls.map((wall) => html`<tr key=${wall.name} data-wall=${wall.name}><th scope="row">${t(`capacity.wall.${wall.name}`)}</th>
      <td class="number">${number(Math.round(wall.photos_per_day))}</td><td class="small">${wall.why}<br /><span class="faint">→ ${wall.moved_by}</span></td></tr>`)}</tbody></table></div>`;
}

function Settings({ settings }) {
  const text = Object.entries(settings).map(([name, value]) => `${name}=${value}`).join("\n");
  return html`<section class="card stack tight" aria-labelledby="capacity-settings"><div class="row spread"><h2 id="capacity-settings">${t("capacity.settings")}</h2>
    <${CopyButton} small text=${text} /></div><pre tabindex="0">${text}</pre></section>`;
}
