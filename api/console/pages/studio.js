// The studio: photos on the table, what is to be done with them, and go.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { get, may } from "../api.js";
import { Builder } from "../chain/Builder.js";
import { Channels } from "../chain/Channels.js";
import { at, useDryRun } from "../chain/dryrun.js";
import { inWords, speakOf } from "../chain/faults.js";
import { fitting, tie } from "../chain/masks.js";
import { RECIPES, choose, edit, loadOffers, offers, plan, planOf, specOf } from "../chain/plan.js";
import { duration, t } from "../i18n.js";
import { start } from "../live/starting.js";
import { PhotoTable } from "../photos/PhotoTable.js";
import { byUpload, lying, photos, putAlone, takeStarted } from "../photos/photos.js";
import { go, replace } from "../router.js";
import { useSignal } from "../store.js";
import { Button, Notice, NumberInput, ProblemNotice, Segmented, Select, Slider, Spinner, Tabs, TextInput, Toggle, toast, toastProblem } from "../ui/ui.js";

const FEW = 5;
const FORMATS = ["auto", "jpeg", "png", "webp", "avif"];
const PRIORITIES = ["auto", "interactive", "bulk"];

export function Studio({ route }) {
  const known = useSignal(offers);
  const [problem, setProblem] = useState(null);
  useEffect(() => { loadOffers().catch(setProblem); }, []);
  useEffect(() => { if (route.query.from) again(route.query).catch(setProblem); }, [route.query.from]);
  return html`<div class="page studio"><header class="page-head"><h1>${t("studio.title")}</h1>
    <p class="soft">${t("studio.text")}</p></header>
    <${ProblemNotice} problem=${problem} />
    <div class="studio-columns">
      <${PhotoTable} />${known ? html`<${What} offers=${known} />` : !problem && html`<${Spinner} />`}</div></div>`;
}

/** A job's photo comes back alone onto the table, and its plan, to be changed and run again. */
async function again({ from, output = "0" }) {
  const [job] = await Promise.all([get(`/v1/jobs/${from}`), loadOffers()]);
  const upload = job.spec.input?.upload;
  const name = job.spec.metadata?.file ?? job.spec.external_id ?? "photo";
  for (const { mask } of job.spec.operations) if (mask) tie(mask, upload);
  const coming = upload && putAlone(upload, name);
  plan.set(planOf(job.spec, upload ? { job: from, output: Number(output), upload, name } : null));
  replace("studio");
  await coming;
  if (upload && !byUpload(upload)) toast(t("photos.gone", { name }), "error");
}

