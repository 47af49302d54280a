// The tenant's API keys: made, followed by a new one, revoked. A key's text is shown once.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { del, get, me, post } from "../api.js";
import { t, when } from "../i18n.js";
import { Badge, Button, Confirm, CopyButton, Dialog, NumberInput, Notice, ProblemNotice, Select, Spinner, TextInput, toast } from "../ui/ui.js";

const LIVES = { never: undefined, day: 86_400, month: 30 * 86_400, year: 365 * 86_400 };

export function Keys() {
  const [page, setPage] = useState(null);
  const [problem, setProblem] = useState(null);
  const [shown, setShown] = useState(null);
  const [making, setMaking] = useState(false);
  const load = async (cursor) => {
    try {
      const found = await get("/v1/keys", { query: { cursor } });
      setPage((old) => ({ items: cursor ? [...old.items, ...found.items] : found.items, cursor: found.cursor }));
    } catch (refused) {
      setProblem(refused);
    }
  };
  useEffect(() => { load(); }, []);
  const made = (key) => (setMaking(false), setShown(key), load());
  return html`<section class="card stack" aria-label=${t("access.title")}><div class="row spread"><h2>${t("access.title")}</h2>
    <${Button} small icon="add" onClick=${() => setMaking(true)}>${t("access.new")}<//></div>
    <${ProblemNotice} problem=${problem} />${page ? html`<ul class="entries">${page.items.map((key) => html`<${Key} key=${key.id} one=${key} onMade=${made} onChange=${() => load()} />`)}</ul>` : !problem && html`<${Spinner} />`}
    ${page?.cursor && html`<${Button} small onClick=${() => load(page.cursor)}>${t("more")}<//>`}
    ${making && html`<${NewKey} onMade=${made} onClose=${() => setMaking(false)} />`}${shown && html`<${Secret} title=${t("access.made")} text=${shown.key} onClose=${() => setShown(null)} />`}</section>`;
}

function Key({ one, onMade, onChange }) {
  const [asking, setAsking] = useState(null);
  const own = me.value?.key.id === one.id;
  const gone = one.revoked_at ? "revoked" : one.expires_at && new Date(one.expires_at) < new Date() ? "expired" : null;
  const act = async (action) => {
    try {
      await action();
    } catch (problem) {
      toast(problem.message, "error");
    }
  };
  const rotate = () => act(async () => onMade(await post(`/v1/keys/${one.id}/rotate`, { overlap_s: 86_400 })));
  const revoke = () => act(async () => { await del(`/v1/keys/${one.id}`); onChange(); });
  return html`<li><div class="grow"><div class="row tight"><strong>${one.name || t("access.unnamed")}</strong>
    <code class="faint">${one.id}</code>${own && html`<${Badge} tone="live">${t("access.own")}<//>`}${gone && html`<${Badge} tone="bad">${t(`access.${gone}`)}<//>`}</div>
      <small class="faint">${one.scopes.map((scope) => t(`scope.${scope}`)).join(", ")}</small><br />
        <small class="faint">${[one.expires_at && t("access.until", { when: when(one.expires_at) }), one.last_used_at ? t("access.used", { when: when(one.last_used_at) }) : t("access.unused"), t("settings.today", { n: one.jobs_today })].filter(Boolean).join(" · ")}</small>
        </div>
    ${!gone && html`<${Button} small icon="redo" onClick=${() => setAsking("rotate")}>${t("access.rotate")}<//>
      <${Button} small kind="danger" disabled=${own} onClick=${() => setAsking("revoke")}>${t("access.revoke")}<//>`}
    ${asking && html`<${Confirm} title=${t(`access.${asking}.title`, { name: one.name || one.id })} text=${t(`access.${asking}.text`)} yes=${t(`access.${asking}`)} onYes=${asking === "rotate" ? rotate : revoke} onClose=${() => setAsking(null)} />`}</li>`;
}

function NewKey({ onMade, onClose }) {
  const mine = me.value?.key.scopes ?? [];
  const [wish, setWish] = useState({ name: "", scopes: mine.filter((scope) => /^(jobs|uploads)/.test(scope)), life: "never", requests: null, jobs: null });
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const change = (changes) => setWish((old) => ({ ...old, ...changes }));
  const flip = (scope) => change({ scopes: wish.scopes.includes(scope) ? wish.scopes.filter((one) => one !== scope) : [...wish.scopes, scope] });
  const make = async () => {
    setBusy(true);
    try {
      onMade(await post("/v1/keys", { name: wish.name.trim(), scopes: wish.scopes, expires_in_s: LIVES[wish.life], requests_per_minute: wish.requests ?? undefined, jobs_per_day: wish.jobs ?? undefined }));
    } catch (refused) {
      setProblem(refused);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${t("access.new")} onClose=${onClose} actions=${html`<${Button} onClick=${onClose}>${t("cancel")}<//>
    <${Button} kind="primary" busy=${busy} disabled=${!wish.scopes.length} onClick=${make}>${t("access.make")}<//>`}>
    <div class="stack"><${ProblemNotice} problem=${problem} />
      <${TextInput} label=${t("access.name")} hint=${t("access.name.hint")} maxlength="100" value=${wish.name} onInput=${(name) => change({ name })} />
      <fieldset class="stack tight"><legend class="small"><strong>${t("settings.scopes")}</strong>
        </legend>${mine.map((scope) => html`<label class="check" key=${scope}>
        <input type="checkbox" checked=${wish.scopes.includes(scope)} onChange=${() => flip(scope)} />
        <span>${t(`scope.${scope}`)} <code class="faint">${scope}</code></span></label>`)}</fieldset>
      <${Select} label=${t("settings.expires")} value=${wish.life} options=${Object.keys(LIVES).map((life) => [life, t(`access.life.${life}`)])} onChange=${(life) => change({ life })} />
      <div class="op-form">
        <${NumberInput} label=${t("settings.requests")} min="1" value=${wish.requests} placeholder=${t("access.usual")} onInput=${(requests) => change({ requests })} />
        <${NumberInput} label=${t("access.jobs")} min="1" value=${wish.jobs} placeholder=${t("access.usual")} onInput=${(jobs) => change({ jobs })} />
        </div></div><//>`;
}

/** A secret, shown this once. */
export function Secret({ title, text, onClose }) {
  return html`<${Dialog} title=${title} onClose=${onClose} actions=${html`<${Button} kind="primary" onClick=${onClose}>${t("access.kept")}<//>`}>
    <div class="stack"><${Notice} tone="warn"><span>${t("access.once")}</span><//>
    <pre class="code wrap" tabindex="0">${text}</pre><${CopyButton} text=${text} /></div><//>`;
}
