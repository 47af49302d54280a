// Your data: how much is held and how long, all of it in a file, all of it erased; and who did what with it.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { blob, get, patch, post } from "../api.js";
import { bytes, duration, t, when } from "../i18n.js";
import { save } from "../live/saving.js";
import { Badge, Button, Dialog, Notice, ProblemNotice, Select, Spinner, TextInput, toastProblem } from "../ui/ui.js";

const LIVES_S = [3600, 86400, 604800, 2592000, 7776000];
const LOOK_MS = 2000;
const FEW = 10;
const TONES = { ok: "good", refused: "bad", unknown: "warn" };

export function Data() {
  const [held, setHeld] = useState(null);
  const [problem, setProblem] = useState(null);
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const load = () => get("/v1/tenant").then(setHeld, setProblem);
  useEffect(() => { load(); }, []);
  const change = async (name, seconds) => {
    try {
      setHeld(await patch("/v1/tenant", { [name]: seconds === "default" ? null : Number(seconds) }));
    } catch (refused) {
      toastProblem(refused);
    }
  };
  const pack = async () => {
    setBusy(true);
    try {
      save(await blob("/v1/tenant/export"), `packshot-${held.tenant}.zip`);
    } catch (refused) {
      toastProblem(refused);
    }
    setBusy(false);
  };
  const begun = (erasure) => (setAsking(false), setHeld({ ...held, erasure: erasure.id }));
  return html`<section class="card stack" aria-label=${t("data.title")}><h2>${t("data.title")}</h2>
    <p class="soft small">${t("data.text")} <a href="/docs/privacy" target="_blank" rel="noopener">${t("problem.more")}</a></p>
    <${ProblemNotice} problem=${problem} />
    ${!held && !problem && html`<${Spinner} />`}
    ${held && html`<dl class="facts"><div><dt>${t("data.held")}</dt>
      <dd>${t("data.held.of", { jobs: held.held.jobs, photos: held.held.uploads, batches: held.held.batches, size: bytes(held.held.bytes) })}</dd></div></dl>
      <div class="row wide-gap"><${Life} name="retention_s" held=${held} onChange=${change} /><${Life} name="uploads_retention_s" held=${held} onChange=${change} /></div>
      <div class="row tight"><${Button} small icon="download" busy=${busy} onClick=${pack}>${t("data.export")}<//>
        <${Button} small kind="danger" icon="trash" onClick=${() => setAsking(true)}>${t("data.erase")}<//></div>
      <p class="soft small">${t("data.export.text")}</p>
      ${held.erasure && html`<${Erasure} key=${held.erasure} id=${held.erasure} onDone=${load} />`}<${Log} />`}
    ${asking && html`<${Erase} tenant=${held.tenant} onBegun=${begun} onClose=${() => setAsking(false)} />`}</section>`;
}

function Life({ name, held, onChange }) {
  const value = held[name];
  const lives = LIVES_S.filter((seconds) => seconds <= held.longest_s);
  if (value != null && !lives.includes(value)) lives.push(value);
  const options = [["default", t("data.default", { time: life(held.default_s) })], ...lives.sort((a, b) => a - b).map((seconds) => [String(seconds), life(seconds)])];
  return html`<${Select} label=${t(`data.${name}`)} options=${options} value=${value == null ? "default" : String(value)}
    onChange=${(chosen) => onChange(name, chosen)} />`;
}

const life = (seconds) => (seconds % 86400 ? duration(seconds) : t("data.days", { n: seconds / 86400 }));

function Erase({ tenant, onBegun, onClose }) {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const erase = async () => {
    setBusy(true);
    try {
      onBegun(await post("/v1/tenant/erasure", { confirm: typed.trim() }));
    } catch (refused) {
      setProblem(refused);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${t("data.erase.title")} onClose=${onClose} actions=${html`<${Button} onClick=${onClose}>${t("cancel")}<//>
    <${Button} kind="danger" busy=${busy} disabled=${typed.trim() !== tenant} onClick=${erase}>${t("data.erase.yes")}<//>`}>
    <div class="stack"><${ProblemNotice} problem=${problem} /><p>${t("data.erase.text")}</p>
      <${TextInput} label=${t("data.erase.name", { tenant })} value=${typed} onInput=${setTyped} autocomplete="off" spellcheck="false" /></div><//>`;
}

/** The erasure that is under way, or was the last. */
function Erasure({ id, onDone }) {
  const [found, setFound] = useState(null);
  useEffect(() => {
    let timer = null;
    let over = false;
    const look = async (before) => {
      // undefined where nothing was told: asked again, since a notice that vanished would look like an end
      const told = await get(`/v1/tenant/erasure/${id}`).catch((refused) => (refused.status === 404 ? null : undefined));
      if (over) return;
      const now = told === undefined ? before : told;
      setFound(now);
      if (told === undefined || now?.state === "running") timer = setTimeout(() => look(now), LOOK_MS);
      else if (before) onDone();
    };
    look(null);
    return () => ((over = true), clearTimeout(timer));
  }, [id]);
  if (!found) return null;
  const done = found.state === "done";
  return html`<${Notice} tone=${done ? "good" : "info"} title=${t(done ? "data.erased" : "data.erasing")}>
    <p class="small">${done ? when(found.finished_at) : t("data.erasing.text")} <code class="faint">${id}</code></p>
    ${found.left.map((line) => html`<p class="small" lang="en" key=${line}>${line}</p>`)}<//>`;
}

function Log() {
  const [page, setPage] = useState(null);
  const [problem, setProblem] = useState(null);
  const load = async (cursor) => {
    try {
      const found = await get("/v1/audit", { query: { cursor, limit: FEW } });
      setPage((old) => ({ items: cursor ? [...old.items, ...found.items] : found.items, cursor: found.cursor }));
    } catch (refused) {
      setProblem(refused);
    }
  };
  useEffect(() => { load(); }, []);
  if (!page) return problem ? html`<${ProblemNotice} problem=${problem} />` : html`<${Spinner} />`;
  return html`<h3>${t("data.log")}</h3><div class="table-wrap" tabindex="0" role="region" aria-label=${t("data.log")}><table><thead><tr>
    <th scope="col">${t("hooks.when")}</th><th scope="col">${t("data.who")}</th><th scope="col">${t("data.what")}</th>
    <th scope="col">${t("data.of")}</th><th scope="col">${t("data.from")}</th></tr></thead>
    <tbody>${page.items.map((one) => html`<tr key=${one.id}><td>${when(one.at)}</td>
      <td>${one.actor.name || one.actor.id || one.actor.kind}</td>
      <td><code>${one.action}</code> ${one.outcome !== "ok" && html`<${Badge} tone=${TONES[one.outcome]}>${one.problem ?? one.outcome}<//>`}</td>
      <td class="mono small">${one.subject.slice(0, 31)}${one.count != null && ` ${one.count}`}</td><td class="mono small">${one.address}</td></tr>`)}</tbody></table></div>
    ${page.cursor && html`<div class="row"><${Button} small onClick=${() => load(page.cursor)}>${t("data.more")}<//></div>`}`;
}
