// What went wrong: how often each kind of problem came, the last jobs that failed, and the dead ones, which somebody must see to.
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { del, get, post, problemDocUrl, problemSlug } from "../api.js";
import { t, when } from "../i18n.js";
import { signal, useSignal } from "../store.js";
import { Badge, Button, Confirm, ProblemNotice, toast } from "../ui/ui.js";
import { problemTitle } from "../ui/signs.js";
import { usePolled } from "./usePolled.js";

const requeued = signal(new Map()); // id → when this page put it back into the queue: the list may be older

/** `problems`: the overview's; `everyS`: how often to ask again. */
export function Failures({ problems = [], everyS }) {
  const failures = usePolled((signal) => get("/v1/operator/failures", { signal }), everyS);
  const [more, setMore] = useState([]);
  const again = useSignal(requeued);
  useEffect(() => { if (again.size) failures.refresh(); }, [again]);
  const cursor = more.length ? more.at(-1).cursor : failures.value?.cursor;
  const items = [...(failures.value?.items ?? []), ...more.flatMap((page) => page.items)];
  const next = async () => {
    const page = await get("/v1/operator/failures", { query: { cursor } });
    setMore((old) => [...old, page]);
  };
  return html`
    ${problems.length > 0 && html`<ul class="problem-counts">${problems.map(({ type, count, last_at: at }) => html`
      <li key=${type}><strong>${count}</strong> <${ProblemLink} problem=${{ type }} /> <span class="faint">${when(at)}</span></li>`)}</ul>`}
    <${ProblemNotice} problem=${failures.problem} />
    ${items.length ? html`<${JobTable} label=${t("operator.failures")} items=${items} again=${again} />` : html`<p class="faint">${t("operator.noFailures")}</p>`}
    ${cursor && html`<${Button} small=${true} onClick=${next}>${t("operator.older")}<//>`}`;
}

/** The jobs that were given up, with what can be done about each. `onChange()` hears that one went. */
export function Dead({ everyS, onChange }) {
  const dead = usePolled((signal) => get("/v1/operator/dead", { signal }), everyS);
  const [question, setQuestion] = useState(null);
  const [problem, setProblem] = useState(null);
  const act = (action, told) => async () => {
    try {
      await action();
      setProblem(null);
      toast(told);
    } catch (refusal) {
      setProblem(refusal);
    }
    acted.current = true;
    dead.refresh();
    onChange?.();
  };
  const note = (ids) => requeued.update((old) => new Map([...old, ...ids.map((id) => [id, new Date().toISOString()])]));
  const requeue = ({ id }) => act(async () => {
    await post(`/v1/operator/dead/${id}/requeue`);
    note([id]);
  }, t("operator.requeued", { n: 1 }))();
  const all = () => setQuestion({ title: t("operator.requeueAll"), text: t("operator.requeueAllText"), yes: t("operator.requeueAll"),
    onYes: act(async () => {
      await post("/v1/operator/dead/requeue");
      note(items.map(({ id }) => id));
    }, t("operator.requeuedAll")) });
  const remove = ({ id }) => setQuestion({ title: t("operator.remove"), text: t("operator.removeText", { id }), yes: t("operator.remove"),
    onYes: act(() => del(`/v1/operator/dead/${id}`), t("operator.removed")) });
  const items = dead.value?.items ?? [];
  const place = useRef(null);
  const acted = useRef(false);
  useEffect(() => { // the row that was acted on went, and the focus with it
    if (acted.current && document.activeElement === document.body) place.current.focus();
    acted.current = false;
  }, [items.length]);
  return html`
    <div ref=${place} tabindex="-1" class="unseen">${t("operator.dead")}</div>
    <${ProblemNotice} problem=${problem ?? dead.problem} />
    ${items.length ? html`
      <div class="row"><${Button} small=${true} icon="redo" onClick=${all}>${t("operator.requeueAll")}<//></div>
      <${JobTable} label=${t("operator.dead")} items=${items} actions=${(job) => html`
        <${Button} small=${true} icon="redo" aria-label=${t("operator.requeueOne", { id: job.id })} onClick=${() => requeue(job)}>${t("operator.requeue")}<//>
        <${Button} small=${true} kind="quiet" icon="trash" aria-label=${t("operator.removeOne", { id: job.id })} onClick=${() => remove(job)}>${t("operator.remove")}<//>`} />`
      : html`<p class="faint">${t("operator.noDead")}</p>`}
    ${question && html`<${Confirm} ...${question} onClose=${() => setQuestion(null)} />`}`;
}

function JobTable({ label, items, actions, again }) {
  return html`
    <div class="table-wrap" tabindex="0" role="region" aria-label=${label}><table>
      <caption class="unseen">${label}</caption>
      <thead><tr>${["job", "tenant", "problem", "attempt", "finished"].map((name) => html`<th scope="col" key=${name}>${t(`operator.job.${name}`)}</th>`)}
        ${actions && html`<th scope="col"><span class="unseen">${t("operator.job.actions")}</span></th>`}</tr></thead>
      <tbody>${items.map((job) => html`
        <tr key=${job.id} data-job=${job.id}><th scope="row"><code>${job.id}</code></th><td>${job.tenant}</td>
          <td class="job-problem">${job.finished_at < (again?.get(job.id) ?? "") && html`<${Badge} tone="live">${t("operator.again")}<//> `}
            <${ProblemLink} problem=${job.problem} /><div class="faint small" lang="en">${job.problem?.detail}</div></td>
          <td class="number">${job.attempt}</td><td>${when(job.finished_at)}</td>
          ${actions && html`<td><div class="row tight">${actions(job)}</div></td>`}</tr>`)}</tbody></table></div>`;
}

function ProblemLink({ problem }) {
  if (!problem) return "–";
  const doc = problemDocUrl(problem);
  const title = problemTitle(problemSlug(problem), problem);
  return doc ? html`<a href=${doc} target="_blank" rel="noopener">${title}</a>` : title;
}
