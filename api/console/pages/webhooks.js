// Webhooks: where messages go, a test of each, and what was sent to it.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { del, get, patch, post } from "../api.js";
import { t, when } from "../i18n.js";
import { Badge, Button, Confirm, Dialog, ProblemNotice, Secret, Spinner, TextInput, toast, toastProblem } from "../ui/ui.js";

const EVENTS = ["job.succeeded", "job.failed", "job.canceled", "job.expired", "batch.finished"];
const TONES = { delivered: "good", failed: "bad", pending: "live" };

export function Webhooks() {
  const [page, setPage] = useState(null);
  const [problem, setProblem] = useState(null);
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState(null);
  const load = () => get("/v1/webhooks").then(setPage, setProblem);
  useEffect(() => { load(); }, []);
  const added = (endpoint) => (setAdding(false), setSecret(endpoint.secret), load());
  return html`<section class="card stack" aria-label=${t("hooks.title")}><div class="row spread"><h2>${t("hooks.title")}</h2>
    <${Button} small icon="add" onClick=${() => setAdding(true)}>${t("hooks.new")}<//></div>
    <p class="soft small">${t("hooks.text")} <a href="/docs/webhooks" target="_blank" rel="noopener">${t("problem.more")}</a></p>
    <${ProblemNotice} problem=${problem} />
    ${!page && !problem && html`<${Spinner} />`}
    ${page && html`<ul class="entries">${page.items.map((one) => html`
      <${Endpoint} key=${one.id} one=${one} onSecret=${setSecret} onChange=${load} />`)}</ul>`}
    ${adding && html`<${NewEndpoint} onAdded=${added} onClose=${() => setAdding(false)} />`}
    ${secret && html`<${Secret} title=${t("hooks.secret")} label=${t("hooks.secret")} text=${secret} onClose=${() => setSecret(null)} />`}
  </section>`;
}

function Endpoint({ one, onSecret, onChange }) {
  const [asking, setAsking] = useState(null);
  const [log, setLog] = useState(false);
  const act = (action) => async () => {
    try {
      await action();
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const path = `/v1/webhooks/${one.id}`;
  const test = act(async () => { await post(`${path}/test`, {}); toast(t("hooks.tested")); setLog(true); });
  const flip = act(async () => { await patch(path, { state: one.state === "enabled" ? "disabled" : "enabled" }); onChange(); });
  const rotate = act(async () => onSecret((await post(`${path}/rotate`, {})).secret));
  const remove = act(async () => { await del(path); onChange(); });
  return html`<li class="column"><div class="row tight"><strong class="mono small">${one.url}</strong>
    <${Badge} tone=${one.state === "enabled" ? "good" : "bad"}>${t(`hooks.${one.state}`)}<//>${one.origin === "job" && html`<${Badge}>${t("hooks.job")}<//>`}</div>
    <small class="faint">${one.events.includes("*") ? t("hooks.all") : one.events.join(", ")}${one.description ? ` · ${one.description}` : ""}</small>${one.disabled_reason && html`<small class="error">${one.disabled_reason}</small>`}
    <div class="row tight"><${Button} small icon="play" onClick=${test}>${t("hooks.test")}<//>
      <${Button} small aria-expanded=${String(log)} onClick=${() => setLog(!log)}>${t("hooks.log")}<//>
      <${Button} small onClick=${flip}>${t(one.state === "enabled" ? "hooks.disable" : "hooks.enable")}<//>
      <${Button} small icon="key" onClick=${() => setAsking("rotate")}>${t("hooks.rotate")}<//>
        <${Button} small kind="danger" icon="trash" onClick=${() => setAsking("remove")}>${t("hooks.remove")}<//></div>
    ${log && html`<${Deliveries} path=${path} />`}
    ${asking && html`<${Confirm} title=${t(`hooks.${asking}.title`)} text=${t(`hooks.${asking}.text`)} yes=${t(`hooks.${asking}`)}
      onYes=${asking === "rotate" ? rotate : remove} onClose=${() => setAsking(null)} />`}</li>`;
}

function Deliveries({ path }) {
  const [page, setPage] = useState(null);
  const [problem, setProblem] = useState(null);
  const load = async (cursor) => {
    try {
      const found = await get(`${path}/deliveries`, { query: { cursor } });
      setPage((old) => ({ items: cursor ? [...old.items, ...found.items] : found.items, cursor: found.cursor }));
    } catch (refused) {
      setProblem(refused);
    }
  };
  useEffect(() => {
    load();
    const timer = setInterval(() => load(), 3000);
    return () => clearInterval(timer);
  }, []);
  const redeliver = async (id) => {
    try {
      await post(`${path}/deliveries/${id}/redeliver`);
      toast(t("hooks.redelivered"));
      load();
    } catch (refused) {
      toastProblem(refused);
    }
  };
  if (!page) return problem ? html`<${ProblemNotice} problem=${problem} />` : html`<${Spinner} />`;
  if (!page.items.length) return html`<p class="soft small">${t("hooks.none")}</p>`;
  return html`<div class="table-wrap" tabindex="0" role="region" aria-label=${t("hooks.log")}><table><thead><tr>
    <th scope="col">${t("hooks.when")}</th><th scope="col">${t("hooks.event")}</th><th scope="col">${t("jobs.filter.state")}</th>
    <th scope="col">${t("hooks.answer")}</th><td></td></tr></thead>
    <tbody>${page.items.map((one) => html`<tr key=${one.id}><td>${when(one.created_at)}</td>
      <td>${one.job ? html`<a href="#/job/${one.job}">${one.type}</a>` : one.type}</td><td>
      <${Badge} tone=${TONES[one.state]}>${t(`delivery.${one.state}`)}<//></td>
      <td>${one.attempts.length ? `${one.attempts.at(-1).status ?? one.attempts.at(-1).error} · ${t("hooks.tries", { n: one.attempts.length })}` : "–"}</td>
        <td><${Button} small onClick=${() => redeliver(one.id)}>${t("hooks.again")}<//></td></tr>`)}</tbody></table></div>`;
}

function NewEndpoint({ onAdded, onClose }) {
  const [url, setUrl] = useState("https://");
  const [events, setEvents] = useState(EVENTS);
  const [description, setDescription] = useState("");
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const flip = (event) => setEvents(events.includes(event) ? events.filter((one) => one !== event) : [...events, event]);
  const add = async () => {
    setBusy(true);
    try {
      onAdded(await post("/v1/webhooks", { url: url.trim(), events, ...(description ? { description } : {}) }));
    } catch (refused) {
      setProblem(refused);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${t("hooks.new")} onClose=${onClose} actions=${html`<${Button} onClick=${onClose}>${t("cancel")}<//>
    <${Button} kind="primary" busy=${busy} disabled=${!events.length} onClick=${add}>${t("hooks.add")}<//>`}>
    <div class="stack"><${ProblemNotice} problem=${problem} />
      <${TextInput} type="url" label=${t("hooks.url")} value=${url} onInput=${setUrl} />
      <${TextInput} label=${t("hooks.description")} value=${description} onInput=${setDescription} />
      <fieldset class="stack tight"><legend class="small"><strong>${t("hooks.events")}</strong>
        </legend>${EVENTS.map((event) => html`<label class="check" key=${event}>
        <input type="checkbox" checked=${events.includes(event)} onChange=${() => flip(event)} />
        <span>${t(`event.${event}`)} <code class="faint">${event}</code></span></label>`)}</fieldset></div><//>`;
}