function What({ offers: { operations: schemas, presets } }) {
  const wanted = useSignal(plan);
  const all = lying(useSignal(photos), "studio");
  const ready = all.filter(({ state }) => state === "ready");
  const coming = all.filter(({ state }) => ["checking", "waiting", "sending"].includes(state));
  const first = ready.length ? { ...ready[0], alone: ready.length === 1 } : null;
  const many = all.length > FEW;
  const empty = !wanted.operations.length && !wanted.renditions.length;
  const told = useDryRun(first && !empty ? specOf(wanted, first, many) : null);
  const { errors } = told;
  const { operations, dropped } = fitting(wanted.operations, ready.map(({ upload }) => upload));
  useEffect(() => {
    if (!dropped) return;
    edit({ operations });
    toast(t(`chain.mask.dropped.${dropped}`));
  }, [dropped]);
  const parent = ready.some(({ upload }) => upload === wanted.parent?.upload) && wanted.parent;
  return html`<section class="card what stack" aria-label=${t("what.label")}>
    ${parent && html`<${Notice}><span>${t("what.parent")} <a href="#/job/${parent.job}">${parent.name}</a></span>${" "}
      <button type="button" class="link" onClick=${() => edit({ parent: null })}>${t("what.parent.drop")}</button><//>`}
    <${Recipes} chosen=${wanted.recipe} />
    <${Tabs} label=${t("what.label")} tabs=${[
      { id: "chain", label: t("what.chain", { n: wanted.operations.length }), panel: () => html`
        <${Builder} operations=${wanted.operations} ...${{ schemas, errors }} photo=${first}
          onChange=${(operations) => edit({ operations })} />` },
      { id: "channels", label: t("what.channels", { n: wanted.renditions.length }), panel: () => html`<${ChannelPanel} ...${{ wanted, presets, errors }} />` },
      { id: "output", label: t("what.output"), panel: () => html`<${Output} ...${{ wanted, errors, many }} />` },
    ]} />
    <${Elsewhere} ...${{ errors }} problem=${told.problem} />
    <${Go} ...${{ wanted, ready, coming, told, empty, many }} /></section>`;
}

function Recipes({ chosen }) {
  return html`<fieldset class="recipes"><legend>${t("what.recipe")}</legend>
    <div>${Object.keys(RECIPES).map((name) => html`<label key=${name} class="recipe ${name === chosen ? "on" : ""}">
    <input type="radio" name="recipe" checked=${name === chosen} onChange=${() => choose(name)} />
      <strong>${t(`recipe.${name}`)}</strong><small class="faint">${t(`recipe.${name}.text`)}</small></label>`)}</div>
      </fieldset>`;
}

function ChannelPanel({ wanted, presets, errors }) {
  const set = (renditions) => edit({ renditions, check: renditions.length > 0 && wanted.check });
  return html`<div class="stack"><p class="soft">${t("channels.text")}</p>
    <${Channels} presets=${presets} chosen=${wanted.renditions} errors=${errors} onChange=${set} />
    ${wanted.renditions.length > 0 && html`<${Toggle} label=${t("channels.check")} hint=${t("channels.check.hint")} checked=${wanted.check} onChange=${(check) => edit({ check })} />
      <${Toggle} label=${t("channels.result")} hint=${t("channels.result.hint")} checked=${wanted.result} onChange=${(result) => edit({ result })} />`}</div>`;
}

const formatName = (format) => (format === "auto" ? t("value.auto") : format.toUpperCase());

function Output({ wanted, errors, many }) {
  const files = !wanted.renditions.length || wanted.result;
  return html`<div class="op-form">
    ${files && html`
      <${Segmented} label=${t("output.format")} options=${FORMATS.map((one) => [one, formatName(one)])} value=${wanted.format}
        error=${at(errors, "/output/format")} onChange=${(format) => edit({ format })} />
      ${wanted.format !== "png" && html`
        <${Slider} label=${t("output.quality")} min="1" max="100" step="1" value=${wanted.quality}
          error=${at(errors, "/output/quality")} onInput=${(quality) => edit({ quality })} />`}`}
    <${Toggle} label=${t("output.skus")} hint=${t("output.skus.hint")} checked=${wanted.skuFromName}
      onChange=${(skuFromName) => edit({ skuFromName })} />
    ${!wanted.skuFromName && !many && html`
      <${TextInput} label=${t("output.sku")} hint=${t("output.sku.hint")} value=${wanted.sku} maxlength="200"
        error=${at(errors, "/external_id")} onInput=${(sku) => edit({ sku })} />`}
    <${Select} label=${t("output.priority")} hint=${t("output.priority.hint")} value=${wanted.priority}
      options=${PRIORITIES.map((one) => [one, t(`output.priority.${one}`)])} onChange=${(priority) => edit({ priority })} />
    <${NumberInput} label=${t("output.seed")} hint=${t("output.seed.hint")} min="0" step="1" value=${wanted.seed}
      error=${at(errors, "/seed")} placeholder=${t("chain.unsaid")} onInput=${(seed) => edit({ seed })} />
  </div>`;
}

const SHOWN_AT = /^\/(operations\/\d+|renditions|output\/(format|quality)|external_id|seed)/;

/** Faults that no field shows. */
function Elsewhere({ errors, problem }) {
  const others = errors.filter(({ pointer = "" }) => !SHOWN_AT.test(pointer));
  if (others.length) return html`<${Notice} tone="bad" alert>${others.map((one) => html`<span key=${one.detail}>${inWords(one)}</span>`)}<//>`;
  return problem && !errors.length && html`<${ProblemNotice} problem=${problem} />`;
}

function Go({ wanted, ready, coming, told, empty, many }) {
  const [busy, setBusy] = useState(null);
  const run = async () => {
    if (told.errors.length && !told.stale) return showFaults(wanted.operations, told.errors);
    setBusy({ done: 0 });
    const specs = ready.map((photo) => specOf(wanted, photo, many));
    const { started, sources, problem } = await start(specs, ready, (done) => setBusy({ done }));
    setBusy(null);
    if (problem) {
      speakOf(wanted.operations);
      toastProblem(problem);
    }
    if (!started.length) return;
    edit({ parent: null });
    takeStarted(sources.map(({ id }) => id));
    toast(t("go.started", { n: started.length }));
    if (started.length === 1) go("job", [started[0]]);
    else go("jobs");
  };
  const off = !ready.length || coming.length > 0 || empty || !may("jobs:write");
  const going = busy && t("go.starting", { n: busy.done, all: ready.length });
  const label = going || (ready.length ? t("go.run", { n: ready.length }) : t("go.run.none"));
  return html`<div class="go"><p class="soft small" role="status">${outlook({ ready, coming, told, empty })}</p>
    <${Button} kind="primary" icon="play" disabled=${off} busy=${busy !== null} onClick=${run}>${label}<//></div>`;
}

/** Nobody may have seen them yet: a step that was just added says nothing of its own. */
function showFaults(operations, errors) {
  speakOf(operations);
  plan.update((old) => ({ ...old }));
  toast(t("go.errors", { n: errors.length }), "error");
  requestAnimationFrame(() => document.querySelector(".step.wrong .step-title")?.focus());
}

/** What stands in the way of a start, else how long it will take. */
function outlook({ ready, coming, told: { errors, estimate }, empty }) {
  if (!may("jobs:write")) return t("go.scope");
  if (coming.length) return t("go.coming", { n: coming.length });
  if (!ready.length) return t("go.photo");
  if (empty) return t("go.empty");
  if (errors.length) return t("go.errors", { n: errors.length });
  if (estimate?.seconds == null) return t("go.ready", { n: ready.length });
  return t("go.estimate", { time: duration(estimate.seconds * ready.length) });
}
