// A wish: what the pictures are to show, how many, and in which colours; the candidates come on the job's page.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { get, key, may } from "../api.js";
import { OperationForm } from "../chain/OperationForm.js";
import { at, below, useDryRun } from "../chain/dryrun.js";
import { loadOffers, offers } from "../chain/plan.js";
import { pruned } from "../chain/schema.js";
import { duration, t } from "../i18n.js";
import { submit } from "../live/starting.js";
import { go, href } from "../router.js";
import { kept, safeStorage, useSignal } from "../store.js";
import { Button, NumberInput, ProblemNotice, Spinner, TextInput, toastProblem } from "../ui/ui.js";

const START = { operation: { op: "generate", count: 8 }, seed: null, parent: null };
const IDEAS = 4;
const wish = kept("wish", START, safeStorage("sessionStorage"));
key.subscribe((shown) => shown === null && wish.set(START));

export function Generate({ route }) {
  const known = useSignal(offers);
  const [problem, setProblem] = useState(null);
  useEffect(() => { loadOffers().catch(setProblem); }, []);
  useEffect(() => { if (route.query.from) again(route.query).catch(setProblem); }, [route.query.from]);
  return html`<div class="page narrow"><header class="page-head"><h1>${t("generate.title")}</h1>
    <p class="soft">${t("generate.text")}</p></header>
    <${ProblemNotice} problem=${problem} />${known ? html`<${Wish} schema=${known.operations.generate} />` : !problem && html`<${Spinner} />`}</div>`;
}

/** A wish comes back to be changed and asked for again, as a child of one of its pictures. */
async function again({ from, output = "0" }) {
  const [{ spec }, { operations }] = await Promise.all([get(`/v1/jobs/${from}`), loadOffers()]);
  wish.set({ operation: pruned(spec.operations[0], operations.generate), seed: null, parent: { job: from, output: Number(output) } });
}

function Wish({ schema }) {
  const { operation, seed, parent } = useSignal(wish);
  const [busy, setBusy] = useState(false);
  const change = (changes) => wish.update((old) => ({ ...old, ...changes }));
  const spec = { operations: [operation], ...(seed === null ? {} : { seed }), ...(parent ? { parent } : {}) };
  const { errors, problem, estimate } = useDryRun(spec);
  const run = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { id } = await submit(spec);
      change({ parent: null });
      go("job", [id]);
    } catch (refused) {
      toastProblem(refused);
    }
    setBusy(false);
  };
  const text = (words) => change({ operation: words ? { ...operation, text: words } : (({ text: _, ...rest }) => rest)(operation) });
  const elsewhere = problem && !errors.some(({ pointer = "" }) => /^\/(operations|seed)/.test(pointer));
  return html`<form class="card stack wide" onSubmit=${run}>
    <${TextInput} rows="3" class="wish" label=${t("generate.wish")} hint=${t("generate.wish.hint")} maxlength="500"
      value=${operation.text} error=${at(errors, "/operations/0/text")} placeholder=${t("generate.idea.1")} onInput=${text} />
    <div class="row tight">${Array.from({ length: IDEAS }, (_, index) => t(`generate.idea.${index + 1}`)).map((idea) => html`
      <${Button} small key=${idea} onClick=${() => text(idea)}>${idea}<//>`)}</div>
    <${OperationForm} operation=${operation} schema=${schema} errors=${below(errors, "/operations/0")} hidden=${["text"]} onChange=${(next) => change({ operation: next })} />
    <${NumberInput} label=${t("output.seed")} hint=${t("output.seed.hint")} min="0" step="1" value=${seed}
      error=${at(errors, "/seed")} placeholder=${t("chain.unsaid")} onInput=${(next) => change({ seed: next })} />
    ${elsewhere && html`<${ProblemNotice} problem=${problem} />`}
    ${parent && html`<p class="small soft">${t("what.parent")} <a href=${href("job", [parent.job])}>
      <code>${parent.job.slice(0, 14)}…</code></a></p>`}
    <div class="go">
      <p class="soft small" role="status">${estimate?.seconds != null ? t("go.estimate", { time: duration(estimate.seconds) }) : ""}</p>
      <${Button} kind="primary" icon="spark" type="submit" busy=${busy} disabled=${errors.length > 0 || !may("jobs:write")}>${t("generate.go", { n: operation.count ?? 1 })}<//>
        </div></form>`;
}
